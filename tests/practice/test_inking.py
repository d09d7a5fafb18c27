"""MNIST's digits as ink: the same digit, larger, alone and on a line."""

from itertools import pairwise

import numpy as np

from mnist_utils.practice.inking import ink_from_mnist, write_line


def cross() -> np.ndarray:
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 12:16] = image[12:16, 7:21] = 255
    return image


def test_the_ink_covers_the_digit_and_has_a_crisp_edge():
    ink = ink_from_mnist(cross(), 140)
    assert ink.shape == (140, 140)
    assert (ink.min(), ink.max()) == (0, 1)
    covered = cross().repeat(5, axis=0).repeat(5, axis=1) > 0
    assert ((ink > 0.5) != covered).mean() < 0.01
    assert ((ink > 0) & (ink < 1)).sum() < 0.3 * covered.sum()


def test_digits_lie_side_by_side_as_far_apart_as_was_asked_for():
    for gap in (-10, 12):
        line, spans = write_line([ink_from_mnist(cross())] * 3, gap, np.random.default_rng(0))
        assert (line.min(), line.shape) == (0, (150, 640))
        assert [start - end for (_, end), (start, _) in pairwise(spans)] == [gap, gap]
        inked = np.flatnonzero((line > 0.5).any(axis=0))
        assert abs(inked[0] - spans[0][0]) <= 2
        assert abs(inked[-1] + 1 - spans[-1][1]) <= 2
