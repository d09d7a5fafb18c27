"""Every notebook runs in smoke mode, through nbval, and is committed with the outputs of one clean run."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from check_notebooks import find_faults, find_placeholders
from downloads import make_program
from fewer_rows import FEWER_ROWS

from mnist_utils.evaluation import MAX_SMOKE_EPOCHS, MAX_SMOKE_ROWS
from notebooks import RUNNING_TIME, describe_time

PROJECT = Path(__file__).resolve().parents[1]
CHAPTERS = sorted(PROJECT.glob("notebooks/*.ipynb"))
SOLUTIONS = sorted(PROJECT.glob("solutions/*.ipynb"))
NOTEBOOKS = [*CHAPTERS, *SOLUTIONS]
# It trains nothing, and its solutions neither: their whole output must come out again.
STRICT = "01_dataset"

notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
chapter = pytest.mark.parametrize("path", sorted(PROJECT.glob("notebooks/[0-9]*.ipynb")), ids=lambda path: path.stem)


@pytest.fixture
def smoke(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a smoke run. Its folder holds what later chapters compare: results of the three models.

    They are the recorded ones, cut down to the settings of a smoke run, so that each chapter can be tested without the
    others.
    """
    folder = tmp_path_factory.mktemp("smoke")
    (folder / "results").mkdir()
    for name in ("baseline", "batch_norm", "deeper"):
        result = json.loads((PROJECT / "results" / f"{name}.json").read_text(encoding="utf-8"))
        result["settings"] |= {"n_rows": MAX_SMOKE_ROWS, "epochs": MAX_SMOKE_EPOCHS}
        result["histories"] = [
            {key: values[:MAX_SMOKE_EPOCHS] for key, values in history.items()} for history in result["histories"]
        ]
        result["scores"] = [history["val_accuracy"][-1] for history in result["histories"]]
        (folder / "results" / f"{name}.json").write_text(json.dumps(result), encoding="utf-8")
    # No worker is replaced because its memory has grown: a new one imports TensorFlow once more.
    return {"MNIST_UTILS_SMOKE": str(folder), "LOKY_MAX_MEMORY_LEAK_SIZE": "1e10"}


def read_with_fewer_rows(path: Path) -> nbformat.NotebookNode:
    """Read a notebook, with the texts of its cells changed as `FEWER_ROWS` says, and tell nbval what to compare."""
    content = nbformat.read(path, as_version=4)
    for text, shorter in FEWER_ROWS.get(f"{path.parent.name}/{path.stem}", {}).items():
        cells = [cell for cell in content.cells if cell.cell_type == "code" and text in cell.source]
        assert cells, f"{path.name} no longer contains {text!r}: write anew what makes its test short"
        for cell in cells:
            cell.source = cell.source.replace(text, shorter)
    if path.stem == STRICT:
        for cell in content.cells:
            cell.metadata.tags = [*cell.metadata.get("tags", []), "nbval-check-output"]
    return content


def write_notebook(content: nbformat.NotebookNode, path: Path, folder: Path) -> Path:
    """Write a notebook where the one at `path` would be if `folder` were the project's, pictures included."""
    for name in ("notebooks", "solutions"):
        (folder / name).mkdir()
    (folder / "notebooks" / "images").symlink_to(PROJECT / "notebooks" / "images")
    nbformat.write(content, folder / path.parent.name / path.name)
    return folder / path.parent.name / path.name


def changes_of_files() -> dict[Path, int]:
    """Return when each file that a full-scale run writes was last changed, in nanoseconds."""
    patterns = ("notebooks/*.ipynb", "notebooks/images/*", "solutions/*", "results/*", "models/*")
    return {path: path.stat().st_mtime_ns for pattern in patterns for path in PROJECT.glob(pattern)}


