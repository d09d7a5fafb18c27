"""The model in JavaScript gives the probabilities that Keras gives."""

from collections.abc import Sequence

import numpy as np
import pytest
from playwright.sync_api import Page

from mnist_utils.canvas import encode_model
from mnist_utils.data import load_mnist
from mnist_utils.paths import MODELS
from mnist_utils.quiet import keras

pytestmark = pytest.mark.slow

layers = keras.layers

PREDICT = """([model, images]) => {
    const network = digitCanvas.loadNetwork(model);
    return images.map((image) => network(image));
}"""


def predict_in_browser(page: Page, description: dict, images: np.ndarray) -> np.ndarray:
    return np.array(page.evaluate(PREDICT, [description, images.reshape(len(images), -1).tolist()]))


@pytest.mark.parametrize(
    ("name", "dtype", "tolerance"),
    [*((name, "int16", 1e-3) for name in MODELS), ("own_images", "float32", 1e-5)],
)
def test_probabilities_equal_keras_on_test_images(code_page, models, name, dtype, tolerance):
    model = models[name]
    _, (X_test, _) = load_mnist()
    X = X_test[:200]
    expected = model.predict(X[..., np.newaxis] / np.float32(255), verbose=0)
    actual = predict_in_browser(code_page, encode_model(model, dtype), X)
    np.testing.assert_allclose(actual, expected, atol=tolerance)
    np.testing.assert_array_equal(actual.argmax(axis=1), expected.argmax(axis=1))


def small_model(middle: Sequence[keras.Layer]) -> keras.Model:
    keras.utils.set_random_seed(3)
    return keras.Sequential([layers.Input((28, 28, 1)), *middle, layers.Dense(10, activation="softmax")])


def with_random_statistics(layer: keras.Layer) -> None:
    """Give batch normalization what training would have given it."""
    rng = np.random.default_rng(0)
    layer.set_weights([rng.uniform(0.5, 2, weights.shape) for weights in layer.get_weights()])


def assert_equals_keras(page: Page, model: keras.Model) -> None:
    X = np.random.default_rng(1).integers(0, 256, (20, 28, 28), np.uint8)
    expected = model.predict(X[..., np.newaxis] / np.float32(255), verbose=0)
    np.testing.assert_allclose(predict_in_browser(page, encode_model(model, "float32"), X), expected, atol=1e-5)


def test_batch_normalization_after_a_convolution_and_after_a_dense_layer(code_page):
    middle = [
        layers.Conv2D(6, 3, activation="relu"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(7, activation="relu"),
        layers.BatchNormalization(),
    ]
    model = small_model(middle)
    with_random_statistics(middle[1])
    with_random_statistics(middle[5])
    assert_equals_keras(code_page, model)


def test_sizes_that_no_block_of_four_divides_and_kernels_that_are_not_square(code_page):
    model = small_model(
        [
            layers.Conv2D(5, (2, 4), activation="relu"),
            layers.MaxPooling2D((3, 2)),
            layers.Dropout(0.5),
            layers.Conv2D(3, 1),
            layers.Conv2D(7, (5, 3), activation="relu"),
            layers.MaxPooling2D((2, 4)),
            layers.Flatten(),
            layers.Dense(9),
        ]
    )
    assert_equals_keras(code_page, model)
