"""Fused batch normalization computes what Keras's own formula computes, within rounding."""

from typing import Any

import numpy as np
import pytest

from mnist_utils._runtime.fused import FusedBatchNormalization, fuse_batch_normalization
from mnist_utils.quiet import keras

layers = keras.layers

IMAGES = np.random.default_rng(0).gamma(1, 3, (32, 6, 6, 4)).astype("float32")
LABELS = np.eye(3, dtype="float32")[np.arange(32) % 3]


def define(*hidden: layers.Layer) -> keras.Model:
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((6, 6, 4)), *hidden, layers.Flatten(), layers.Dense(3, "softmax")])
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def fused_layers(model: keras.Model) -> int:
    return sum(isinstance(layer, FusedBatchNormalization) for layer in model.layers)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("precision", "tolerance"),
    [("float32", {"rtol": 1e-4, "atol": 1e-5}), ("mixed_bfloat16", {"rtol": 0.05, "atol": 0.05})],
)
def test_five_training_steps_differ_from_kerass_by_rounding_only(precision, tolerance):
    # Statistics, gradients and momentum of each step go into the next.
    def states() -> list[list[np.ndarray]]:
        model, another = (
            define(layers.BatchNormalization(momentum=0.8), layers.Dropout(0.2, seed=1)) for _ in range(2)
        )
        fused = fuse_batch_normalization(another)
        assert fused_layers(fused) == 1
        for one in (model, fused):
            for _ in range(5):
                one.train_on_batch(IMAGES, LABELS)
        return [[variable.numpy() for variable in [*one.variables, *one.optimizer.variables]] for one in (model, fused)]

    keras.config.set_dtype_policy(precision)
    try:
        expected, found = states()
    finally:
        keras.config.set_dtype_policy("float32")
    for value, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, other, **tolerance)


def test_predictions_are_kerass_own():
    model = define(layers.BatchNormalization())
    fused = fuse_batch_normalization(model)
    np.testing.assert_array_equal(fused(IMAGES, training=False), model(IMAGES, training=False))


class OfTheReadersOwn(layers.BatchNormalization):
    """A subclass, which may compute anything."""


@pytest.mark.parametrize(
    "make_layer",
    [
        lambda: layers.BatchNormalization(axis=1),
        lambda: layers.BatchNormalization(scale=False),
        lambda: layers.BatchNormalization(center=False),
        lambda: layers.BatchNormalization(dtype="float64"),
        lambda: layers.Dense(4),
        OfTheReadersOwn,
    ],
    ids=["axis", "no scale", "no center", "double precision", "another layer", "a subclass"],
)
def test_a_model_with_nothing_to_fuse_stays_as_it_is(make_layer):
    model = define(make_layer())
    assert fuse_batch_normalization(model) is model


@pytest.mark.slow
def test_a_frozen_layer_is_not_trained():
    model = fuse_batch_normalization(define(layers.BatchNormalization(trainable=False)))
    before = [value.numpy() for value in model.layers[0].variables]
    model.train_on_batch(IMAGES, LABELS)
    for value, expected in zip(model.layers[0].variables, before, strict=True):
        np.testing.assert_array_equal(value.numpy(), expected)


class Normalized(keras.Model):
    """A model written as a class, from which Keras can't make a configuration."""

    def __init__(self, normalization: layers.Layer) -> None:
        super().__init__()
        self.normalization, self.flatten, self.last = normalization, layers.Flatten(), layers.Dense(10, "softmax")

    def call(self, x: Any, training: bool = False) -> Any:
        return self.last(self.flatten(self.normalization(x, training=training)))


def test_a_model_written_as_a_class_stays_as_it_is():
    model = Normalized(layers.BatchNormalization())
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    assert fuse_batch_normalization(model) is model  # not built yet
    model(np.zeros((1, 8, 8, 1), np.float32))
    assert fuse_batch_normalization(model) is model


class StepsOfItsOwn(keras.Sequential):
    """A model whose class may train in any way."""


def test_a_subclass_of_sequential_stays_as_it_is():
    hidden = [layers.BatchNormalization(), layers.Flatten(), layers.Dense(3, "softmax")]
    model = StepsOfItsOwn([keras.Input((6, 6, 4)), *hidden])
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    assert fuse_batch_normalization(model) is model


def test_what_a_normalization_layer_has_learned_is_kept():
    scaling = layers.Normalization()
    scaling.adapt(IMAGES)
    model = define(scaling, layers.BatchNormalization())
    fused = fuse_batch_normalization(model)
    assert fused_layers(fused) == 1
    np.testing.assert_array_equal(fused(IMAGES, training=False), model(IMAGES, training=False))
    assert fused.layers[0](IMAGES).numpy().std() == pytest.approx(1, abs=0.01)


def test_a_model_whose_loss_keras_cannot_write_down_stays_as_it_is():
    model = define(layers.BatchNormalization())
    model.compile("sgd", loss=lambda y, p: keras.ops.mean((y - p) ** 2), metrics=["accuracy"])
    assert fuse_batch_normalization(model) is model
