"""Digits drawn by rule: repeatable, varied, and on the canvas."""

import numpy as np
import pytest

from mnist_utils.practice.strokes import PRACTICE_SHAPES, SHAPES, draw_digit, draw_digits, draw_ink, practice_digits


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


def test_no_shape_to_practise_on_is_one_to_be_scored_on():
    for digit in range(10):
        practised = {tuple(strokes) for strokes in PRACTICE_SHAPES[digit].values()}
        scored = {tuple(strokes) for strokes in SHAPES[digit].values()}
        assert len(practised) >= 3
        assert not practised & scored
        assert not PRACTICE_SHAPES[digit].keys() & SHAPES[digit].keys()


def test_ink_lies_along_the_strokes_and_is_as_wide_as_the_pen():
    bar = draw_digit(1, "a plain bar", np.random.default_rng(0), size=200, centre=(140, 140))
    ink = draw_ink(bar)
    assert ink.shape == (280, 280)
    assert ink.dtype == np.uint8
    for x, y in bar.strokes[0]:
        assert ink[round(y), round(x)] > 127
    middle = ink[140] / 255
    assert middle.sum() == pytest.approx(bar.pen, rel=0.15)


def test_practice_digits_are_in_mnists_format_and_repeatable():
    X, y = practice_digits(40, seed=3)
    again, _ = practice_digits(40, seed=3)
    np.testing.assert_array_equal(X, again)
    assert X.shape == (40, 28, 28)
    assert X.dtype == np.uint8
    assert y.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] * 4
    assert (X.reshape(40, -1).max(axis=1) == 255).all()
