"""Digits drawn by rule: repeatable, varied, and on the canvas."""

import numpy as np
import pytest

from mnist_utils.strokes import SHAPES, draw_digit, draw_digits


def test_the_same_seed_draws_the_same_digits_and_another_seed_others():
    one, same, other = (list(draw_digits(20, seed)) for seed in (4, 4, 5))
    for a, b, c in zip(one, same, other, strict=True):
        assert (a.digit, a.shape, a.pen) == (b.digit, b.shape, b.pen)
        np.testing.assert_array_equal(np.concatenate(a.strokes), np.concatenate(b.strokes))
        assert not np.array_equal(np.concatenate(a.strokes), np.concatenate(c.strokes))


def test_all_digits_in_all_shapes_come_in_turn():
    drawn = [(digit.digit, digit.shape) for digit in draw_digits(60)]
    assert [digit for digit, _ in drawn[:11]] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0]
    assert set(drawn) == {(digit, shape) for digit, shapes in SHAPES.items() for shape in shapes}


def test_all_ink_is_on_the_canvas():
    for digit in draw_digits(300, seed=2):
        points = np.concatenate(digit.strokes)
        assert points.min() >= digit.pen / 2
        assert points.max() <= 280 - digit.pen / 2


def test_sizes_places_and_pens_vary():
    digits = list(draw_digits(300, seed=3))
    points = [np.concatenate(digit.strokes) for digit in digits]
    heights = [np.ptp(p[:, 1]) for p in points]
    lefts = [p[:, 0].min() for p in points]
    assert min(heights) < 110
    assert max(heights) > 200
    assert min(lefts) < 40
    assert max(lefts) > 180
    assert np.ptp([digit.pen for digit in digits]) > 10


@pytest.mark.parametrize("size", [60, 240])
def test_size_and_place_may_be_chosen(size):
    digit = draw_digit(8, "two circles", np.random.default_rng(0), size=size, centre=(120, 150))
    points = np.concatenate(digit.strokes)
    assert np.ptp(points[:, 1]) == pytest.approx(size, rel=0.15)
    np.testing.assert_allclose((points.min(axis=0) + points.max(axis=0)) / 2, (120, 150))
    assert size / 16 <= digit.pen <= size / 6
