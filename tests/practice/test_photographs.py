"""Simulated photographs: repeatable, and of the ink that was given."""

from dataclasses import replace

import numpy as np
import pytest

from mnist_utils.practice import photograph, sample_scene

INK = np.zeros((100, 100))
INK[20:80, 40:60] = 1


def test_the_same_scene_gives_the_same_photo():
    first, second = (photograph(INK, sample_scene(5), 200) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert (first.shape, first.dtype) == ((200, 200, 3), np.uint8)
    assert not np.array_equal(first, photograph(INK, sample_scene(6), 200))


def test_paper_is_ruled_only_where_lines_are_allowed():
    assert {sample_scene(seed).lines for seed in range(50)} == {"none", "ruled", "grid"}
    assert {sample_scene(seed, lines=False).lines for seed in range(50)} == {"none"}


def test_ink_is_dark_where_the_scene_puts_it():
    scene = sample_scene(3, lines=False)
    scene = replace(scene, pen="black felt pen", size=0.5, place=(0, 1), turn=0, perspective=0, shadow=0, falloff=0)
    photo = photograph(INK, scene, 200).mean(axis=2)
    dark = photo < 0.5 * photo.max()
    rows, columns = np.nonzero(dark)
    np.testing.assert_allclose([rows.min(), rows.max(), columns.min(), columns.max()], [20, 79, 140, 159], atol=3)


def test_paper_turns_clockwise():
    plain = {"place": (0.5, 0.5), "perspective": 0, "shadow": 0, "falloff": 0}
    scene = replace(sample_scene(3, lines=False), pen="black felt pen", size=0.5, turn=20, **plain)
    photo = photograph(INK, scene, 200).mean(axis=2)
    rows, columns = np.nonzero(photo < 0.5 * photo.max())
    assert np.polyfit(rows, columns, 1)[0] == pytest.approx(-np.tan(np.radians(20)), abs=0.05), "the top goes right"
