"""Two of Keras's formulas, each computed by one TensorFlow operation instead of a dozen.

Keras writes momentum and batch normalization out in small operations. On a processor each of them carries whole arrays
through memory, which takes longer than to calculate with them. TensorFlow has both formulas as one operation each.
"""

import contextlib
import functools
from collections.abc import Iterator

import keras
import tensorflow as tf

__all__ = ["fused_kernels"]

_keras_call = keras.layers.BatchNormalization.call
_keras_update_step = keras.optimizers.SGD.update_step


@contextlib.contextmanager
def fused_kernels() -> Iterator[None]:
    """Within this context, Keras's SGD and BatchNormalization train with fused operations, on processors.

    Momentum gives the same bits as Keras's own formula. Batch normalization of images forms its sums in another order:
    the results differ by rounding. What the fused operations don't cover (Nesterov momentum, masks, other axes and
    dtypes) is left to Keras, and so is everything where there is a GPU.
    """
    if tf.config.list_physical_devices("GPU"):
        yield
        return
    keras.layers.BatchNormalization.call = _call
    keras.optimizers.SGD.update_step = _update_step
    try:
        yield
    finally:
        keras.layers.BatchNormalization.call = _keras_call
        keras.optimizers.SGD.update_step = _keras_update_step


@functools.wraps(_keras_update_step)
def _update_step(
    self: keras.optimizers.SGD, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor
) -> None:
    covered = (
        self.momentum and not self.nesterov and isinstance(variable, tf.Variable) and isinstance(gradient, tf.Tensor)
    )
    if not covered:
        _keras_update_step(self, gradient, variable, learning_rate)
        return
    momentum = self.momentums[self._get_variable_index(variable)].value
    # momentum becomes momentum * self.momentum - gradient * learning_rate, and is added to the variable.
    tf.raw_ops.ResourceApplyKerasMomentum(
        var=variable.handle,
        accum=momentum.handle,
        lr=tf.cast(learning_rate, variable.dtype),
        grad=tf.cast(gradient, variable.dtype),
        momentum=tf.cast(self.momentum, variable.dtype),
    )


@functools.wraps(_keras_call)
def _call(
    self: keras.layers.BatchNormalization,
    inputs: tf.Tensor,
    training: bool | None = None,
    mask: tf.Tensor | None = None,
) -> tf.Tensor:
    images = len(inputs.shape) == 4 and self.axis in (-1, 3) and inputs.dtype == self.compute_dtype == "float32"
    usual = self.scale and self.center and mask is None and not getattr(self, "renorm", False)
    if not (training and self.trainable and images and usual):
        return _keras_call(self, inputs, training=training, mask=mask)
    outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=inputs,
        scale=self.gamma.value,
        offset=self.beta.value,
        mean=[],
        variance=[],
        epsilon=self.epsilon,
        is_training=True,
    )
    # The operation divides the sum of squares by n - 1 for the moving average, Keras by n.
    n = tf.cast(tf.size(inputs) // inputs.shape[-1], variance.dtype)
    variance = variance * (n - 1) / n
    for moving, value in [(self.moving_mean, mean), (self.moving_variance, variance)]:
        moving.assign(moving * self.momentum + value * (1.0 - self.momentum))
    return outputs
