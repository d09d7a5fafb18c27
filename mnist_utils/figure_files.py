"""Figures as files: a backend of matplotlib for the chapters' programs, which run without a notebook.

A program of the book names this module in the environment variable ``MPLBACKEND``. Then ``plt.show()`` saves each open
figure, closes it and goes on: a training of an hour does not wait for somebody to close a window. The figures of
``notebooks/02_baseline.py`` are ``figures/notebooks/02_baseline_1.png`` and so on, in the project's folder.
"""

import sys
from itertools import count
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvas

from mnist_utils.paths import output_path

__all__ = ["FigureCanvas", "show"]

_numbers = count(1)


def show(*, block: bool | None = None) -> None:
    """Save each open figure as a PNG file, say where it is, and close it; ``plt.show()`` calls this.

    The file is named after the program and its folder, and has the figure's number:
    ``figures/<folder>/<program>_1.png``.

    Parameters
    ----------
    block : bool, optional
        Without effect: nothing waits.
    """
    program = Path(sys.argv[0]).resolve()
    for open_figure in plt.get_fignums():
        path = output_path(f"figures/{program.parent.name}/{program.stem}_{next(_numbers)}.png")
        plt.figure(open_figure).savefig(path, bbox_inches="tight")
        plt.close(open_figure)
        print(f"The figure is in {path}")
