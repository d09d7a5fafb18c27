"""What the cells of a committed notebook printed when it was recorded."""

import functools
import json
import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


@functools.cache
def read_printed(notebook: str) -> dict[str, str]:
    """Return what each cell of a notebook, such as ``notebooks/18_how_far``, printed, by the cell's name."""
    content = json.loads((PROJECT / f"{notebook}.ipynb").read_text(encoding="utf-8"))
    return {
        cell["id"]: "".join(line for output in cell["outputs"] for line in output.get("text", []))
        for cell in content["cells"]
        if cell["cell_type"] == "code"
    }


def numbers(text: str) -> list[float]:
    """Return the numbers in a text, those with commas between thousands, too."""
    return [float(number.replace(",", "")) for number in re.findall(r"[-+]?\d[\d,]*(?:\.\d+)?", text)]
