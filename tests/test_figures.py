"""Figures on pages: smaller files that look the same."""

from pathlib import Path

import numpy as np
import pytest
from figures import shrink
from PIL import Image


def difference(first: Path, second: Path) -> float:
    """Return by how many grey levels two pictures differ, on average."""
    pictures = (np.asarray(Image.open(path).convert("RGBA")).astype(int) for path in (first, second))
    return float(np.abs(np.subtract(*pictures)).mean())


@pytest.fixture
def plot(tmp_path: Path) -> Path:
    """A coloured line with soft edges on white, opaque, with an alpha channel, as matplotlib writes it."""
    y, x = np.mgrid[:200, :300]
    ink = np.clip(1.5 - np.abs(y - 100 - 60 * np.sin(x / 40)), 0, 1)[..., np.newaxis]
    colours = np.rint(255 * (1 - ink) + ink * [0, 114, 178]).astype(np.uint8)
    path = tmp_path / "plot.png"
    Image.fromarray(np.dstack([colours, np.full_like(y, 255, np.uint8)])).save(path)
    return path


def test_plot_becomes_smaller_and_looks_the_same(plot: Path, tmp_path: Path) -> None:
    shrink(plot, tmp_path / "small.png")
    assert (tmp_path / "small.png").stat().st_size < 0.8 * plot.stat().st_size
    assert difference(plot, tmp_path / "small.png") < 0.5


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_picture_of_many_colours_or_half_transparent_stays_as_it_is(mode: str, tmp_path: Path) -> None:
    channels = {"RGB": 3, "RGBA": 4, "L": 1}[mode]
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, channels), np.uint8).squeeze()
    Image.fromarray(noise).save(tmp_path / "noise.png")
    shrink(tmp_path / "noise.png", tmp_path / "small.png")
    assert difference(tmp_path / "noise.png", tmp_path / "small.png") == 0
    assert (tmp_path / "small.png").stat().st_size <= (tmp_path / "noise.png").stat().st_size