# Two chapters, each with its solutions, run one after another in the same kernel: TensorFlow's import, there and in the
# worker process, would take longer than many of them do. Between two notebooks, all names are deleted, and so are the
# models that were kept, and Keras's numbers of models; before a chapter, also the results, but those that the smoke run
# began with. What was imported stays, and so do matplotlib's settings.
PAIRS = [CHAPTERS[i : i + 2] for i in range(0, len(CHAPTERS), 2)]
FORGET_RESULTS = """import os, pathlib
for file in pathlib.Path(os.environ["MNIST_UTILS_SMOKE"], "results").iterdir():
    if file.stem not in ("baseline", "batch_norm", "deeper"):
        file.unlink()"""
FORGET = """import os, shutil
import keras
shutil.rmtree(f"{os.environ['MNIST_UTILS_SMOKE']}/models", ignore_errors=True)
keras.backend.clear_session()
%reset_selective -f .
%cd -q ../FOLDER"""


def read_in_turn(chapters: list[Path]) -> nbformat.NotebookNode:
    """Read chapters, each with its solutions, as one notebook."""
    content = nbformat.v4.new_notebook()
    for path in chapters:
        for part in (path, PROJECT / "solutions" / path.name):
            if part.exists():
                texts = [FORGET_RESULTS, FORGET] if part == path else [FORGET]
                between = [nbformat.v4.new_code_cell(text.replace("FOLDER", part.parent.name)) for text in texts]
                content.cells += [*(between if content.cells else []), *read_with_fewer_rows(part).cells]
    for number, cell in enumerate(content.cells):
        cell.id = str(number)  # unique in all together
    return content


