"""MNIST's recipe: size, place and stroke width of clean ink."""

import numpy as np
import pytest
from reading.pictures import draw_seven
from scipy import ndimage as ndi

from mnist_utils.reading import measure_stroke, normalize_ink
from mnist_utils.reading.mnist_format import mean_stroke_width

SEVEN = normalize_ink(draw_seven() / 255)


def test_the_larger_side_fills_the_box_and_the_mass_is_centred():
    rows, columns = np.nonzero(SEVEN)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    assert ndi.center_of_mass(SEVEN.astype(float)) == pytest.approx((14, 14), abs=0.52)


def test_aspect_is_kept():
    bar = np.zeros((100, 100))
    bar[10:90, 40:60] = 1
    rows, columns = np.nonzero(normalize_ink(bar, stroke=False))
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (20, 5)


def test_normalizing_again_changes_nothing():
    again = normalize_ink(SEVEN / 255)
    assert np.abs(again.astype(int) - SEVEN).max() <= 1


def test_no_ink_gives_a_black_image():
    blank = np.zeros((50, 40))
    assert not normalize_ink(blank).any()
    assert measure_stroke(blank) == mean_stroke_width(blank > 0) == 0


@pytest.mark.parametrize("width", [5, 60])
def test_strokes_are_brought_near_those_of_mnist(width):
    ink = draw_seven(width=width) / 255
    assert not 1.6 <= measure_stroke(ink) <= 4.2
    assert 1.6 <= measure_stroke(normalize_ink(ink) / 255) <= 4.5
    assert not 1.6 <= measure_stroke(normalize_ink(ink, stroke=False) / 255) <= 4.5


def test_a_straight_stroke_is_measured_as_wide_as_it_is():
    bar = np.zeros((80, 80))
    bar[:, 30:42] = 1  # 12 of 80 pixels: 3 of 20
    assert mean_stroke_width(bar > 0) == pytest.approx(12, abs=0.8)
    assert measure_stroke(bar) == pytest.approx(3, abs=0.2)
