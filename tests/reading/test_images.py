"""Own images: what the input doctor finds and does, and what comes out of it."""

from dataclasses import replace
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image
from scipy import ndimage as ndi

from mnist_utils.reading.images import load_image, measure_stroke, normalize_ink, plot_steps, to_mnist
from mnist_utils.reading.several_digits import read_number
from mnist_utils.practice.photographs import draw_scene, ink_from_mnist, photograph


def draw_seven(side=280, width=24):
    """A 7 of bright strokes on black: asymmetric, so that a turned or inverted one is noticed."""
    drawing = np.zeros((side, side), np.uint8)
    top, bottom, left, right = (round(side * part) for part in (0.2, 0.8, 0.3, 0.7))
    drawing[top : top + width, left:right] = 255
    for row in range(top, bottom):
        column = right - round((right - left) * 0.6 * (row - top) / (bottom - top))
        drawing[row, column - width : column] = 255
    return drawing


def draw_ring(side=100, thickness=14):
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    return ((np.hypot(rows, columns) < side * 0.4) & (np.hypot(rows, columns) > side * 0.4 - thickness)) * np.uint8(255)


def on_paper(drawing, ink=0.2, paper=0.85, noise=0.01, light=None):
    rng = np.random.default_rng(0)
    cover = ndi.gaussian_filter(drawing / 255, 0.8)
    photo = (paper * (1 - cover) + ink * cover) * (1 if light is None else light)
    return (np.clip(photo + rng.normal(0, noise, photo.shape), 0, 1) * 255).astype(np.uint8)


def mnist_like():
    """An image as MNIST's makers would have left it."""
    return normalize_ink(draw_seven(width=30) / 255)


def alike(a, b):
    """How much two 28 x 28 images overlap, 0 to 1."""
    a, b = a / 255, b / 255
    return np.minimum(a, b).sum() / np.maximum(a, b).sum()


SEVEN = normalize_ink(draw_seven() / 255)


# -- MNIST's recipe


def test_the_larger_side_fills_the_box_and_the_mass_is_centred():
    rows, columns = np.nonzero(SEVEN)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    centre = ndi.center_of_mass(SEVEN.astype(float))
    assert centre == pytest.approx((14, 14), abs=0.52)


def test_aspect_is_kept():
    bar = np.zeros((100, 100))
    bar[10:90, 40:60] = 1
    rows, columns = np.nonzero(normalize_ink(bar, stroke=False))
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (20, 5)


def test_normalizing_again_changes_nothing():
    again = normalize_ink(SEVEN / 255)
    assert np.abs(again.astype(int) - SEVEN).max() <= 1


def test_no_ink_gives_a_black_image():
    assert not normalize_ink(np.zeros((50, 40))).any()


@pytest.mark.parametrize("width", [5, 60])
def test_strokes_are_brought_near_those_of_mnist(width):
    ink = draw_seven(width=width) / 255
    assert not 1.6 <= measure_stroke(ink) <= 4.2
    assert 1.6 <= measure_stroke(normalize_ink(ink) / 255) <= 4.5
    assert not 1.6 <= measure_stroke(normalize_ink(ink, stroke=False) / 255) <= 4.5


def test_a_straight_stroke_is_measured_as_wide_as_it_is():
    bar = np.zeros((80, 80))
    bar[:, 30:42] = 1  # 12 of 80 pixels: 3 of 20
    assert measure_stroke(bar) == pytest.approx(3, abs=0.2)


def test_each_step_can_be_left_out():
    small = np.zeros((280, 280), np.uint8)
    small[20:160, 20:160] = draw_seven(140, 12)
    whole = to_mnist(small).image
    for step in ("crop", "box", "mass"):
        assert alike(to_mnist(small, **{step: False}).image, whole) < 0.9, step
    thin = draw_seven(width=5)
    assert to_mnist(thin, stroke=False).image.sum() < to_mnist(thin).image.sum()
    assert alike(to_mnist(255 - small, polarity=False).image, whole) < 0.5


# -- Pictures of every kind


def test_a_clean_drawing_is_normalized_exactly():
    drawing = draw_seven()
    np.testing.assert_array_equal(to_mnist(drawing).image, normalize_ink(drawing / 255))


def test_an_image_of_mnists_stays_itself():
    image = mnist_like()
    reading = to_mnist(image)
    assert np.abs(reading.image.astype(int) - image).max() <= 1
    assert "already in MNIST's format: unchanged" in reading.findings


