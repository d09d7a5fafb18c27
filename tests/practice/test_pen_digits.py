"""Digits drawn by rule: repeatable, varied, and on the canvas."""

import numpy as np
import pytest

from mnist_utils.practice import (
    TEST_SHAPES,
    TRAINING_SHAPES,
    load_drawn_digits,
    make_pen_digits,
    rasterize,
    sample_pen_digit,
    sample_pen_digits,
)
from mnist_utils.reading import normalize_ink


def test_the_same_seed_gives_the_same_digits_and_another_seed_others():
    one, same, other = (list(sample_pen_digits(20, seed)) for seed in (4, 4, 5))
    for a, b, c in zip(one, same, other, strict=True):
        assert (a.digit, a.shape, a.pen) == (b.digit, b.shape, b.pen)
        np.testing.assert_array_equal(np.concatenate(a.strokes), np.concatenate(b.strokes))
        assert not np.array_equal(np.concatenate(a.strokes), np.concatenate(c.strokes))


def test_all_digits_in_all_shapes_come_in_turn():
    drawn = [(digit.digit, digit.shape) for digit in sample_pen_digits(60)]
    assert [digit for digit, _ in drawn[:11]] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0]
    assert set(drawn) == {(digit, shape) for digit, shapes in TEST_SHAPES.items() for shape in shapes}


def test_sizes_places_and_pens_vary_and_all_ink_is_on_the_canvas():
    digits = list(sample_pen_digits(300, seed=2))
    points = [np.concatenate(digit.strokes) for digit in digits]
    heights, lefts = [np.ptp(p[:, 1]) for p in points], [p[:, 0].min() for p in points]
    assert min(heights) < 110 < 200 < max(heights)
    assert min(lefts) < 40 < 180 < max(lefts)
    assert np.ptp([digit.pen for digit in digits]) > 10
    for digit, p in zip(digits, points, strict=True):
        assert p.min() >= digit.pen / 2
        assert p.max() <= 280 - digit.pen / 2


@pytest.mark.parametrize("size", [60, 240])
def test_size_and_place_may_be_chosen(size):
    digit = sample_pen_digit(8, "two circles", np.random.default_rng(0), size=size, centre=(120, 150))
    points = np.concatenate(digit.strokes)
    assert np.ptp(points[:, 1]) == pytest.approx(size, rel=0.15)
    np.testing.assert_allclose((points.min(axis=0) + points.max(axis=0)) / 2, (120, 150))
    assert size / 16 <= digit.pen <= size / 6


def test_ink_lies_along_the_strokes_and_is_as_wide_as_the_pen():
    bar = sample_pen_digit(1, "a plain bar", np.random.default_rng(0), size=200, centre=(140, 140))
    ink = rasterize(bar)
    assert (ink.shape, ink.dtype) == ((280, 280), np.uint8)
    for x, y in bar.strokes[0]:
        assert ink[round(y), round(x)] > 127
    assert (ink[140] / 255).sum() == pytest.approx(bar.pen, rel=0.15)


def test_a_browser_drew_the_same_digits_much_alike():
    images, labels = load_drawn_digits()
    digits = list(sample_pen_digits(len(labels)))
    assert labels.tolist() == [digit.digit for digit in digits]
    for image, digit in zip(images[::10], digits[::10], strict=True):
        ink, drawn = rasterize(digit) > 127, image > 127
        assert (ink & drawn).sum() / (ink | drawn).sum() > 0.9


def test_digits_to_train_on_are_rasterized_training_shapes_in_mnists_format():
    X, y = make_pen_digits(40, seed=3)
    assert (X.shape, X.dtype) == ((40, 28, 28), np.uint8)
    assert y.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] * 4
    for image, digit in zip(X, sample_pen_digits(40, 3, TRAINING_SHAPES), strict=True):
        np.testing.assert_array_equal(image, normalize_ink(rasterize(digit) / 255))
