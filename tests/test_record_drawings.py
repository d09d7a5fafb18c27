"""The drawn digits of the chapter *Your own handwriting* come again from the book's canvas."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from record_drawings import record

from mnist_utils.practice import load_drawn_digits

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "record_drawings.py"


def test_a_browser_that_is_missing_is_asked_for(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CHROMIUM", "absent")
    with pytest.raises(SystemExit, match="name a browser's program in the environment variable CHROMIUM"):
        record([])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a script that starts Chromium is no program on Windows")
def test_the_browser_is_the_one_that_the_environment_names(tmp_path):
    started = tmp_path / "started"
    program = tmp_path / "browser"
    program.write_text(f"#!/bin/sh\ntouch '{started}'\n")
    program.chmod(0o755)
    environment = os.environ | {"CHROMIUM": str(program)}
    subprocess.run([sys.executable, SCRIPT, tmp_path / "drawn.npz"], env=environment, stderr=subprocess.DEVNULL)
    assert started.exists()


@pytest.mark.slow
def test_the_canvas_draws_the_recorded_digits_again(tmp_path):
    # In a process of its own: Playwright runs once in each, and other tests have it open.
    subprocess.run([sys.executable, SCRIPT, tmp_path / "drawn.npz", "--count", "3"], check=True)
    images, labels = load_drawn_digits()
    with np.load(tmp_path / "drawn.npz") as drawn:
        np.testing.assert_array_equal(drawn["labels"], labels[:3])
        difference = np.abs(drawn["images"] - images[:3].astype(float))
    assert difference.mean() < 1  # of 255: browsers smooth edges differently
