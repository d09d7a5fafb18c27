"""Pictures of numbers: as many lines and digits as their text says, the same ones each time."""

import numpy as np

from mnist_utils.practice import make_number_pictures


def test_numbers_have_as_many_lines_and_digits_as_their_text_says():
    for number in make_number_pictures(6):
        lines = number.text.split("_")
        assert 1 <= len(lines) <= 2
        assert all(2 <= len(line) <= 4 and line.isdecimal() for line in lines)
        assert number.picture.dtype == np.uint8
        assert number.picture.ndim == (3 if number.photographed else 2)
        if not number.photographed:
            assert number.picture.shape[0] == 150 * len(lines)


def test_the_same_seed_makes_the_same_pictures():
    (one, *_), (same,), (other,) = make_number_pictures(2), make_number_pictures(1), make_number_pictures(1, seed=1)
    assert one.text == same.text != other.text
    np.testing.assert_array_equal(one.picture, same.picture)
