"""Execute the book's notebooks at full scale: `make run` in place, `make verify` in a scratch folder.

`run` saves a notebook only if it is fit to be committed, by the rules of ``check_notebooks.py``. How long it took, and
where, goes into ``results/notebooks.json``, which the page *The record* prints.
`verify` executes a copy of the project and compares each number with the one that is committed. Its exit status is
1 if any differs, as with `diff`.
"""

import argparse
import json
import os
import platform
import re
import shutil
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

import nbformat
from book_files import list_book_files
from check_notebooks import find_faults, is_progress_bar
from nbclient import NotebookClient
from nbformat import NotebookNode
from result_files import read_entries

PROJECT = Path(__file__).resolve().parents[1]
sys.path += [str(PROJECT), str(PROJECT / "benchmarks")]

from machine import describe  # noqa: E402

from mnist_utils.paths import write_whole  # noqa: E402

TIMES = PROJECT / "results" / "notebooks.json"
FIELDS = ("seconds", "date", "processor", "cores", "versions")  # of an entry in it
ADDRESS = re.compile(r" at 0x[0-9a-f]+")  # where an object lies in memory: another place in each run
RUNNING_TIME = re.compile(r"(?<=running the code took \[)[^\]]*(?=\]\(#record-times\))")  # in a chapter's opening
SVG_VARIES = re.compile(r"<dc:date>[^<]*|\b[a-z][0-9a-f]{10}\b")  # when it was drawn, and matplotlib's random names
NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)


def execute(path: Path) -> NotebookNode:
    """Execute a notebook in its own folder, from top to bottom, and return it with its outputs, without progress bars.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.
    RuntimeError
        If it is not fit to be committed. What was computed is saved beside it, as ``<name>.rejected``.
    """
    node = nbformat.read(path, as_version=4)
    # No timeout: a full run takes as long as it takes. No timing: the file changes only if its content does.
    NotebookClient(
        node,
        timeout=None,
        coalesce_streams=True,  # one block of text a cell, however slowly its lines came
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=ERROR"],  # it warns that it talks over TCP, within this machine
        record_timing=False,
        resources={"metadata": {"path": path.parent}},
    ).execute()
    node.metadata.pop("widgets", None)  # the state of widgets is of no use without their kernel, and breaks builds
    node.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    node.metadata["language_info"] = {"name": "python"}
    for cell in node.cells:
        if "outputs" in cell:
            cell.outputs = [output for output in cell.outputs if not is_progress_bar(output)]
    if faults := find_faults(node):
        aside = path.with_suffix(".rejected")
        nbformat.write(node, aside)
        raise RuntimeError(
            "\n".join([f"{path.name} is not fit to be committed, so it is saved as {aside.name}:", *faults])
        )
    return node


def record_time(name: str, seconds: float) -> None:
    """Write down how long a notebook took, in seconds, when, on which machine and with which versions.

    The other notebooks' entries stay: each tells of the run that made the outputs that are committed.

    Raises
    ------
    ValueError
        If what was recorded before cannot be read. It stays as it is.
    """
    times = read_entries(TIMES, FIELDS)
    machine = describe()
    times[name] = {
        "seconds": round(seconds, 1),
        "date": date.today().isoformat(),
        "processor": machine["processor"],
        "cores": machine["cores"],
        "versions": {
            "python": platform.python_version(),
            **{package: version(package) for package in ("tensorflow", "keras", "numpy")},
        },
    }
    with write_whole(TIMES) as scratch:
        scratch.write_text(json.dumps(dict(sorted(times.items())), indent=1) + "\n", encoding="utf-8")


def describe_time(seconds: float) -> str:
    """Return how long a notebook took in words, as its opening says it."""
    minutes = round(seconds / 60)
    return f"about {minutes} minutes" if minutes > 1 else "about a minute" if minutes else "less than a minute"


def run(paths: list[Path]) -> int:
    """Execute the notebooks in order, save each in its place and record its time; return the exit status.

    Raises
    ------
    ValueError
        If the times that were recorded before cannot be read. Then nothing is executed.
    """
    read_entries(TIMES, FIELDS)
    for path in paths:
        start = time.perf_counter()
        print(f"{path.name} ...", end=" ", flush=True)
        node = execute(path)
        seconds = time.perf_counter() - start
        for cell in node.cells:
            cell.source = RUNNING_TIME.sub(describe_time(seconds), cell.source)
        with write_whole(path) as scratch:
            nbformat.write(node, scratch)
        # A chapter's solutions have the chapter's name, in a folder of their own.
        record_time(f"solutions/{path.stem}" if path.parent.name == "solutions" else path.stem, seconds)
        print(f"{seconds:.0f} s")
    return 0


def read_text(cell: NotebookNode) -> str:
    """Return what a cell printed and answered, as plain text, without addresses in memory."""
    outputs = cell.get("outputs", [])
    text = "\n".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)
    return ADDRESS.sub("", text)


def read_figures(cell: NotebookNode) -> list[str]:
    """Return the figures of a cell: PNG as base64, SVG without what differs in each run."""
    data = [output.get("data", {}) for output in cell.get("outputs", [])]
    figures = (output.get("image/png") or output.get("image/svg+xml") for output in data)
    return [SVG_VARIES.sub("", figure) for figure in figures if figure]


def compare(name: str, committed: NotebookNode, fresh: NotebookNode) -> tuple[int, int]:
    """Print what differs between two runs of a notebook; return how many numbers were compared and how many differ."""
    compared = differing = 0
    pairs = zip(committed.cells, fresh.cells, strict=True)
    for position, (old, new) in enumerate(pairs):
        if old.cell_type != "code" or "nbval-ignore-output" in old.metadata.get("tags", []):
            continue
        before, after = read_text(old), read_text(new)
        numbers = list(zip(NUMBER.findall(before), NUMBER.findall(after), strict=False))
        compared += len(numbers)
        for expected, found in numbers:
            if expected != found:
                differing += 1
                print(f"{name} cell {position}: {expected} -> {found}")
        if NUMBER.sub("#", before) != NUMBER.sub("#", after):
            differing += 1
            print(f"{name} cell {position}: the text differs:\n--- committed\n{before}\n--- now\n{after}")
        if read_figures(old) != read_figures(new):
            print(f"{name} cell {position}: the figure differs")
    return compared, differing


def verify(paths: list[Path]) -> int:
    """Execute the notebooks in a copy of the project and report what differs; return the exit status."""
    with tempfile.TemporaryDirectory(prefix="verify_") as folder:
        scratch = Path(folder) / "project"
        for name in list_book_files(PROJECT):
            target = scratch / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, target)
        # The copy's own mnist_utils, which writes its results into the copy.
        os.environ["PYTHONPATH"] = str(scratch)
        compared = differing = 0
        for path in paths:
            print(f"{path.name} ...", flush=True)
            fresh = execute(scratch / path.resolve().relative_to(PROJECT))
            counts = compare(path.name, nbformat.read(path, as_version=4), fresh)
            compared, differing = compared + counts[0], differing + counts[1]
    print(f"{compared} numbers compared, {differing} differ from the committed outputs.")
    return int(differing > 0)


def main() -> int:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["run", "verify"])
    parser.add_argument("notebooks", nargs="+", type=Path)
    arguments = parser.parse_args()
    os.environ.pop("MNIST_UTILS_SMOKE", None)  # always at full scale
    return {"run": run, "verify": verify}[arguments.verb](arguments.notebooks)


if __name__ == "__main__":
    sys.exit(main())
