"""What a page offers beside its text: the chapter's code as a program, and all files of the book as one archive."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from book_files import list_book_files
from chapters import NOTEBOOKS, PROJECT
from downloads import ARCHIVE, FOLDER, make_program
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook


def save_notebook(folder: Path, *sources: str) -> Path:
    path = folder / "one.ipynb"
    cells = [new_markdown_cell("# A chapter"), *map(new_code_cell, sources)]
    nbformat.write(new_notebook(cells=cells), path)
    return path


def run(program: Path, **variables: str) -> str:
    """Run a program in its own folder, without `MPLBACKEND` unless it is given, and return what it prints."""
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"} | variables
    command = [sys.executable, program.name]
    done = subprocess.run(command, cwd=program.parent, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def code_lines(text: str) -> list[str]:
    """The lines of a text that are neither empty, nor comments, nor settings of a notebook."""
    return [line for line in text.splitlines() if line.strip() and not line.startswith(("#", "%config "))]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_program_holds_the_code_of_every_cell_but_that_for_colab(name: str) -> None:
    program = make_program(PROJECT / f"{name}.ipynb")
    compile(program, name, "exec")
    _colab, *cells = (cell for cell in nbformat.read(PROJECT / f"{name}.ipynb", 4).cells if cell.cell_type == "code")
    first_lines = ["import os", 'os.environ.setdefault("MPLBACKEND",', "del __file__"]
    lines = code_lines(program)
    assert all(line.startswith(start) for line, start in zip(lines, first_lines, strict=False))
    assert lines[3:] == [line for cell in cells for line in code_lines(cell.source)]
    assert "colab" not in program
    assert "get_ipython" not in program


def test_program_says_what_it_is_and_how_to_run_it() -> None:
    program = make_program(PROJECT / "notebooks" / "02_baseline.ipynb")
    header = program.partition("\n\n")[0]
    assert header.startswith("# Baseline: a test harness and a first network\n")
    for what in ("notebooks/02_baseline.ipynb", "folder notebooks", "python 02_baseline.py", "README"):
        assert what in header
    assert all(line.startswith("#") and len(line) <= 120 for line in header.splitlines())


def test_no_name_in_a_program_is_undefined(tmp_path: Path) -> None:
    # In a notebook, some names are there from the beginning, such as `display`.
    for name in NOTEBOOKS:
        (tmp_path / f"{name.replace('/', '_')}.py").write_text(make_program(PROJECT / f"{name}.ipynb"), "utf-8")
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select=F821", tmp_path]
    done = subprocess.run(ruff, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_what_is_not_python_is_no_program(tmp_path: Path) -> None:
    with pytest.raises(SyntaxError):
        make_program(save_notebook(tmp_path, "%timeit 6 * 7"))


def test_program_saves_its_figures_unless_the_reader_names_another_backend(tmp_path: Path) -> None:
    program = tmp_path / "one.py"
    source = "import matplotlib.pyplot as plt\n\nplt.figure()\nplt.show()\nprint(plt.get_fignums())"
    program.write_text(make_program(save_notebook(tmp_path, source)), encoding="utf-8")
    smoke = str(tmp_path / "smoke")
    assert re.fullmatch(r"The figure is in .*one_1\.png\n\[\]\n", run(program, MNIST_UTILS_SMOKE=smoke))
    # A reader who wants windows, or nothing, names another one.
    assert run(program, MNIST_UTILS_SMOKE=smoke, MPLBACKEND="pdf") == "[1]\n"


def test_a_new_process_does_not_run_the_program_once_more(tmp_path: Path) -> None:
    # As Dask's workers are started, by default also on Linux.
    source = """from multiprocessing import get_context

print("here")
with get_context("spawn").Pool(1) as pool:
    print(pool.map(abs, [-7]))"""
    program = tmp_path / "one.py"
    program.write_text(make_program(save_notebook(tmp_path, source)), encoding="utf-8")
    assert run(program) == "here\n[7]\n"


def test_book_files_are_those_that_git_tracks(tmp_path: Path) -> None:
    for name in ("kept.txt", "private.txt", "deleted.txt", ".gitignore"):
        (tmp_path / name).touch()
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    subprocess.run(["git", "add", "kept.txt", "deleted.txt", ".gitignore"], cwd=tmp_path, check=True)
    (tmp_path / "deleted.txt").unlink()
    assert list_book_files(tmp_path) == [".gitignore", "kept.txt"]


def test_book_files_of_an_unpacked_archive_are_those_that_nobody_made_there(tmp_path: Path) -> None:
    for name in (
        "notebooks/a.ipynb",
        "notebooks/my_digits/7/1.png",
        ".venv/a.py",
        "_build/html/index.html",
        "mnist_utils.egg-info/PKG-INFO",
        "README.md",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list_book_files(tmp_path) == ["README.md", "notebooks/a.ipynb"]


def test_book_files_that_git_cannot_list_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").write_text("gitdir: nowhere\n")
    with pytest.raises(RuntimeError, match=r"git could not list the book's files: fatal: "):
        list_book_files(tmp_path)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RuntimeError, match="git must be installed"):
        list_book_files(tmp_path)


@pytest.fixture(scope="module")
def unpacked(book_html: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the book's archive unpacks."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(book_html / ARCHIVE) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    (only,) = folder.iterdir()
    assert only.name == FOLDER
    return only


@pytest.mark.slow
def test_archive_holds_the_book_as_it_is(unpacked: Path) -> None:
    folders = ("notebooks/", "solutions/", "mnist_utils/", "models/", "results/", "book/")
    names = [name for name in list_book_files() if name.startswith(folders)]
    assert {name.split("/")[0] for name in names} == {folder.rstrip("/") for folder in folders}
    assert [name for name in names if (unpacked / name).read_bytes() != (PROJECT / name).read_bytes()] == []


@pytest.mark.slow
def test_what_the_readme_calls_is_in_the_archive(unpacked: Path) -> None:
    readme = (unpacked / "README.md").read_text(encoding="utf-8")
    verbs = sorted(set(re.findall(r"make ([a-z-]+)", readme)))
    assert {"book", "lab", "run", "verify"} <= set(verbs)
    commands = "\n".join(
        subprocess.run(["make", "-n", verb], cwd=unpacked, capture_output=True, text=True, check=True).stdout
        for verb in verbs
    )
    needed = {*re.findall(r"\b(?:scripts|benchmarks|notebooks|solutions)/\w+\.\w+", commands), "requirements.txt"}
    assert len(needed) > len(NOTEBOOKS)
    assert [name for name in needed if not (unpacked / name).is_file()] == []
    # The helpers in it find its models and pictures.
    code = "from mnist_utils.predict import main; main(['notebooks/images/drawn_4.png'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=unpacked, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert "drawn_4.png" in done.stdout
