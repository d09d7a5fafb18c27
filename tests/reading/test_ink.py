"""The ink of photographs: whatever the light, the pen and the paper are like, the digit's strokes come out."""

import itertools

import numpy as np
import pytest
from reading.pictures import alike, draw_seven, on_paper
from scipy import ndimage as ndi

from mnist_utils.reading import measure_stroke, normalize_ink, to_mnist
from mnist_utils.reading.ink import group_digit, separate_ink, why_unreadable

DRAWING = draw_seven()
SEVEN = normalize_ink(DRAWING / 255)
FALLING_LIGHT = np.linspace(1, 0.45, 280)[np.newaxis, :]
SHADOW = ndi.gaussian_filter(np.where(np.add.outer(np.arange(280), np.arange(280)) > 300, 0.6, 1.0), 4)


@pytest.mark.parametrize(
    ("photo", "least"),
    [
        (on_paper(DRAWING, light=FALLING_LIGHT), 0.8),
        (on_paper(DRAWING, light=SHADOW), 0.75),
        (on_paper(DRAWING, ink=0.9, paper=0.15), 0.8),
        (on_paper(DRAWING, ink=0.72), 0.75),
    ],
    ids=["falling light", "shadow", "chalk", "faint pencil"],
)
def test_a_digit_is_read_in_photos(photo, least):
    assert alike(to_mnist(photo).image, SEVEN) > least


def test_a_faint_marker_in_noise_is_whole_where_a_shadow_crosses_it():
    rows, columns = np.mgrid[0:280, 0:280]
    light = ndi.gaussian_filter(np.where(rows > 182 - 0.3 * columns, 0.6, 1.0), 4)
    drawing = draw_seven(width=30)
    reading = to_mnist(on_paper(drawing, ink=0.72, noise=0.025, light=light))
    assert alike(reading.image, normalize_ink(drawing / 255)) > 0.65  # a centre of mass one row off is below 0.8


def test_dark_and_bright_ink_are_told_apart():
    for picture, dark in [(255 - DRAWING, True), (DRAWING, False)]:
        ink = separate_ink(picture)
        assert ink.contrast.dark == dark
        np.testing.assert_array_equal(ink.mask, DRAWING > 0)
    assert separate_ink(255 - DRAWING, polarity=False).mask.mean() > 0.5


def test_a_photo_is_looked_at_again_for_the_same_kind_of_ink():
    photo = on_paper(DRAWING, light=FALLING_LIGHT)
    dark, bright = separate_ink(photo[::2, ::2]), separate_ink(255 - photo[::2, ::2])
    assert np.mean(separate_ink(photo, before=dark).mask != separate_ink(photo).mask) < 0.001
    again = separate_ink(photo, before=bright).contrast
    assert (again.dark, again.window) == (False, bright.contrast.window)
    assert separate_ink(photo, before=separate_ink(DRAWING)).contrast.dark, "a drawing tells nothing of photos"


def test_digits_of_eight_pixels():
    small = np.zeros((8, 8))
    small[0:2, 1:7] = 16
    small[2:8, 4:6] = 12  # scikit-learn's digits go from 0 to 16
    image = to_mnist(small).image
    rows = np.flatnonzero(image.any(axis=1))
    assert len(rows) == 20
    assert (image[rows[2]] > 100).sum() > 2 * (image[rows[-3]] > 100).sum() > 0


def test_a_broken_digit_is_put_together():
    broken = DRAWING.copy()
    broken[120:130] = 0
    broken[5:8, 5:8] = 255  # a speck far away
    ink = separate_ink(broken)
    assert (len(ink.components), len(group_digit(ink))) == (2 + 1, 2)


def test_a_hairline_is_thickened():
    reading = to_mnist(draw_seven(1000, 1))
    assert measure_stroke(reading.image / 255) > 1.5
    assert "hairline strokes: thickened" in reading.findings


def test_a_page_of_small_writing_is_no_noise_whatever_specks_lie_on_it():
    specks = np.zeros((600, 600), np.uint8)
    for top, left in itertools.product(range(60, 580, 60), (40, 220, 400, 520)):
        specks[top : top + 6, left : left + 6] = 255
    page = specks.copy()
    for top, left in itertools.product(range(20, 580, 60), range(20, 580, 60)):
        page[top : top + 24, left : left + 5] = 255
    specks[20:44, 20:25] = 255
    assert why_unreadable(separate_ink(page, several=True), several=True) == ""
    assert "noise" in why_unreadable(separate_ink(specks, several=True), several=True)
