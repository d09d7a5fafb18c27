"""A trained model as JSON: every weight comes back, and what JavaScript cannot run is refused."""

import base64

import numpy as np
import pytest

from mnist_utils.canvas.weights import encode_array, encode_model
from mnist_utils.quiet import keras

layers = keras.layers


def decode(encoded: dict) -> np.ndarray:
    """Read an array back, as `decodeWeights` in forward_pass.js does."""
    numbers = np.frombuffer(base64.b64decode(encoded["data"]), np.dtype(encoded["dtype"]).newbyteorder("<"))
    return numbers.reshape(encoded["shape"]) * np.array(encoded.get("scale", 1.0))


def test_float32_keeps_every_bit():
    values = np.random.default_rng(0).normal(size=(3, 3, 2, 5)).astype(np.float32)
    np.testing.assert_array_equal(decode(encode_array(values, "float32")), values)


@pytest.mark.parametrize("dtype", ["float32", "int16"])
def test_weights_of_a_training_that_diverged_are_refused(dtype):
    with pytest.raises(ValueError, match="its training has probably diverged"):
        encode_array([[1.0, np.nan]], dtype)


def test_an_unknown_type_of_numbers_is_refused():
    with pytest.raises(ValueError, match="dtype='int8': give one of int16, float32"):
        encode_array([[0.5, -0.3]], "int8")


def test_int16_moves_a_weight_by_at_most_half_a_step_of_its_channel():
    values = np.random.default_rng(0).normal(size=(3, 3, 2, 5)) * [1e-3, 1, 50, 1e4, 0]
    error = np.abs(decode(encode_array(values, "int16")) - values).max(axis=(0, 1, 2))
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
    description = encode_model(deeper_model())
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
        (layers.Conv2D(4, 3, activation="softmax"), "a softmax over the channels of each pixel"),
        (layers.BatchNormalization(axis=1), "axis=1"),
        (layers.Dense(4), "has no Flatten before it"),
        (layers.MaxPooling2D(3, strides=1), "strides"),
        (layers.MaxPooling2D(3, padding="same"), "padding='same'"),
        (layers.AveragePooling2D(2), "AveragePooling2D, which the forward pass in JavaScript does not know"),
    ],
)
def test_what_javascript_cannot_run_is_refused(layer, message):
    model = keras.Sequential([layers.Input((28, 28, 1)), layer])
    with pytest.raises(ValueError, match=message):
        encode_model(model)
