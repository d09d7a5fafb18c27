"""What a page with a canvas loads, and the command that writes it."""

import gzip
import json
from pathlib import Path

import pytest

from mnist_utils import paths
from mnist_utils.canvas import write_page_files
from mnist_utils.canvas.__main__ import main
from mnist_utils.canvas.page import BOOK_FOLDER
from mnist_utils.quiet import keras


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    """A small model's file, `mine.keras`."""
    layers = [keras.layers.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    keras.Sequential(layers).save(tmp_path / "mine.keras")
    return tmp_path / "mine.keras"


def test_the_command_writes_what_a_page_loads(model_file, tmp_path, capsys):
    assert main(["--model", str(model_file), "--folder", str(tmp_path / "page")]) == 0
    names = ["mine.weights.js", "digit_canvas.js", "digit_canvas.css", "loader.js"]
    assert sorted(path.name for path in (tmp_path / "page").iterdir()) == sorted(names)
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == names
    script = (tmp_path / "page/mine.weights.js").read_text("utf-8")
    start, description = script.split(" = ", 1)
    assert start == '(globalThis.digitCanvasModels ??= {})["mine"]'
    assert len(json.loads(description.removesuffix(";\n"))["layers"]) == 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.keras", None, "no such file"),
        ("old.h5", b"", "not a .keras file"),
        ("damaged.keras", b"PK", "not a model that Keras can load"),
    ],
)
def test_the_command_says_what_it_cannot_write(tmp_path, capsys, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert main(["--model", str(tmp_path / name), "--folder", str(tmp_path / "page")]) == 2
    assert capsys.readouterr().err.startswith(f"{tmp_path / name}: {message}")
    assert not (tmp_path / "page").exists()


def test_the_command_names_the_model_that_javascript_cannot_run(tmp_path, capsys):
    file = tmp_path / "mine.keras"
    keras.Sequential([keras.Input((28, 28, 1)), keras.layers.AveragePooling2D(2)]).save(file)
    assert main(["--model", str(file), "--folder", str(tmp_path / "page")]) == 2
    assert capsys.readouterr().err.startswith(f"{file}: Layer 'average_pooling2d")


def test_the_command_refuses_a_model_whose_answers_are_no_probabilities(tmp_path, capsys):
    file = tmp_path / "mine.keras"
    keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)]).save(file)
    assert main(["--model", str(file), "--folder", str(tmp_path / "page")]) == 2
    assert "no probabilities: end it with a layer that has softmax" in capsys.readouterr().err


def test_the_command_names_the_folder_that_cannot_be_made(model_file, tmp_path, capsys):
    folder = tmp_path / "page"
    folder.write_text("a file")
    assert main(["--model", str(model_file), "--folder", str(folder)]) == 2
    assert capsys.readouterr().err.startswith(f"{folder}: ")


def test_the_books_files_are_those_of_its_models_and_small(tmp_path):
    """Run `python -m mnist_utils.canvas` if this fails: a model or the canvas has changed since."""
    committed = paths.PROJECT / BOOK_FOLDER
    written = {path.name: path.read_bytes() for path in write_page_files(folder=tmp_path)}
    assert written == {path.name: path.read_bytes() for path in committed.iterdir()}

    compressed = {name: len(gzip.compress(content)) for name, content in written.items()}
    weights = [size for name, size in compressed.items() if name.endswith(".weights.js")]
    code = sum(compressed.values()) - sum(weights)
    assert len(weights) == len(paths.MODELS)
    assert code + max(weights) < 700_000  # what a page with one model loads
