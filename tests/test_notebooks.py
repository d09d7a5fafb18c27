"""Every notebook runs in smoke mode, through nbval, and its stored outputs are those of one clean run."""

import os
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import nbformat
import pytest

PROJECT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
STRICT = {"01_dataset"}  # trains nothing: its whole output must come out again

notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def fingerprints() -> dict[Path, str]:
    """Return the hash of each file that a full-scale run records."""
    folders = ("notebooks", "results", "models")
    files = (path for folder in folders for path in (PROJECT / folder).rglob("*") if path.is_file())
    return {path: sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.slow
@notebook
def test_notebook_runs_and_changes_no_recorded_file(path: Path) -> None:
    before = fingerprints()
    nbval = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", path, "--rootdir", PROJECT, "--color=no", "-p", "no:cacheprovider"),
            "--nbval" if path.stem in STRICT else "--nbval-lax",
            *("--nbval-current-env", "--nbval-cell-timeout=600"),
            f"--nbval-sanitize-with={PROJECT / 'tests' / 'nbval_sanitize.cfg'}",
        ],
        env=os.environ | {"MNIST_UTILS_SCALE": "smoke"},
        capture_output=True,
        text=True,
        check=False,
    )
    if nbval.returncode:
        pytest.fail(f"nbval, {path.name}:\n{nbval.stdout}\n{nbval.stderr}", pytrace=False)
    assert fingerprints() == before, "a smoke run must write into a temporary folder only"


@notebook
def test_outputs_are_those_of_one_run_from_top_to_bottom(path: Path) -> None:
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1)), "run it with `make run`"


@notebook
def test_outputs_hold_no_error_and_no_stderr(path: Path) -> None:
    for cell in code_cells(path):
        for output in cell.outputs:
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", f"{cell.source}\nwrote to stderr:\n{output.get('text')}"


@notebook
def test_outputs_hold_no_progress_bar(path: Path) -> None:
    texts = [str(output.get("data", output.get("text"))) for cell in code_cells(path) for output in cell.outputs]
    assert not [text for text in texts if re.search(r"\d+%\|", text)]


@notebook
def test_notebook_holds_no_machine_path(path: Path) -> None:
    found = re.findall(r"(?:/home/|/root/|/Users/|/tmp/|/work/|[A-Z]:\\\\)[^\s\"']*", path.read_text(encoding="utf8"))
    assert not found


@notebook
def test_notebook_holds_no_trace_of_when_and_by_what_it_was_run(path: Path) -> None:
    node = nbformat.read(path, as_version=4)
    assert "widgets" not in node.metadata
    assert "version" not in node.metadata.get("language_info", {})
    assert not [cell.id for cell in node.cells if "execution" in cell.metadata]


@notebook
def test_first_code_cell_prepares_colab_and_nothing_else(path: Path) -> None:
    first = code_cells(path)[0]
    assert first.source == code_cells(NOTEBOOKS[0])[0].source, "the same in each notebook"
    assert '"google.colab" in sys.modules' in first.source
    assert not first.outputs
    assert "remove-cell" in first.metadata.get("tags", [])