def test_dark_and_bright_ink_give_the_same():
    drawing = draw_seven()
    dark, bright = to_mnist(255 - drawing), to_mnist(drawing)
    np.testing.assert_array_equal(dark.image, bright.image)
    assert "dark ink on light paper: inverted" in dark.findings
    assert "light ink on a dark ground: kept" in bright.findings


@pytest.mark.parametrize("kind", ["uint8", "float", "rgb", "rgba", "pillow", "png", "channel"])
def test_every_kind_of_picture_gives_the_same(kind, tmp_path):
    drawing = draw_seven()
    Image.fromarray(drawing).save(tmp_path / "seven.png")
    opaque = np.full_like(drawing, 255)
    picture = {
        "uint8": drawing,
        "float": drawing / 255,
        "rgb": np.dstack([drawing] * 3),
        "rgba": np.dstack([drawing] * 3 + [opaque]),
        "pillow": Image.fromarray(drawing),
        "png": tmp_path / "seven.png",
        "channel": drawing[..., np.newaxis],
    }[kind]
    np.testing.assert_array_equal(to_mnist(picture).image, SEVEN)


@pytest.mark.parametrize("colour", [0, 255])
def test_ink_on_a_transparent_ground(colour):
    drawing = draw_seven()
    picture = np.dstack([np.full_like(drawing, colour)] * 3 + [drawing])
    reading = to_mnist(picture)
    assert alike(reading.image, SEVEN) > 0.98
    assert "transparent background: a paper put behind" in reading.findings


def test_a_photo_on_its_side_is_turned_upright(tmp_path):
    lying = Image.fromarray(draw_seven()).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it a quarter turn clockwise
    lying.save(tmp_path / "lying.png", exif=exif)
    np.testing.assert_array_equal(to_mnist(tmp_path / "lying.png").image, SEVEN)


def test_colours_of_the_same_brightness_are_told_apart():
    cover = draw_seven()[..., np.newaxis] / 255
    picture = np.array([214, 40, 40]) * cover + np.array([20, 110, 60]) * (1 - cover)
    reading = to_mnist(picture.astype(np.uint8))
    assert alike(reading.image, SEVEN) > 0.9
    assert any("channel" in finding for finding in reading.findings)


def test_digits_of_eight_pixels():
    small = np.zeros((8, 8))
    small[0:2, 1:7] = 16
    small[2:8, 4:6] = 12  # scikit-learn's digits go from 0 to 16
    image = to_mnist(small).image
    rows = np.flatnonzero(image.any(axis=1))
    assert len(rows) == 20
    assert (image[rows[2]] > 100).sum() > 2 * (image[rows[-3]] > 100).sum() > 0


def test_noise_and_falling_light():
    light = np.linspace(1, 0.45, 280)[np.newaxis, :]
    reading = to_mnist(on_paper(draw_seven(), light=light))
    assert alike(reading.image, SEVEN) > 0.8
    assert any(finding.startswith("uneven light or shadow") for finding in reading.findings)


def test_a_shadow_is_not_read():
    light = np.where(np.arange(280)[:, np.newaxis] + np.arange(280) > 300, 0.6, 1.0)
    assert alike(to_mnist(on_paper(draw_seven(), light=ndi.gaussian_filter(light, 4))).image, SEVEN) > 0.75


def test_chalk_on_a_board():
    assert alike(to_mnist(on_paper(draw_seven(), ink=0.9, paper=0.15)).image, SEVEN) > 0.8


def test_faint_pencil():
    reading = to_mnist(on_paper(draw_seven(), ink=0.72, noise=0.01))
    assert alike(reading.image, SEVEN) > 0.75
    assert any(finding.startswith("faint ink") for finding in reading.findings)


def test_a_faint_marker_in_noise_is_whole_where_a_shadow_crosses_it():
    rows, columns = np.mgrid[0:280, 0:280]
    light = ndi.gaussian_filter(np.where(rows > 182 - 0.3 * columns, 0.6, 1.0), 4)
    drawing = draw_seven(width=30)
    reading = to_mnist(on_paper(drawing, ink=0.72, noise=0.025, light=light))
    assert alike(reading.image, normalize_ink(drawing / 255)) > 0.65  # a centre of mass one row off is below 0.8


def test_ruled_lines_are_removed():
    page = 255 - draw_seven()
    page[10::45] = 0
    reading = to_mnist(page)
    assert alike(reading.image, SEVEN) > 0.7
    assert any("printed lines: removed" in finding for finding in reading.findings)


