"""Where files lie, and whether this is a full-scale run or a smoke run.

Every run is at full scale unless the environment variable ``MNIST_UTILS_SCALE`` is ``smoke``. A smoke run trains
on a few hundred images for one epoch and writes its results and models into a temporary folder, so that tests can
execute each notebook in seconds and change no tracked file. No other module, and no notebook, reads the variable.
"""

import atexit
import functools
import os
import tempfile
from pathlib import Path

__all__ = ["MODELS", "PROJECT", "SMOKE", "SMOKE_EPOCHS", "SMOKE_ROWS", "artifact", "recorded"]

_scale = os.environ.get("MNIST_UTILS_SCALE", "full")
if _scale not in ("full", "smoke"):
    raise ValueError(f"MNIST_UTILS_SCALE is {_scale!r}: set it to 'smoke' for a quick test, or unset it.")

SMOKE: bool = _scale == "smoke"
"""True in a smoke run."""

SMOKE_ROWS: int = 400
"""Rows that a smoke run trains on."""

SMOKE_EPOCHS: int = 1
"""Epochs of a smoke run."""


MODELS: tuple[str, ...] = ("own_images", "final_model")
"""The book's trained models, ``models/<name>.keras``: chapter 7's, for pictures of one's own, and chapter 5's."""


def _find_project() -> Path:
    """Return the folder that holds ``results/`` and ``models/``.

    It is the folder above the package when the package runs from a checkout (``pip install -e .``), else the
    nearest folder above the working directory that is one (Colab, where the checkout is only the working folder).
    """
    candidates = [Path(__file__).resolve().parents[1], Path.cwd(), *Path.cwd().parents]
    for folder in candidates:
        if (folder / "_toc.yml").is_file() and (folder / "mnist_utils").is_dir():
            return folder
    return Path.cwd()


PROJECT: Path = _find_project()
"""The project's folder."""


@functools.cache
def _smoke_folder() -> Path:
    """Return this process's temporary folder, removed when the process ends."""
    folder = tempfile.TemporaryDirectory(prefix="mnist_utils_smoke_")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def artifact(name: str) -> Path:
    """Return the path to write an artifact to, its folder made.

    Parameters
    ----------
    name : str
        Path below the project's folder, such as ``"results/baseline.json"``.

    Returns
    -------
    Path
        Below the project's folder, or below a temporary folder in a smoke run.
    """
    path = (_smoke_folder() if SMOKE else PROJECT) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def recorded(name: str) -> Path:
    """Return the path to read an artifact from.

    Parameters
    ----------
    name : str
        Path below the project's folder, such as ``"models/final_model.keras"``.

    Returns
    -------
    Path
        What this smoke run wrote, if it did, else the file of the last full-scale run.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    """
    if SMOKE and (path := _smoke_folder() / name).exists():
        return path
    path = PROJECT / name
    if not path.exists():
        raise FileNotFoundError(
            f"{name} is not in the project's folder. It comes with the repository: start from a complete checkout, "
            "or run the notebook that records it."
        )
    return path
