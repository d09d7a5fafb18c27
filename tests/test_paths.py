"""One environment variable selects smoke runs, which take little of everything and change no file of the project."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_utils import paths


def run(code: str, **variables: str) -> list[str]:
    """Run code in a new process, which is a smoke run only if `variables` say so; return the lines that it prints."""
    environment = {name: value for name, value in os.environ.items() if name != "MNIST_UTILS_SMOKE"} | variables
    code = f"from mnist_utils.paths import *\n{code}"
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()


@pytest.mark.parametrize("variables", [{}, {"MNIST_UTILS_SMOKE": ""}], ids=["unset", "empty"])
def test_full_scale_is_the_default(variables):
    printed = run("print(SMOKE, at_scale(60_000, 400), output_path('results/one.json'))", **variables)
    assert printed == [f"None 60000 {paths.PROJECT / 'results' / 'one.json'}"]


def test_the_project_is_the_folder_with_results_and_models():
    assert paths.PROJECT.samefile(Path(__file__).parents[1])
    for name in paths.MODELS:
        assert paths.input_path(f"models/{name}.keras") == paths.PROJECT / "models" / f"{name}.keras"


def test_outside_of_a_checkout_the_project_is_above_the_working_folder(tmp_path):
    # As in Colab, where the package is installed as a copy, and the notebook runs in a folder of the checkout.
    copy, notebooks = tmp_path / "site" / "mnist_utils", tmp_path / "checkout" / "notebooks"
    copy.mkdir(parents=True)
    for name in ("__init__.py", "paths.py"):
        copy.joinpath(name).write_text(Path(paths.__file__).with_name(name).read_text(encoding="utf-8"))
    notebooks.mkdir(parents=True)
    notebooks.parent.joinpath("mnist_utils").mkdir()
    notebooks.parent.joinpath("_toc.yml").touch()
    code = f"import os, sys; sys.path.insert(0, {str(copy.parent)!r}); os.chdir({str(notebooks)!r})\n"
    code += "import importlib, mnist_utils.paths; print(mnist_utils.paths.PROJECT)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{notebooks.parent}\n"


def test_a_missing_file_says_where_it_comes_from():
    with pytest.raises(FileNotFoundError, match=r"results/none\.json is not in the project's folder.*run the notebook"):
        paths.input_path("results/none.json")


def test_a_smoke_run_takes_little_and_writes_into_its_folder(tmp_path):
    code = """
print(at_scale(60_000, 400), at_scale(100, 400))
print(input_path("results/baseline.json"))
path = output_path("results/baseline.json")
path.write_text("{}")
print(path)
print(input_path("results/baseline.json"))
"""
    written = str(tmp_path / "smoke" / "results" / "baseline.json")
    # Until it has written a result of its own, it reads the project's.
    expected = ["400 100", str(paths.PROJECT / "results" / "baseline.json"), written, written]
    assert run(code, MNIST_UTILS_SMOKE=str(tmp_path / "smoke")) == expected


def test_a_file_is_replaced_only_by_a_whole_one(tmp_path):
    file = tmp_path / "result.json"
    file.write_text("old")
    with pytest.raises(OSError, match="disk full"), paths.write_whole(file) as scratch:
        scratch.write_text("ne")
        assert file.read_text() == "old"
        raise OSError("disk full")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("result.json", "old")]
    with paths.write_whole(file) as scratch:
        assert (scratch.parent, scratch.suffix) == (tmp_path, ".json")
        scratch.write_text("new")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("result.json", "new")]


def test_two_may_write_the_same_file_at_a_time(tmp_path):
    file = tmp_path / "result.json"
    with paths.write_whole(file) as one, paths.write_whole(file) as other:
        one.write_text("one")
        other.write_text("other, which is longer")
    assert file.read_text() == "one"
