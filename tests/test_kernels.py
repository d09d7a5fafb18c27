"""The fused kernels compute what Keras's own formulas compute."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from mnist_utils.kernels import fused_kernels

IMAGES = np.random.default_rng(0).gamma(1, 3, (32, 6, 6, 4)).astype("float32")
LABELS = np.eye(3, dtype="float32")[np.arange(32) % 3]


def define(*hidden: layers.Layer, **sgd: Any) -> keras.Model:
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input(IMAGES.shape[1:]), *hidden, layers.Flatten(), layers.Dense(3, "softmax")])
    model.compile(keras.optimizers.SGD(0.01, **sgd), loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def state_after_steps(model: keras.Model, steps: int = 5) -> list[np.ndarray]:
    """Train some steps in one graph; return the model's variables and the optimizer's."""
    step = tf.function(lambda: model.train_step((tf.constant(IMAGES), tf.constant(LABELS))))
    for _ in range(steps):
        step()
    return [variable.numpy() for variable in [*model.variables, *model.optimizer.variables]]


def operations(model: keras.Model) -> set[str]:
    """Return the names of the operations of a training step."""
    model.optimizer.build(model.trainable_variables)
    step = tf.function(lambda: model.train_step((tf.constant(IMAGES), tf.constant(LABELS))))
    return {operation.type for operation in step.get_concrete_function().graph.get_operations()}


def test_momentum_gives_the_bits_of_kerass_formula():
    expected = state_after_steps(define(momentum=0.9))
    with fused_kernels():
        found = state_after_steps(define(momentum=0.9))
        assert "ResourceApplyKerasMomentum" in operations(define(momentum=0.9))
    for value, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(value, other)


@pytest.mark.parametrize("axis", [-1, 3])
def test_batch_normalization_differs_by_rounding_only(axis):
    # Five steps: statistics, gradients and momentum of each go into the next.
    expected = state_after_steps(define(layers.BatchNormalization(axis=axis, momentum=0.8), momentum=0.9))
    with fused_kernels():
        found = state_after_steps(define(layers.BatchNormalization(axis=axis, momentum=0.8), momentum=0.9))
        assert "FusedBatchNormV3" in operations(define(layers.BatchNormalization(axis=axis)))
    for value, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-4, atol=1e-5)


def test_prediction_is_kerass_own():
    model = define(layers.BatchNormalization())
    state_after_steps(model)
    expected = model(IMAGES, training=False).numpy()
    with fused_kernels():
        np.testing.assert_array_equal(model(IMAGES, training=False).numpy(), expected)


@pytest.mark.parametrize(
    ("make_layer", "sgd"),
    [
        (lambda: layers.BatchNormalization(axis=1), {}),
        (lambda: layers.BatchNormalization(scale=False), {}),
        (lambda: layers.BatchNormalization(center=False), {}),
        (lambda: layers.BatchNormalization(trainable=False), {}),
        (lambda: layers.BatchNormalization(dtype="float64"), {}),
        (lambda: layers.BatchNormalization(dtype="mixed_bfloat16"), {}),
        (lambda: layers.Reshape((36, 4)), {"momentum": 0.9, "nesterov": True}),
        (lambda: layers.Reshape((36, 4)), {}),
    ],
    ids=["axis", "scale", "center", "frozen", "float64", "bfloat16", "nesterov", "no momentum"],
)
def test_what_the_kernels_do_not_cover_is_left_to_keras(make_layer, sgd):
    expected = state_after_steps(define(make_layer(), **sgd))
    with fused_kernels():
        found = state_after_steps(define(make_layer(), **sgd))
        assert not operations(define(make_layer(), **sgd)) & {"FusedBatchNormV3", "ResourceApplyKerasMomentum"}
    for value, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(value, other)


def test_sparse_gradients_are_left_to_keras():
    words = np.arange(12).reshape(4, 3) % 5

    def train_embedding() -> np.ndarray:
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((3,)), layers.Embedding(5, 2), layers.Flatten(), layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.1, momentum=0.9), loss="mse")
        model.fit(words, np.ones((4, 1)), epochs=3, verbose=0)
        return model.layers[0].get_weights()[0]

    expected = train_embedding()
    with fused_kernels():
        np.testing.assert_array_equal(train_embedding(), expected)


def test_keras_has_its_own_formulas_back_even_after_an_error():
    formulas = layers.BatchNormalization.call, keras.optimizers.SGD.update_step
    with pytest.raises(ZeroDivisionError), fused_kernels():
        assert formulas != (layers.BatchNormalization.call, keras.optimizers.SGD.update_step)
        raise ZeroDivisionError
    assert formulas == (layers.BatchNormalization.call, keras.optimizers.SGD.update_step)
