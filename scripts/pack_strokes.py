"""Pack digits of real writers, as pen strokes, into the small file that the book uses.

Usage: ``python scripts/pack_strokes.py strokes.json.gz``. The file holds isolated digits of UNIPEN, train_r01_v07, as
a gzipped JSON list of objects with ``digit``, ``source``, ``file`` and ``strokes``: lists of points [x, y], where the
larger side of a digit is 1,000. Points that lie on a straight line between their neighbours are left out.
"""

import gzip
import json
import sys

import numpy as np
from skimage.measure import approximate_polygon

from mnist_utils.paths import PROJECT
from mnist_utils.practice.pen_strokes import GRID, PEN_STROKES

PACKED = PROJECT / PEN_STROKES
SIDE = 1_000  # of a digit, in the source
TOLERANCE = 4  # of 1,000: how far a stroke may move where points are left out


def pack(digits: list[dict]) -> dict[str, np.ndarray]:
    """Return the digits as arrays: the points of all strokes in a row, and how many belong to each."""
    strokes = [np.array(stroke, float) for digit in digits for stroke in digit["strokes"]]
    simpler = [approximate_polygon(stroke, TOLERANCE) if len(stroke) > 2 else stroke for stroke in strokes]
    sources, files = (sorted({digit[key] for digit in digits}) for key in ("source", "file"))
    return {
        "points": np.round(np.concatenate(simpler) * GRID / SIDE).astype(np.uint8),
        "points_of_stroke": np.array([len(stroke) for stroke in simpler], np.uint16),
        "strokes_of_digit": np.array([len(digit["strokes"]) for digit in digits], np.uint8),
        "digits": np.array([digit["digit"] for digit in digits], np.uint8),
        "sources": np.array(sources),
        "source_of_digit": np.array([sources.index(digit["source"]) for digit in digits], np.uint8),
        "session_of_digit": np.array([files.index(digit["file"]) for digit in digits], np.uint16),
    }


if __name__ == "__main__":
    with gzip.open(sys.argv[1], "rt", encoding="utf-8") as file:
        arrays = pack(json.load(file))
    np.savez_compressed(PACKED, **arrays)
    print(f"{len(arrays['digits']):,} digits, {PACKED.stat().st_size / 1000:.0f} kB: {PACKED.name}")
