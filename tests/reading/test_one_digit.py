"""A picture of one digit in MNIST's format, and the record of the way there."""

import doctest

import matplotlib.pyplot as plt
import numpy as np
import pytest
from reading.pictures import alike, draw_seven, on_paper, on_table

from mnist_utils.reading import normalize_ink, one_digit, to_mnist

DRAWING = draw_seven()
SEVEN = normalize_ink(DRAWING / 255)


def test_the_example_is_right():
    assert doctest.testmod(one_digit).failed == 0


@pytest.mark.parametrize("picture", [DRAWING, 255 - DRAWING])
def test_a_clean_drawing_is_normalized_exactly(picture):
    np.testing.assert_array_equal(to_mnist(picture).image, SEVEN)


def test_an_image_of_mnists_stays_itself():
    image = normalize_ink(draw_seven(width=30) / 255)
    reading = to_mnist(image)
    assert np.abs(reading.image.astype(int) - image).max() <= 1
    assert "already in MNIST's format: unchanged" in reading.findings
    assert "already in MNIST's format" in to_mnist(image, mass=False).findings, "it may have been moved"


def test_each_step_can_be_left_out():
    small = np.zeros((280, 280), np.uint8)
    small[20:160, 20:160] = draw_seven(140, 12)
    whole = to_mnist(small).image
    for step in ("crop", "box", "mass"):
        assert alike(to_mnist(small, **{step: False}).image, whole) < 0.9, step
    thin = draw_seven(width=5)
    assert to_mnist(thin, stroke=False).image.sum() < to_mnist(thin).image.sum()
    assert alike(to_mnist(255 - small, polarity=False).image, whole) < 0.5


def test_ruled_lines_are_removed():
    page = 255 - DRAWING
    page[10::45] = 0
    assert alike(to_mnist(page).image, SEVEN) > 0.7


def test_a_sheet_on_a_table():
    assert alike(to_mnist(on_table(on_paper(DRAWING))).image, SEVEN) > 0.75


def test_specks_are_left_out():
    page = draw_seven()
    page[5:8, 5:8] = page[270:273, 30:33] = 255
    reading = to_mnist(page)
    np.testing.assert_array_equal(reading.image, SEVEN)
    assert "2 specks beside the digit: left out" in reading.findings


def test_a_tiny_digit_in_a_large_picture():
    page = np.zeros((900, 1200), np.uint8)
    page[600:680, 200:280] = draw_seven(80, 7)
    reading = to_mnist(page)
    assert alike(reading.image, SEVEN) > 0.7
    assert any(finding.startswith("the digit covers 0 %") for finding in reading.findings)


def test_a_speck_at_the_border_is_no_digit():
    page = np.full((400, 400), 255, np.uint8)
    page[:12, 200:204] = 0
    assert to_mnist(page).reason == "only specks"
    assert to_mnist(np.roll(page, 200, axis=0)).reason == ""  # the same stroke in the middle may be a 1


def test_a_digit_at_the_border_is_read_and_reported():
    page = np.zeros((280, 200), np.uint8)
    page[:, :196] = DRAWING[:, 84:]
    reading = to_mnist(page)
    np.testing.assert_array_equal(reading.image, SEVEN)
    assert "the digit touches the picture's border: a part may be missing" in reading.findings


@pytest.mark.parametrize(("width", "change"), [(5, "thickened"), (60, "thinned")])
def test_corrected_strokes_are_reported(width, change):
    assert to_mnist(draw_seven(width=width)).findings[-1].endswith(f"MNIST's are about 2.5: {change}")


def test_a_blank_picture_has_no_image():
    reading = to_mnist(np.zeros((100, 100), np.uint8))
    assert reading.image is None
    assert str(reading) == f"nothing to read: {reading.reason}" == "nothing to read: the picture is of one colour"


def test_steps_are_drawn_on_new_axes_or_given_ones():
    reading = to_mnist(DRAWING)
    axes = reading.plot()
    assert [ax.get_title() for ax in axes] == ["picture", "ink", "digit", "28 x 28"]
    _, given = plt.subplots(1, len(reading.steps))
    assert reading.plot(given)[0] is given[0]
    with pytest.raises(ValueError, match="give one for each"):
        reading.plot(given[:1])
    plt.close("all")
