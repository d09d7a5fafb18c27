"""The parts of the rehearsal on Colab: which cell and imports it takes, what git and pip do instead."""

import os
import subprocess
from pathlib import Path

import nbformat
import pytest
import rehearse_colab
from nbformat.v4 import new_code_cell, new_notebook


def save_notebook(path: Path, *sources: str) -> Path:
    nbformat.write(new_notebook(cells=[*map(new_code_cell, sources)]), path)
    return path


def test_imports_are_found_also_below_magics_and_in_functions(tmp_path: Path) -> None:
    notebook = save_notebook(
        tmp_path / "one.ipynb",
        "import sys  # the cell for Colab",
        "%config InlineBackend.figure_format = 'svg'\nimport json, math\n\ndef load():\n    from pathlib import Path",
        "import json, math",
    )
    assert rehearse_colab.find_first_cell(notebook).startswith("import sys")
    assert rehearse_colab.find_imports(notebook) == ["import json, math", "from pathlib import Path"]


def test_git_clones_this_machines_repository_in_place_of_the_address(tmp_path: Path) -> None:
    source, clone = tmp_path / "source", tmp_path / "clone"
    identity = ["-c", "user.name=test", "-c", "user.email=test"]
    subprocess.run(["git", "init", "-q", source], check=True)
    (source / "file.txt").write_text("here")
    subprocess.run(["git", "-C", source, "add", "file.txt"], check=True)
    subprocess.run(["git", "-C", source, *identity, "commit", "-q", "-m", "one"], check=True)
    environment = os.environ | rehearse_colab.clones_here(source)
    command = ["git", "clone", "-q", "--depth", "1", rehearse_colab.ADDRESS, clone]
    subprocess.run(command, env=environment, check=True)
    assert (clone / "file.txt").read_text() == "here"


def test_the_address_is_that_of_the_notebooks() -> None:
    cell = rehearse_colab.find_first_cell(rehearse_colab.PROJECT / "notebooks" / "01_dataset.ipynb")
    assert f" {rehearse_colab.ADDRESS} /content/book\n" in cell


def test_notebooks_that_begin_otherwise_are_named(tmp_path: Path) -> None:
    notebooks = [save_notebook(tmp_path / f"{name}.ipynb", f"print({name!r})") for name in ("one", "two")]
    (problem,) = rehearse_colab.rehearse(tmp_path, notebooks, quick=True)
    assert "2 different cells" in problem


def test_a_cell_that_fails_ends_the_rehearsal(tmp_path: Path) -> None:
    notebook = save_notebook(tmp_path / "one.ipynb", "raise SystemError('no clone')")
    with pytest.raises(subprocess.CalledProcessError):
        rehearse_colab.rehearse(tmp_path, [notebook], quick=True)