@pytest.mark.slow
@pytest.mark.parametrize("chapters", PAIRS, ids=lambda chapters: "+".join(path.stem for path in chapters))
def test_notebooks_and_their_solutions_run_and_change_no_file_of_the_project(
    chapters: list[Path], smoke: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = changes_of_files()
    for name, value in smoke.items():
        monkeypatch.setenv(name, value)
    notebook = write_notebook(read_in_turn(chapters), chapters[0], tmp_path)
    there = set(tmp_path.rglob("*"))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    # In this process: to import nbval anew for each notebook takes longer than to start a kernel.
    code = pytest.main(
        [
            *(str(notebook), f"--rootdir={PROJECT}", "--color=no"),
            *("-p", "nbval.plugin", "-p", "no:cacheprovider", "-x", "--continue-on-collection-errors"),
            *("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=600"),
            f"--nbval-sanitize-with={PROJECT / 'tests' / 'nbval_sanitize.cfg'}",
        ]
    )
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    assert code == pytest.ExitCode.OK, "see what nbval printed, under Captured stdout"
    assert changes_of_files() == before, "a smoke run must write into its own folder only"
    assert set(tmp_path.rglob("*")) == there, "also where the notebook lies"


# The same cells run above. So only one program runs always, which draws figures and trains a network; all of them run
# where the environment variable EVERY_PROGRAM is set.
BRIEF = [PROJECT / "notebooks" / "04_deeper_model.ipynb"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    NOTEBOOKS if "EVERY_PROGRAM" in os.environ else BRIEF,
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_program_runs_and_changes_no_file_of_the_project(path: Path, smoke: dict[str, str], tmp_path: Path) -> None:
    before = changes_of_files()
    program = write_notebook(read_with_fewer_rows(path), path, tmp_path).with_suffix(".py")
    program.write_text(make_program(program.with_suffix(".ipynb")), encoding="utf-8")
    command, environment = [sys.executable, program], os.environ | smoke
    done = subprocess.run(command, cwd=program.parent, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{program.name}:\n{done.stdout}\n{done.stderr}", pytrace=False)
    assert changes_of_files() == before, "a smoke run must write into its own folder only"


def test_each_notebook_of_solutions_belongs_to_a_chapter() -> None:
    assert {file.name for file in SOLUTIONS} <= {file.name for file in CHAPTERS}


@notebook
def test_notebook_is_fit_to_be_committed(path: Path) -> None:
    node = nbformat.read(path, as_version=4)
    assert find_faults(node) + find_placeholders(node) == []


@notebook
def test_what_a_notebook_keeps_is_written_whole(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code" and "output_path(" in cell.source:
            written = re.findall(r"(?:\.save|savez)\(([^\s,)]+)|(\S+)\.write_text\(", cell.source)
            assert {name for names in written for name in names if name} <= {"file"}, "as lent by write_whole"
            assert not written or "with write_whole(" in cell.source


@chapter
def test_chapter_opens_with_what_it_takes_and_closes_with_three_questions(path: Path) -> None:
    prose = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]
    for piece in (
        "After this chapter you can",
        "**Before you start:**",
        "Reading takes about",
        "running the code took",
    ):
        assert piece in prose[0]
    closing = "\n".join(prose).split("\n## What we saw\n")[1]
    questions = closing.split("\n## Test yourself\n")[1].split("\n## Exercises\n")[0]
    assert re.findall(r"^\*\*(\d)\.\*\*", questions, re.MULTILINE) == ["1", "2", "3"]
    assert questions.count("::::{dropdown} Answer\n") == 3


@chapter
def test_each_exercise_has_stars_and_a_solution_that_was_executed(path: Path) -> None:
    prose = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown")
    tasks = re.findall(r"^(\d+)\. (★{1,3}) ", prose.split("\n## Exercises\n")[1], re.MULTILINE)
    assert tasks
    solutions: list[tuple[str, str]] = []
    shown: set[str] = set()  # the exercises below which a cell printed or drew something
    for cell in nbformat.read(PROJECT / "solutions" / path.name, as_version=4).cells:
        if cell.cell_type == "markdown":
            solutions += re.findall(r"^## Exercise (\d+) (★+)$", cell.source, re.MULTILINE)
        elif cell.outputs and solutions:
            shown.add(solutions[-1][0])
    assert solutions == tasks
    assert shown == {number for number, _ in tasks}


@chapter
def test_chapter_says_how_long_its_code_ran(path: Path) -> None:
    entry = json.loads((PROJECT / "results" / "notebooks.json").read_text(encoding="utf-8"))[path.stem]
    opening = nbformat.read(path, as_version=4).cells[0].source
    assert RUNNING_TIME.findall(opening) == [describe_time(entry["seconds"])]


@notebook
def test_first_code_cell_prepares_colab_and_nothing_else(path: Path) -> None:
    def first_code_cell(path: Path) -> nbformat.NotebookNode:
        return next(cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")

    cell = first_code_cell(path)
    assert cell.source == first_code_cell(NOTEBOOKS[0]).source, "the same in each notebook"
    assert '"google.colab" in sys.modules' in cell.source
    assert not cell.outputs
    assert "remove-cell" in cell.metadata.get("tags", [])


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for git")
@pytest.mark.parametrize("clones", [True, False], ids=["with a network", "without"])
def test_on_colab_the_first_cell_installs_the_book_or_stops_with_a_sentence(clones: bool, tmp_path: Path) -> None:
    # In an IPython of its own, whose `git` only makes the folder, or fails, and whose `pip` says what it is asked for.
    cell = next(cell for cell in nbformat.read(NOTEBOOKS[0], as_version=4).cells if cell.cell_type == "code")
    content, programs = tmp_path / "content", tmp_path / "bin"
    programs.mkdir()
    git = programs / "git"
    git.write_text(f"#!/bin/sh\n{f'mkdir -p {content}/book/notebooks' if clones else 'exit 128'}\n")
    git.chmod(0o755)
    script = f"""
import os, sys
from IPython.core.interactiveshell import InteractiveShell
sys.modules["google.colab"] = sys
shell = InteractiveShell.instance()
shell.register_magic_function(lambda line: print("pip", line), magic_name="pip")
result = shell.run_cell({cell.source.replace("/content", str(content))!r}, silent=True)
print(os.getcwd() if result.success else result.error_in_exec)
"""
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    if clones:
        assert done.stdout.splitlines() == [f"pip install -q {content}/book", f"{content}/book/notebooks"]
    else:
        assert done.stdout.splitlines()[-1].startswith("The book's files could not be fetched. Open this notebook")
        assert not any(line.startswith("pip ") for line in done.stdout.splitlines())
