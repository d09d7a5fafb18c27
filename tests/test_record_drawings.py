"""The drawn digits of the chapter *Your own handwriting* come again from the book's canvas."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mnist_utils.practice import load_drawn_digits

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "record_drawings.py"


@pytest.mark.slow
def test_the_canvas_draws_the_digits_of_chapter_7_again(tmp_path):
    # In a process of its own: Playwright runs once in each, and other tests have it open.
    subprocess.run([sys.executable, SCRIPT, tmp_path / "drawn.npz", "--count", "3"], check=True)
    images, labels = load_drawn_digits()
    with np.load(tmp_path / "drawn.npz") as drawn:
        np.testing.assert_array_equal(drawn["labels"], labels[:3])
        difference = np.abs(drawn["images"] - images[:3].astype(float))
    assert difference.mean() < 1  # of 255: browsers smooth edges differently
