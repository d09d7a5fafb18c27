"""The fast kernels compute what Keras's own formulas compute."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from mnist_utils._runtime.kernels import fast_kernels

IMAGES = np.random.default_rng(0).gamma(1, 3, (32, 6, 6, 4)).astype("float32")
GREY_IMAGES = IMAGES[..., :1]
LABELS = np.eye(3, dtype="float32")[np.arange(32) % 3]


class StandardizedConv2D(layers.Conv2D):
    """A convolution that Keras lets a reader change in this way."""

    def convolution_op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return super().convolution_op(inputs, kernel - tf.reduce_mean(kernel, axis=(0, 1, 2)))


def define(*hidden: layers.Layer, images: np.ndarray = IMAGES, **sgd: Any) -> keras.Model:
    """Return a compiled model; its last layer has no bias, and so is left to Keras."""
    keras.utils.set_random_seed(1)
    last = layers.Dense(3, "softmax", use_bias=False)
    model = keras.Sequential([keras.Input(images.shape[1:]), *hidden, layers.Flatten(), last])
    model.compile(keras.optimizers.SGD(0.01, **sgd), loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def compiled_step(model: keras.Model) -> tf.types.experimental.ConcreteFunction:
    """Return a training step as a graph."""
    images = GREY_IMAGES if model.input_shape[-1] == 1 else IMAGES
    model.optimizer.build(model.trainable_variables)
    return tf.function(lambda: model.train_step((tf.constant(images), tf.constant(LABELS)))).get_concrete_function()


def state_after_steps(model: keras.Model, steps: int = 5) -> list[np.ndarray]:
    """Train some steps in one graph; return the model's variables and the optimizer's."""
    step = compiled_step(model)
    for _ in range(steps):
        step()
    return [variable.numpy() for variable in [*model.variables, *model.optimizer.variables]]


def operations(model: keras.Model) -> set[str]:
    """Return the names of the operations of a training step."""
    return {operation.type for operation in compiled_step(model).graph.get_operations()}


def test_momentum_gives_the_bits_of_kerass_formula():
    expected = state_after_steps(define(momentum=0.9))
    with fast_kernels():
        found = state_after_steps(define(momentum=0.9))
        assert "ResourceApplyKerasMomentum" in operations(define(momentum=0.9))
    for value, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(value, other)


@pytest.mark.parametrize("axis", [-1, 3])
def test_batch_normalization_differs_by_rounding_only(axis):
    # Five steps: statistics, gradients and momentum of each go into the next.
    expected = state_after_steps(define(layers.BatchNormalization(axis=axis, momentum=0.8), momentum=0.9))
    with fast_kernels():
        found = state_after_steps(define(layers.BatchNormalization(axis=axis, momentum=0.8), momentum=0.9))
        assert "FusedBatchNormV3" in operations(define(layers.BatchNormalization(axis=axis)))
    for value, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("activation", ["relu", None])
@pytest.mark.parametrize("kernel_size", [(3, 3), (2, 4), (6, 1)])
def test_a_convolution_of_grey_images_differs_by_rounding_only(kernel_size, activation):
    def define_convolution() -> keras.Model:
        convolution = layers.Conv2D(5, kernel_size, activation=activation, bias_initializer="uniform")
        return define(convolution, images=GREY_IMAGES, momentum=0.9)

    expected = state_after_steps(define_convolution())
    with fast_kernels():
        found = state_after_steps(define_convolution())
        assert not operations(define_convolution()) & {"Conv2D", "Conv2DBackpropFilter"}
    for value, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-4, atol=1e-5)


def test_a_maximum_before_relu_gives_the_bits_of_the_maximum_after_it():
    def define_pooling() -> keras.Model:
        # Several values of a window are negative, and in some of them all: without a bias, about half of all.
        return define(layers.Conv2D(5, 3, activation="relu"), layers.MaxPooling2D(), momentum=0.9)

    expected = state_after_steps(define_pooling())
    with fast_kernels():
        found = state_after_steps(define_pooling())
        pooled = [
            operation.inputs[0].op.type
            for operation in compiled_step(define_pooling()).graph.get_operations()
            if operation.type == "MaxPool"
        ]
    assert pooled == ["BiasAdd"]
    for value, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(value, other)


@pytest.mark.parametrize("activation", ["relu", None])
def test_a_dense_layer_differs_by_rounding_only(activation):
    def define_dense() -> keras.Model:
        # The first dense layer hands its gradient on to the convolution.
        hidden = [layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(7, activation, bias_initializer="uniform")]
        return define(*hidden, momentum=0.9)

    expected = state_after_steps(define_dense())
    with fast_kernels():
        found = state_after_steps(define_dense())
        assert operations(define_dense()) - operations(define()) >= {"Transpose"}
    assert "Transpose" not in operations(define_dense())
    for value, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-4, atol=1e-5)


def test_prediction_is_kerass_own():
    model = define(layers.BatchNormalization())
    state_after_steps(model)
    expected = model(IMAGES, training=False).numpy()
    with fast_kernels():
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
        (lambda: layers.Conv2D(5, 3, padding="same"), {}),
        (lambda: layers.Conv2D(5, 3, strides=2), {}),
        (lambda: layers.Conv2D(5, 3, dilation_rate=2), {}),
        (lambda: layers.Conv2D(5, 3, use_bias=False), {}),
        (lambda: layers.Conv2D(5, 3, dtype="float64"), {}),
        (lambda: StandardizedConv2D(5, 3), {}),
        (lambda: layers.MaxPooling2D(), {}),
        (lambda: layers.Dense(5), {}),
        (lambda: layers.Reshape((36, 1)), {"momentum": 0.9, "nesterov": True}),
        (lambda: layers.Reshape((36, 1)), {}),
    ],
    ids=[
        "axis",
        "scale",
        "center",
        "frozen",
        "float64",
        "bfloat16",
        "same padding",
        "strides",
        "dilation",
        "no bias",
        "float64 convolution",
        "a convolution of the reader's own",
        "maximum of other values",
        "dense of images",
        "nesterov",
        "no momentum",
    ],
)
def test_what_the_kernels_do_not_cover_is_left_to_keras(make_layer, sgd):
    def define_layer() -> keras.Model:
        return define(make_layer(), images=GREY_IMAGES, **sgd)

    usual = operations(define_layer())
    with fast_kernels():
        assert operations(define_layer()) == usual


def test_sparse_gradients_are_left_to_keras():
    words = np.arange(12).reshape(4, 3) % 5

    def train_embedding() -> np.ndarray:
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((3,)), layers.Embedding(5, 2), layers.Flatten(), layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.1, momentum=0.9), loss="mse")
        model.fit(words, np.ones((4, 1)), epochs=3, verbose=0)
        return model.layers[0].get_weights()[0]

    expected = train_embedding()
    with fast_kernels():
        np.testing.assert_array_equal(train_embedding(), expected)


def test_keras_has_its_own_formulas_back_even_after_an_error():
    def formulas() -> list:
        owners = [layers.Conv2D, layers.BatchNormalization, layers.MaxPooling2D, layers.Dense]
        return [owner.call for owner in owners] + [keras.optimizers.SGD.update_step]

    before = formulas()
    with pytest.raises(ZeroDivisionError), fast_kernels():
        assert not set(before) & set(formulas())
        raise ZeroDivisionError
    assert formulas() == before
