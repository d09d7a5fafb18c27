"""Pictures to measure on: known digits, the same pictures each time."""

import numpy as np
import pytest

from mnist_utils import picture_sets, paths
from mnist_utils.practice.picture_sets import bring_to_mnist, load_number_pictures, load_picture_sets


@pytest.fixture(autouse=True)
def few_pictures(monkeypatch):
    monkeypatch.setattr(settings, "SMOKE", True)


def test_each_picture_has_its_digit_and_all_come_again():
    first, second = load_picture_sets(), load_picture_sets()
    assert [pictures.name for pictures in first] == ["8x8 digits", "drawn", "photos of MNIST's", "photos of drawn"]
    for one, other in zip(first, second, strict=True):
        assert len(one.pictures) == len(one.labels) == picture_sets.SMOKE_PICTURES
        assert set(one.labels) <= set(range(10))
        for a, b in zip(one.pictures, other.pictures, strict=True):
            np.testing.assert_array_equal(a, b)


def test_the_drawn_digits_are_as_many_of_each_and_no_two_are_alike():
    images, labels = picture_sets._load_drawn()
    assert len(labels) >= 200
    assert np.ptp(np.bincount(labels, minlength=10)) <= 1
    assert len(np.unique(images.reshape(len(images), -1), axis=0)) == len(images)


def test_a_picture_with_nothing_to_read_becomes_black():
    blank, drawn = np.full((60, 60), 255, np.uint8), np.full((60, 60), 255, np.uint8)
    drawn[10:50, 25:32] = 0
    images = bring_to_mnist([blank, drawn])
    assert images.shape == (2, 28, 28)
    assert not images[0].any()
    assert images[1].any()


def test_a_step_can_be_left_out():
    wide = np.zeros((100, 300), np.uint8)
    wide[40:60, 40:260] = 255
    in_box, stretched = (bring_to_mnist([wide], box=box)[0] for box in (True, False))
    assert np.flatnonzero(in_box.any(axis=1)).size < 8
    assert stretched.any(axis=1).all()


def test_numbers_have_as_many_lines_and_digits_as_their_text_says():
    for number in load_number_pictures(6):
        lines = number.text.split("_")
        assert 1 <= len(lines) <= 2
        assert all(2 <= len(line) <= 4 and line.isdecimal() for line in lines)
        assert number.picture.dtype == np.uint8
        assert number.picture.ndim == (3 if number.photographed else 2)
        if not number.photographed:
            assert number.picture.shape[0] == 150 * len(lines)
