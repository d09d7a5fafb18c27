"""The command ``python -m mnist_utils.canvas``: write what a page with a canvas loads.

Without options it writes the files of the book's pages. Run it again after a model or the canvas has changed; a test
fails if it was forgotten.
"""

import argparse
import gzip
import sys
from collections.abc import Sequence
from pathlib import Path

from mnist_utils import paths
from mnist_utils.canvas.page import BOOK_FOLDER, write_page_files


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without it those of the command line.

    Returns
    -------
    int
        Exit status: 0, or 2 if the files could not be written.
    """
    parser = argparse.ArgumentParser(
        prog="python -m mnist_utils.canvas",
        description="Write the files with which the canvas on a page reads digits, in the browser.",
    )
    parser.add_argument(
        "--model",
        type=Path,
        metavar="FILE",
        help=f"a trained model (default: the book's two, {' and '.join(paths.MODELS)})",
    )
    parser.add_argument("--folder", type=Path, help=f"where to write (default: {BOOK_FOLDER})")
    parser.add_argument("--dtype", choices=["int16", "float32"], default="int16", help="how weights are written")
    options = parser.parse_args(arguments)
    try:
        written = write_page_files(options.model, options.folder, options.dtype)
    except (OSError, ValueError) as error:  # ours begin with the file's name; the system's hold it apart
        name = getattr(error, "filename", None)
        print(f"{name}: {error.strerror}" if name else error, file=sys.stderr)
        return 2
    for path in written:
        compressed = len(gzip.compress(path.read_bytes()))
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB, compressed {compressed / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