def test_specks_are_left_out():
    page = draw_seven()
    page[5:8, 5:8] = page[270:273, 30:33] = 255
    reading = to_mnist(page)
    np.testing.assert_array_equal(reading.image, SEVEN)
    assert "2 specks beside the digit: left out" in reading.findings


def test_a_hairline_is_thickened():
    reading = to_mnist(draw_seven(1000, 1))
    assert measure_stroke(reading.image / 255) > 1.5
    assert "hairline strokes: thickened" in reading.findings


def test_a_tiny_digit_in_a_large_picture():
    page = np.zeros((900, 1200), np.uint8)
    page[600:680, 200:280] = draw_seven(80, 7)
    reading = to_mnist(page)
    assert alike(reading.image, SEVEN) > 0.7
    assert any(finding.startswith("the digit covers 0 %") for finding in reading.findings)


def test_a_digit_at_the_border_is_read_and_reported():
    page = np.zeros((280, 200), np.uint8)
    page[:, :196] = draw_seven()[:, 84:]
    reading = to_mnist(page)
    np.testing.assert_array_equal(reading.image, SEVEN)
    assert "the digit touches the picture's border: a part may be missing" in reading.findings


def test_a_sheet_on_a_table():
    table = np.full((500, 500), 40, np.uint8)
    table[120:400, 150:430] = on_paper(draw_seven())
    table = (table + np.random.default_rng(1).normal(0, 3, table.shape)).clip(0, 255).astype(np.uint8)
    assert alike(to_mnist(table).image, SEVEN) > 0.75


# -- Nothing to read


@pytest.mark.parametrize("value", [0, 128, 255])
def test_one_colour_is_nothing(value):
    reading = to_mnist(np.full((100, 100), value, np.uint8))
    assert reading.blank
    assert reading.image is None
    assert reading.findings == ["nothing to read: the picture is of one colour"]


@pytest.mark.parametrize("side", [28, 280])
@pytest.mark.parametrize("kind", ["uniform", "paper", "salt"])
def test_noise_is_nothing(side, kind):
    rng = np.random.default_rng(side)
    noise = {
        "uniform": rng.integers(0, 256, (side, side)),
        "paper": rng.normal(200, 6, (side, side)).clip(0, 255),
        "salt": 255 * (rng.random((side, side)) < 0.02),
    }[kind]
    reading = to_mnist(noise.astype(np.uint8))
    assert reading.blank, str(reading)
    assert str(reading).startswith("nothing to read: ")


def test_empty_ruled_paper_is_nothing():
    page = np.full((300, 300), 255, np.uint8)
    page[20::40] = 120
    assert to_mnist(page).reason == "only printed lines"


# -- Errors


def test_load_image_is_the_tutorials(tmp_path):
    Image.fromarray(draw_seven()).save(tmp_path / "seven.png")
    image = load_image(tmp_path / "seven.png")
    assert (image.shape, image.dtype) == ((1, 28, 28, 1), np.float32)
    assert (image.min(), image.max()) == (0, 1)


@pytest.mark.parametrize("read", [load_image, to_mnist])
def test_a_file_that_is_no_image_is_named(read, tmp_path):
    (tmp_path / "notes.png").write_text("no picture")
    with pytest.raises(ValueError, match=r"notes\.png: not an image"):
        read(tmp_path / "notes.png")
    with pytest.raises(FileNotFoundError, match=r"none\.png"):
        read(tmp_path / "none.png")


@pytest.mark.parametrize("shape", [(0, 0), (5,), (3, 28, 28, 1), (28, 28, 2)])
def test_an_array_that_is_no_picture_is_refused(shape):
    with pytest.raises(ValueError, match="no single picture"):
        to_mnist(np.zeros(shape, np.uint8))


def test_values_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="not finite"):
        to_mnist(np.full((28, 28), np.nan))


# -- The doctor's figure


def test_steps_are_drawn_on_new_axes_or_given_ones():
    reading = to_mnist(draw_seven())
    axes = reading.plot()
    assert [ax.get_title() for ax in axes] == [title for title, _ in reading.steps]
    assert axes[-1].get_title() == "28 x 28"
    _, given = plt.subplots(1, len(reading.steps))
    assert plot_steps(reading, given)[0] is given[0]
    with pytest.raises(ValueError, match="give one for each"):
        plot_steps(reading, given[:1])
    plt.close("all")


