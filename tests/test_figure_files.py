"""Figures of a program become files, and no window waits to be closed."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import matplotlib.pyplot as plt

plt.plot([1, 2])
plt.figure()
plt.show()
print("open:", plt.get_fignums())
plt.figure()
plt.show(block=True)
"""


def test_show_saves_each_open_figure_says_where_and_closes_it(tmp_path: Path) -> None:
    program, smoke = tmp_path / "one.py", tmp_path / "smoke"
    program.write_text(PROGRAM, encoding="utf-8")
    variables = {"MPLBACKEND": "module://mnist_utils.figure_files", "MNIST_UTILS_SMOKE": str(smoke)}
    command = [sys.executable, program]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    figures = [smoke / "figures" / tmp_path.name / f"one_{number}.png" for number in (1, 2, 3)]
    said = [f"The figure is in {figure}" for figure in figures]
    assert done.stdout.splitlines() == [*said[:2], "open: []", said[2]]
    assert all(figure.read_bytes().startswith(b"\x89PNG") for figure in figures)
