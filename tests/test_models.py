"""What a model costs, counted by its formulas; a file that is no model is named, and nothing in it is ever run."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from recorded import read_printed

from mnist_utils import paths
from mnist_utils.models import count_multiplications, define_baseline, define_deeper, load_model
from mnist_utils.quiet import keras

layers = keras.layers


@pytest.mark.parametrize(("name", "define_model"), [("baseline", define_baseline), ("deeper", define_deeper)])
def test_multiplications_are_those_that_chapter_4_counts(name: str, define_model: Callable[[], keras.Model]) -> None:
    counts = count_multiplications(define_model())
    line = f"{name:9}{sum(counts):9,} multiplications an image: {counts}\n"
    assert line in read_printed("notebooks/04_deeper_model")["cell-08"]


@pytest.mark.parametrize(
    ("layer", "multiplications"),
    [
        (layers.Conv2D(5, 3), 26 * 26 * 3 * 3 * 2 * 5),
        (layers.Conv2D(5, 3, strides=2, padding="same"), 14 * 14 * 3 * 3 * 2 * 5),
        (layers.Conv2D(4, 3, groups=2), 26 * 26 * 3 * 3 * 1 * 4),
        (layers.DepthwiseConv2D(3), 26 * 26 * 3 * 3 * 2),
        (layers.SeparableConv2D(5, 3), 26 * 26 * (3 * 3 * 2 + 2 * 5)),
    ],
)
def test_multiplications_of_a_convolution_are_counted_at_each_place_of_its_output(
    layer: keras.Layer, multiplications: int
) -> None:
    rest = [layers.BatchNormalization(), layers.MaxPooling2D(), layers.GlobalAveragePooling2D(), layers.Dense(3)]
    model = keras.Sequential([keras.Input((28, 28, 2)), layer, *rest])
    assert count_multiplications(model) == [multiplications, layer.output.shape[-1] * 3]


@pytest.mark.parametrize(
    "layer", [layers.LSTM(3), keras.Sequential([keras.Input((28, 28)), layers.Flatten(), layers.Dense(10)])]
)
def test_multiplications_of_other_layers_are_not_guessed(layer: keras.Layer) -> None:
    with pytest.raises(ValueError, match=f"the layer {layer.name} is neither"):
        count_multiplications(keras.Sequential([keras.Input((28, 28)), layer]))


def build_model() -> keras.Model:
    return keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10)])


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
    flatten = layers.Lambda(lambda X: keras.ops.reshape(X, (-1, 784))[:, :10], output_shape=(10,))
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