# -- Several digits


def read_fake(image):
    """Call rings 0 and upright bars 1: enough to see what is found, and in which order."""
    digit = 0 if (image[:, 14] > 0).sum() < 15 else 1
    return SimpleNamespace(digit=digit, probability=0.99, probabilities=np.eye(10)[digit])


def write(page, text, top, left, step=110):
    for place, digit in enumerate(text):
        box = page[top : top + 100, left + place * step : left + place * step + 100]
        if digit == "0":
            box[:] = np.maximum(box, draw_ring())
        else:
            box[10:90, 43:57] = 255
    return page


def test_a_number_is_read_from_left_to_right():
    number = read_number(write(np.zeros((140, 500), np.uint8), "1001", 20, 20), read_fake)
    assert number.text == "1001"
    assert [digit.box[0] for digit in number.digits] == sorted(digit.box[0] for digit in number.digits)
    assert all(digit.probability == 0.99 for digit in number.digits)


def test_a_digit_of_another_pen_is_not_left_out():
    page = write(np.zeros((140, 500), np.uint8), "11", 20, 20)
    page[30:110, 300:304] = 255
    assert read_number(page, read_fake).text == "111"


def test_lines_are_read_one_after_the_other():
    page = write(np.zeros((300, 400), np.uint8), "01", 20, 20)
    number = read_number(255 - write(page, "110", 160, 40), read_fake)
    assert number.text == "01_110"
    assert str(number) == "01_110"


def test_boxes_are_in_pixels_of_the_picture():
    page = write(np.zeros((140, 300), np.uint8), "1", 20, 100)
    left, top, width, height = read_number(page, read_fake).digits[0].box
    assert (left, top, width, height) == (143, 30, 14, 80)
    large = np.kron(page, np.ones((8, 8), np.uint8))
    assert read_number(large, read_fake).digits[0].box == pytest.approx((1144, 240, 112, 640), abs=16)


def test_digits_that_touch_are_split():
    page = write(np.zeros((140, 300), np.uint8), "0", 20, 20)
    page[20:120, 20 + 78 : 20 + 178] = np.maximum(page[20:120, 98:198], draw_ring())
    assert ndi.label(page)[1] == 1

    def read(image):
        wide = np.ptp(np.nonzero(image.any(axis=0))[0]) > np.ptp(np.nonzero(image.any(axis=1))[0]) + 2
        return SimpleNamespace(digit=0, probability=0.4 if wide else 0.95)

    assert read_number(page, read).text == "00"


@pytest.mark.parametrize(("widest", "is_cut"), [(20, False), (15, True)])
def test_a_judge_of_ones_own_decides_what_is_cut(widest, is_cut):
    page = write(np.zeros((140, 300), np.uint8), "0", 20, 20)
    page[20:120, 60:160] = np.maximum(page[20:120, 60:160], draw_ring())

    def judge(X, training):
        one = np.array([np.ptp(np.nonzero(image)[1]) < widest for image in X])
        return np.stack([~one, one], axis=1).astype(np.float32)

    def read(image):
        return SimpleNamespace(digit=0, probability=0.9)

    assert (len(read_number(page, read, judge).digits) > 1) == is_cut


def test_no_digits_in_a_blank_picture():
    number = read_number(np.full((100, 300), 255, np.uint8), read_fake)
    assert (number.text, str(number), number.digits) == ("", "-", [])
    assert number.reason == "the picture is of one colour"


def test_boxes_are_drawn():
    number = read_number(write(np.zeros((140, 500), np.uint8), "101", 20, 20), read_fake)
    ax = number.plot()
    assert len(ax.patches) == 3
    assert [text.get_text() for text in ax.texts] == ["1", "0.99", "0", "0.99", "1", "0.99"]
    plt.close("all")


# -- Simulated photographs


def test_the_same_scene_gives_the_same_photo():
    ink = draw_seven() / 255
    first, second = (photograph(ink, draw_scene(5), 200) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert (first.shape, first.dtype) == ((200, 200, 3), np.uint8)
    assert not np.array_equal(first, photograph(ink, draw_scene(6), 200))


def test_a_photo_is_read_back():
    image = mnist_like()
    scene = replace(draw_scene(3, lines=False), size=0.6, place=(0.5, 0.5), pen="ballpoint", turn=0.0, perspective=0.0)
    assert alike(to_mnist(photograph(ink_from_mnist(image), scene)).image, image) > 0.7
