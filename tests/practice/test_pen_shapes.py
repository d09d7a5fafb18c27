"""Shapes of digits: those to measure on are others than those to train on."""

import numpy as np

from mnist_utils.practice.pen_shapes import TEST_SHAPES, TRAINING_SHAPES, key_points


def test_no_shape_to_train_on_is_one_to_measure_on():
    for digit in range(10):
        trained_on, measured_on = TRAINING_SHAPES[digit], TEST_SHAPES[digit]
        assert len(trained_on) >= 3
        assert not trained_on.keys() & measured_on.keys()
        assert not {tuple(strokes) for strokes in trained_on.values()} & {tuple(s) for s in measured_on.values()}


def test_a_corner_parts_the_key_points():
    first, second = key_points("34,17 54,0 / 52,100")
    np.testing.assert_array_equal(first, [(0.34, 0.17), (0.54, 0)])
    np.testing.assert_array_equal(second, [(0.52, 1)])
