"""A file that is no model is named in a sentence, and nothing in it is ever run."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mnist_utils import paths
from mnist_utils.models import load_model
from mnist_utils.quiet import keras


def build_model() -> keras.Model:
    return keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)])


def save_damaged_model(path: Path) -> None:
    file = paths.input_path("models/final_model.keras")
    content = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as archive:
        config = archive.getinfo("config.json").header_offset + 100
    content[config : config + 50] = bytes(50)
    path.write_bytes(content)


def save_other_archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "no model")


def save_legacy_model(path: Path) -> None:
    build_model().save(path.with_suffix(".h5"))
    path.with_suffix(".h5").rename(path)


def save_model_that_holds_code(path: Path) -> None:
    flatten = keras.layers.Lambda(lambda X: keras.ops.reshape(X, (-1, 784))[:, :10], output_shape=(10,))
    keras.Sequential([keras.Input((28, 28, 1)), flatten]).save(path)


@pytest.mark.parametrize(
    ("name", "save", "error", "message"),
    [
        ("nowhere.keras", None, FileNotFoundError, "no such file. Give a .keras file."),
        ("folder.keras", Path.mkdir, IsADirectoryError, "this is a folder. Give a .keras file."),
        ("seven.png", Path.touch, ValueError, "not a .keras file. "),
        ("legacy.h5", save_legacy_model, ValueError, "not a .keras file. Files of other kinds, such as .h5, can run "),
        ("disguised.keras", save_legacy_model, ValueError, "not a model that Keras can load ("),
        (
            "code.keras",
            save_model_that_holds_code,
            ValueError,
            "not a model that Keras can load (Requested the des",
        ),
        ("damaged.keras", save_damaged_model, ValueError, "not a model that Keras can load ("),
        ("archive.keras", save_other_archive, ValueError, "not a model that Keras can load ("),
    ],
)
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_a_file_that_is_no_model_is_named_and_never_run(
    name: str, save: Callable | None, error: type[Exception], message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if save:
        save(path)
    with pytest.raises(error) as caught:
        load_model(path)
    assert str(caught.value).startswith(f"{path}: {message}")
