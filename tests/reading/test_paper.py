"""The paper's brightness is estimated beneath the ink, too; what stands out from it is the ink."""

import warnings

import numpy as np
import pytest
from reading.pictures import draw_seven, on_paper

from mnist_utils.reading.paper import contrasts_of_photo, is_dark_on_light, is_drawing, shrink

DRAWING = draw_seven()


def test_a_drawing_is_told_from_a_photo():
    assert is_drawing(DRAWING)
    assert is_drawing(200 - DRAWING // 2)
    assert not is_drawing(on_paper(DRAWING))


@pytest.mark.parametrize("dark", [True, False])
def test_what_stands_out_is_ink(dark):
    ink, paper = (0.2, 0.85) if dark else (0.9, 0.15)
    assert is_dark_on_light(on_paper(DRAWING, ink, paper) / 255) == dark


def test_the_paper_is_as_bright_as_the_light_on_it():
    light = np.linspace(1, 0.45, 280)[np.newaxis, :]
    [contrast] = contrasts_of_photo(on_paper(DRAWING, light=light) / 255, dark=True, windows=[0.25])
    assert np.abs(contrast.paper - 0.85 * light).max() < 0.08
    ink = contrast.values > 0.4
    assert (ink == (DRAWING > 0)).mean() > 0.99


def test_pictures_are_averaged_down_only():
    picture = np.kron([[0.0, 1.0], [0.5, 0.25]], np.ones((4, 4)))
    np.testing.assert_array_equal(shrink(picture, 2), [[0, 1], [0.5, 0.25]])
    assert shrink(picture, 8) is picture


def test_a_photo_without_any_contrast_has_no_ink_and_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (contrast,) = contrasts_of_photo(np.full((27, 9), 0.5), dark=True, windows=(0.2,))
    assert not contrast.values.any()
