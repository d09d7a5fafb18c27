"""Where the project's files lie, how they are written, and whether this is a full-scale run or a smoke run.

Every run is at full scale, unless the environment variable ``MNIST_UTILS_SMOKE`` names a folder. Then it is a smoke
run: it trains on a few hundred images, makes a few pictures, and writes into that folder what a full-scale run writes
into the project. So tests execute each notebook in seconds and change no tracked file. Only this module reads the
variable, because it decides where files are read and written.
"""

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

__all__ = ["MODELS", "PROJECT", "SMOKE", "at_scale", "input_path", "output_path", "write_whole"]

_folder = os.environ.get("MNIST_UTILS_SMOKE", "")

SMOKE: Path | None = Path(_folder).absolute() if _folder else None
"""The folder that a smoke run writes into; None at full scale."""

MODELS: tuple[str, ...] = ("own_images", "final_model")
"""The book's trained models, ``models/<name>.keras``: that of the chapter *Other people's
hands*, for pictures of one's own, and chapter 5's."""


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


def at_scale(full: int, smoke: int) -> int:
    """Return how many to take of something: rows to train on, epochs, pictures.

    Parameters
    ----------
    full : int
        How many at full scale.
    smoke : int
        How many a smoke run takes at most.

    Returns
    -------
    int
    """
    return min(full, smoke) if SMOKE else full


def output_path(name: str) -> Path:
    """Return the path to write a file to, its folder made.

    Parameters
    ----------
    name : str
        Path below the project's folder, such as ``"results/baseline.json"``.

    Returns
    -------
    Path
        Below the project's folder, or below the smoke run's.
    """
    path = (SMOKE or PROJECT) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def input_path(name: str) -> Path:
    """Return the path to read a file from.

    Parameters
    ----------
    name : str
        Path below the project's folder, such as ``"models/final_model.keras"``.

    Returns
    -------
    Path
        What smoke runs wrote into their folder, if they did, else the project's file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    """
    if SMOKE and (SMOKE / name).exists():
        return SMOKE / name
    path = PROJECT / name
    if not path.exists():
        raise FileNotFoundError(
            f"{name} is not in the project's folder. It comes with the repository: start from a complete checkout, "
            "or run the notebook that records it."
        )
    return path


@contextlib.contextmanager
def write_whole(path: Path) -> Iterator[Path]:
    """Lend a scratch file, which takes a file's place once it is written whole and lies on the disk.

    Whatever happens meanwhile, a crash, a full disk or a power cut, under the path there is either what was there
    before or all of the new content.

    Parameters
    ----------
    path : Path
        The file to write. Its folder must be there.

    Yields
    ------
    Path
        Where to write, in the same folder and with the same ending. Its name begins with a dot. If the ``with`` block
        fails, it is removed.
    """
    scratch = path.with_name(f".{path.stem}.{uuid.uuid4().hex}{path.suffix}")
    try:
        yield scratch
        with scratch.open("rb+") as file:
            os.fsync(file.fileno())
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
