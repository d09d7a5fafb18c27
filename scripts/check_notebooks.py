"""Tell whether notebooks are fit to be committed: `python scripts/check_notebooks.py notebooks/*.ipynb`.

A notebook is committed with the outputs of one clean run from top to bottom, and with nothing that tells of the machine
or the hour of that run. `make run` saves such notebooks only; the tests and the pre-commit hook check them here, too.
"""

import re
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

PROGRESS_BAR = re.compile(r"\d+%\|")  # how tqdm describes a bar in plain text: "baseline:  40%|████  | 20/50"
PLACEHOLDER = re.compile(r"\s*\[.*\]\s*", re.DOTALL)  # stands for an alternative text until its figure has been seen
ABSOLUTE_PATH = re.compile(r"(?:/home/|/root/|/Users/|/tmp/|/work/|[A-Z]:\\\\)[^\s\"']*")


def is_progress_bar(output: NotebookNode) -> bool:
    """Tell whether an output shows a progress bar: a reader at work wants to see it, a page of the book doesn't."""
    return bool(PROGRESS_BAR.search(output.get("data", {}).get("text/plain", "")))


def is_figure(output: NotebookNode) -> bool:
    """Tell whether an output is a picture."""
    return any(kind.startswith("image/") for kind in output.get("data", {}))


def find_faults(node: NotebookNode) -> list[str]:
    """Return what must not be committed in a notebook, each fault as a sentence.

    Parameters
    ----------
    node : NotebookNode
        The notebook, in version 4 of the format.

    Returns
    -------
    list of str
        Empty if the notebook is fit to be committed.
    """
    cells = [cell for cell in node.cells if cell.cell_type == "code"]
    faults = []
    if [cell.execution_count for cell in cells] != list(range(1, len(cells) + 1)):
        faults.append("The cells were not executed once each, from top to bottom.")
    for cell in cells:
        for output in cell.outputs:
            if output.output_type == "error":
                faults.append(f"A cell failed with {output.ename}: {output.evalue}\n{cell.source}")
            elif output.get("name") == "stderr":
                faults.append(f"A cell wrote to stderr:\n{cell.source}\n{output.text}")
            elif is_progress_bar(output):
                faults.append(f"A cell left a progress bar:\n{cell.source}")
        if sum(is_figure(output) for output in cell.outputs) > 1:
            faults.append(f"A cell drew several figures, which share its alternative text: split it.\n{cell.source}")
    faults += [f"It names a path of one machine: {path}" for path in ABSOLUTE_PATH.findall(nbformat.writes(node))]
    if any("execution" in cell.metadata for cell in cells):
        faults.append("A cell's metadata say when it was executed.")
    if "widgets" in node.metadata:
        faults.append("Its metadata hold the state of widgets, which is of no use without their kernel.")
    if "version" in node.metadata.get("language_info", {}):
        faults.append("Its metadata name a version of Python.")
    return faults


def find_placeholders(node: NotebookNode) -> list[str]:
    """Return the alternative texts that are still to be written, such as ``[scores-figure]``, each as a sentence.

    ``make run`` saves such a notebook all the same: a figure must be seen before it can be described.

    Parameters
    ----------
    node : NotebookNode
        The notebook, in version 4 of the format.

    Returns
    -------
    list of str
        Empty if the notebook is fit to be committed.
    """
    texts = [cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "") for cell in node.cells]
    return [f"An alternative text is still to be written: {text}" for text in texts if PLACEHOLDER.fullmatch(text)]


def main() -> int:
    """Print the faults of the notebooks on the command line; return the exit status, 1 if there are any."""
    found = 0
    for path in map(Path, sys.argv[1:]):
        node = nbformat.read(path, as_version=4)
        for fault in find_faults(node) + find_placeholders(node):
            found += 1
            print(f"{path}: {fault}")
    if found:
        print("Execute with `make run NB=<notebook>` what you changed.")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
