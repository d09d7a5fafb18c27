"""Pictures to measure on: known digits, the same pictures each time."""

import numpy as np
import pytest

from mnist_utils import paths
from mnist_utils.practice import bring_to_mnist, load_drawn_digits, load_picture_sets


@pytest.mark.usefixtures("true_mnist")
def test_each_picture_has_its_digit_and_a_smoke_run_makes_the_first_few_again(monkeypatch, tmp_path):
    sets = load_picture_sets(8)
    assert [pictures.name for pictures in sets] == ["8x8 digits", "drawn", "photos of MNIST's", "photos of drawn"]
    monkeypatch.setattr(paths, "SMOKE", tmp_path)
    for pictures, few in zip(sets, load_picture_sets(), strict=True):
        assert len(few.labels) == len(few.pictures) < len(pictures.pictures) == len(pictures.labels) == 8
        assert set(pictures.labels) <= set(range(10))
        np.testing.assert_array_equal(few.labels, pictures.labels[: len(few.labels)])
        for one, same in zip(pictures.pictures, few.pictures, strict=False):
            np.testing.assert_array_equal(one, same)


def test_the_drawn_digits_are_as_many_of_each_and_no_two_are_alike():
    images, labels = load_drawn_digits()
    assert len(labels) >= 200
    assert np.ptp(np.bincount(labels, minlength=10)) <= 1
    assert len({image.tobytes() for image in images}) == len(images)


def test_a_picture_with_nothing_to_read_becomes_black_and_a_step_can_be_left_out():
    blank, bar = np.full((60, 60), 255, np.uint8), np.full((100, 300), 255, np.uint8)
    bar[40:60, 40:260] = 0
    images = bring_to_mnist([blank, bar])
    assert (images.shape, images.dtype) == ((2, 28, 28), np.uint8)
    assert not images[0].any()
    assert 0 < np.flatnonzero(images[1].any(axis=1)).size < 8
    assert bring_to_mnist([bar], box=False).any(axis=2).all()
