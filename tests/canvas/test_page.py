"""The model as it is written for the browser."""

import base64
import gzip
import json

import keras
import numpy as np
import pytest
from keras import layers

from mnist_utils import export, paths


def decode(encoded: dict) -> np.ndarray:
    """Read an array back, as `decodeWeights` in forward_pass.js does."""
    numbers = np.frombuffer(base64.b64decode(encoded["data"]), np.dtype(encoded["dtype"]).newbyteorder("<"))
    return numbers.reshape(encoded["shape"]) * np.array(encoded.get("scale", 1.0))


def test_float32_keeps_every_bit():
    values = np.random.default_rng(0).normal(size=(3, 3, 2, 5)).astype(np.float32)
    np.testing.assert_array_equal(decode(export.encode_array(values, "float32")), values)


def test_int16_moves_a_weight_by_at_most_half_a_step_of_its_channel():
    values = np.random.default_rng(0).normal(size=(3, 3, 2, 5)) * [1e-3, 1, 50, 1e4, 0]
    error = np.abs(decode(export.encode_array(values, "int16")) - values).max(axis=(0, 1, 2))
    largest = np.abs(values).max(axis=(0, 1, 2))
    assert (error <= largest * (1 / 65534 + 1e-6)).all()


def deeper_model() -> keras.Model:
    return keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(100, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def test_layers_are_described_in_order_without_rows_that_nothing_uses():
    description = export.encode_model(deeper_model())
    assert description["input"] == [28, 28, 1]
    assert [(layer["type"], layer["output"]) for layer in description["layers"]] == [
        ("conv2d", [24, 24, 32]),
        ("max_pooling2d", [12, 12, 32]),
        ("conv2d", [10, 10, 64]),
        ("conv2d", [8, 8, 64]),
        ("max_pooling2d", [4, 4, 64]),
        ("flatten", [1024]),
        ("dense", [100]),
        ("dense", [10]),
    ]


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (layers.Conv2D(4, 3, padding="same"), "padding='same'"),
        (layers.Conv2D(4, 3, strides=2), "strides"),
        (layers.Conv2D(4, 3, dilation_rate=2), "dilated"),
        (layers.Conv2D(4, 3, use_bias=False), "no bias"),
        (layers.Conv2D(4, 3, activation="tanh"), "activation 'tanh'"),
        (layers.MaxPooling2D(3, strides=1), "strides"),
        (layers.MaxPooling2D(3, padding="same"), "padding='same'"),
        (layers.AveragePooling2D(2), "AveragePooling2D, which the forward pass in JavaScript does not know"),
    ],
)
def test_what_javascript_cannot_run_is_refused(layer, message):
    model = keras.Sequential([layers.Input((28, 28, 1)), layer])
    with pytest.raises(ValueError, match=message):
        export.encode_model(model)


def test_the_command_writes_what_a_page_loads(tmp_path, capsys):
    deeper_model().save(tmp_path / "mine.keras")
    export.main(["--model", str(tmp_path / "mine.keras"), "--folder", str(tmp_path / "page")])
    names = ["mine.weights.js", "digit_canvas.js", "digit_canvas.css", "loader.js"]
    assert sorted(path.name for path in (tmp_path / "page").iterdir()) == sorted(names)
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == names
    script = (tmp_path / "page/mine.weights.js").read_text("utf-8")
    start, description = script.split(" = ", 1)
    assert start == '(globalThis.digitCanvasModels ??= {})["mine"]'
    assert len(json.loads(description.removesuffix(";\n"))["layers"]) == 8


def test_the_command_says_what_it_cannot_write(tmp_path, capsys):
    with pytest.raises(SystemExit):
        export.main(["--model", str(tmp_path / "absent.keras"), "--folder", str(tmp_path / "page")])
    assert "absent.keras" in capsys.readouterr().err
    assert not (tmp_path / "page").exists()


def test_a_script_on_a_page_exports_nothing():
    assert "export default" not in export.join_modules()


def test_the_books_files_are_those_of_its_models_and_small(tmp_path):
    """Run `python -m mnist_utils.canvas.page` if this fails: a model or the canvas has changed since."""
    committed = paths.PROJECT / export.FOLDER
    written = {path.name: path.read_bytes() for path in export.write_page_files(folder=tmp_path)}
    assert written == {path.name: path.read_bytes() for path in committed.iterdir()}

    compressed = {name: len(gzip.compress(content)) for name, content in written.items()}
    weights = [size for name, size in compressed.items() if name.endswith(".weights.js")]
    code = sum(compressed.values()) - sum(weights)
    assert len(weights) == len(paths.MODELS)
    assert code + max(weights) < 700_000  # what a page with one model loads


def test_recorded_times_bear_out_what_chapter_8_says_of_them():
    recorded = json.loads(paths.input_path("results/browser.json").read_text("utf-8"))
    median = {name: times["median"] for name, times in recorded["milliseconds"].items()}
    assert median["a prediction"] < 5
    assert 1.1 < median["without trimming"] / median["a prediction"] < 1.4  # it has 1.23 times the products
    assert median["without blocks of four"] > 2 * median["a prediction"]
    assert median["from a drawing to 28 x 28"] + median["a prediction"] < 1000 / 60
    assert recorded["first_ms"] > 2 * median["a prediction"]
