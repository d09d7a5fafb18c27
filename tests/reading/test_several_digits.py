"""Several digits are found, also where they touch, and read in order."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import ExifTags, Image
from reading.pictures import write
from scipy import ndimage as ndi
from score_reading import DEVELOPMENT_SOURCES, edit_distance

from mnist_utils.practice import load_written_digits, make_pages, rasterize, sample_written_digit
from mnist_utils.predict import Classifier
from mnist_utils.reading import Number, ReadDigit, read_number


class Fake:
    """Reads rings as 0 and upright bars as 1: enough to see what is found, and in which order."""

    def __init__(self):
        self.calls = 0

    def predict_proba(self, X):
        self.calls += 1
        assert (X.shape[1:], X.dtype) == ((28, 28), np.uint8)
        bars = (X[:, :, 14] > 0).sum(axis=1) >= 15
        return np.where(are_wide(X), 0.4, 0.99)[:, np.newaxis] * np.eye(10)[bars.astype(int)]


def are_wide(X):
    return X.any(axis=1).sum(axis=1) > X.any(axis=2).sum(axis=1) + 2


def detect(X, training):
    """Take what is wider than high for no single digit."""
    wide = are_wide(X[..., 0])
    return np.stack([wide, ~wide], axis=1).astype(np.float32)


def read_strips(X, training):
    """Read a strip as a row of rings, each as wide as high."""
    answers = np.tile(np.float32([0] * 10 + [1]), (len(X), X.shape[2] // 2, 1))
    for strip, places in zip(X[..., 0], answers, strict=True):
        start, *_, end = np.flatnonzero(strip.any(axis=0))
        count = round((end - start) / 19)
        middles = start + (end - start) * (np.arange(count) + 0.5) / count
        places[np.int64(middles / 2)] = np.float32([0.9] + [0.01] * 10)
    return answers


def read(page):
    return read_number(page, Fake(), detect, read_strips)


def blank(height=140, width=500):
    return np.zeros((height, width), np.uint8)


@pytest.mark.parametrize("shape", ["square", "disc", "diamond"])
def test_a_blot_is_no_digit_whatever_the_networks_say(shape):
    y, x = np.mgrid[-30:30, -30:30]
    areas = {"square": np.maximum(abs(x), abs(y)) < 20, "disc": np.hypot(x, y) < 18, "diamond": abs(x) + abs(y) < 22}
    number = read(np.where(areas[shape], 255, 0).astype(np.uint8))
    assert (number.text, number.reason) == ("", "the pieces of ink are not like digits")


def test_a_number_is_read_from_left_to_right_in_one_call():
    classifier = Fake()
    number = read_number(write(blank(), "1001", 20, 20), classifier, detect)
    assert number.text == "1001"
    assert [digit.box[0] for digit in number.digits] == sorted(digit.box[0] for digit in number.digits)
    assert all(digit.probability == 0.99 for digit in number.digits)
    assert classifier.calls == 1


def test_a_digit_of_another_pen_is_not_left_out():
    page = write(blank(), "11", 20, 20)
    page[30:110, 300:304] = 255
    assert read(page).text == "111"


def test_lines_are_read_one_after_the_other():
    page = write(blank(300), "01", 20, 20)
    number = read(255 - write(page, "110", 160, 40))
    assert number.text == str(number) == "01_110"
    assert number.findings[-1] == "digits found: 5, lines: 2"


def test_boxes_are_in_pixels_of_the_picture():
    page = write(blank(), "1", 20, 100)
    assert read(page).digits[0].box == (143, 30, 14, 80)
    large = np.kron(page, np.ones((8, 8), np.uint8))
    assert read(large).digits[0].box == pytest.approx((1144, 240, 112, 640), abs=16)


@pytest.mark.parametrize("turned", [False, True], ids=["upright", "turned"])
def test_boxes_are_in_pixels_of_a_large_photo(turned, tmp_path):
    large = np.kron(write(blank(), "1", 20, 100), np.ones((8, 8), np.uint8))
    exif = Image.Exif()
    if turned:
        exif[ExifTags.Base.Orientation] = 6
    Image.fromarray(np.rot90(large) if turned else large).save(tmp_path / "photo.jpg", exif=exif)
    number = read(tmp_path / "photo.jpg")
    assert number.digits[0].box == pytest.approx((1144, 240, 112, 640), abs=16)
    assert number.findings[0].startswith("4000 x 1120 pixels: averaged down")


def test_boxes_of_a_tiny_picture_are_in_its_pixels_too():
    number = read(np.pad(np.ones((8, 2)), [(1, 1), (4, 4)]))
    assert number.scale == 1
    assert number.digits[0].box == pytest.approx((4, 1, 2, 8), abs=0.5)


@pytest.mark.parametrize(
    "networks", [(detect, read_strips), pytest.param((), marks=pytest.mark.slow)], ids=["fake", "the book's"]
)
def test_digits_that_touch_are_read(networks):
    page = write(blank(), "00", 20, 20, step=78)
    assert ndi.label(page)[1] == 1
    assert read_number(page, Fake(), *networks).text == "00"


def test_digits_that_touch_have_boxes_side_by_side_and_the_strip_around_their_middle():
    first, second = read(write(blank(), "00", 20, 20, step=78)).digits
    assert first.probability == second.probability == pytest.approx(0.9)
    assert first.box[0] + first.box[2] == pytest.approx(second.box[0])
    assert first.box[2] == pytest.approx(second.box[2], abs=8)
    assert first.image.shape == second.image.shape == (28, 28)
    assert np.abs(np.flatnonzero(first.image.any(axis=0)).mean() - 14) < 4


def test_a_row_of_many_digits_that_touch_is_read():
    page = write(blank(140, 1000), "0" * 7, 20, 20, step=78)
    assert ndi.label(page)[1] == 1
    assert read(page).text == "0" * 7


def test_a_strip_that_is_less_probable_than_one_digit_is_not_read():
    def detect_one(X, training):
        return np.tile(np.float32([0.15, 0.85]), (len(X), 1))

    sure = SimpleNamespace(predict_proba=lambda X: np.tile(np.eye(10)[3], (len(X), 1)))
    page = write(blank(), "00", 20, 20, step=40)
    assert read_number(page, sure, detect_one, read_strips).text == "3", "0.85 is more than 0.9 * 0.9"


def test_no_digits_in_a_blank_picture():
    classifier = Fake()
    number = read_number(255 - blank(), classifier)
    assert (number.text, str(number), number.digits, classifier.calls) == ("", "-", [], 0)
    assert number.reason == "the picture is of one colour"


def test_boxes_are_drawn():
    ax = read(write(blank(), "101", 20, 20)).plot()
    assert len(ax.patches) == 3
    assert [text.get_text() for text in ax.texts] == ["1", "0.99", "0", "0.99", "1", "0.99"]
    plt.close("all")


def styles(**options):
    """Return the colours and line styles of the boxes of a sure, a borderline and a doubtful digit."""
    image = np.zeros((28, 28), np.uint8)
    digits = [ReadDigit(1, p, (left, 5, 8, 20), image) for p, left in ((0.99, 10), (0.9, 20), (0.5, 30))]
    number = Number(np.full((40, 60), 255, np.uint8), 1.0, [], "", [digits])
    found = [(box.get_edgecolor(), box.get_linestyle()) for box in number.plot(**options).patches]
    plt.close("all")
    return found


def test_doubtful_digits_get_another_colour_and_another_line():
    sure, limit, doubtful = styles(doubtful=0.9)
    assert sure == limit
    assert sure[0] != doubtful[0]
    assert sure[1] != doubtful[1]


def test_no_digit_is_doubtful_unless_the_reader_says_so():
    assert len(set(styles())) == 1


def test_a_limit_that_is_no_probability_is_refused():
    with pytest.raises(ValueError, match="doubtful=90: give a probability from 0 to 1"):
        styles(doubtful=90)


@pytest.mark.slow
def test_a_page_of_500_digits_is_read():
    rng = np.random.default_rng(22)
    written = load_written_digits(DEVELOPMENT_SOURCES, whole_only=True)[::10]
    inks = [rasterize(sample_written_digit(digit, rng)) for digit in written]
    labels = [digit.digit for digit in written]
    classifier = Classifier()
    for page in make_pages(inks, labels, count=2, seed=22, min_digits=500, max_digits=500):
        truth = "".join(page.lines)
        read = read_number(page.picture, classifier).text.replace("_", "")
        share = 1 - edit_distance(truth, read) / len(truth)
        assert len(truth) > 450, "the rest did not fit"
        assert share > 0.95, page.kind
