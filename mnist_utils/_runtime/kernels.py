"""Steps of Keras's training, each computed by TensorFlow operations that a processor is faster with.

Keras writes its formulas out in small operations, each of which carries whole arrays through memory; that takes longer
than to calculate with them. And TensorFlow's operations are not all equally good at small arrays. The formulas stay the
same here. Where sums are formed in another order, the results differ by rounding.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator

from mnist_utils.quiet import keras, tf

__all__ = ["fast_kernels"]

layers = keras.layers

_keras_conv_call = layers.Conv2D.call
_keras_batch_norm_call = layers.BatchNormalization.call
_keras_max_pooling_call = layers.MaxPooling2D.call
_keras_dense_call = layers.Dense.call
_keras_update_step = keras.optimizers.SGD.update_step


@contextlib.contextmanager
def fast_kernels() -> Iterator[None]:
    """Within this context, the training steps of Keras models are computed faster, on processors.

    - A convolution of grey images is one matrix product: its sums have another order.
    - Batch normalization of images is one operation: its sums have another order.
    - A maximum is taken before the ReLU that precedes it in the model, on a quarter of the values: the same bits.
    - The gradient of a dense layer's inputs is a product of transposed matrices: its sums have another order.
    - Momentum is one operation: the same bits.

    What is not covered (other padding, strides, axes and dtypes, Nesterov momentum, masks) is left to Keras, and so is
    everything where there is a GPU. Predictions are to be computed outside: there, Keras's own way is as fast.
    """
    if tf.config.list_physical_devices("GPU"):
        yield
        return
    with contextlib.ExitStack() as stack:
        for owner, name, function in [
            (layers.Conv2D, "call", _conv_call),
            (layers.BatchNormalization, "call", _batch_norm_call),
            (layers.MaxPooling2D, "call", _max_pooling_call),
            (layers.Dense, "call", _dense_call),
            (keras.optimizers.SGD, "update_step", _update_step),
        ]:
            stack.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, function)
        yield


@functools.wraps(_keras_conv_call)
def _conv_call(self: layers.Conv2D, inputs: tf.Tensor) -> tf.Tensor:
    grey_images = inputs.shape[-1] == 1 and None not in inputs.shape[1:] and _is_float32(self, inputs)
    usual = (
        type(self).convolution_op is layers.Conv2D.convolution_op  # a reader's layer may have its own
        and self.use_bias
        and (self.data_format, self.padding) == ("channels_last", "valid")
        and tuple(self.strides) == tuple(self.dilation_rate) == (1, 1)
    )
    if not (grey_images and usual):
        return _keras_conv_call(self, inputs)
    rows, columns = self.kernel_size
    height, width = inputs.shape[1] - rows + 1, inputs.shape[2] - columns + 1
    # One row for each weight of a filter: the pixels that it meets, at all positions of all images.
    pixels = [inputs[:, i : i + height, j : j + width, 0] for i in range(rows) for j in range(columns)]
    pixels.append(tf.ones_like(pixels[0]))  # what the bias meets
    pixels = tf.reshape(tf.stack(pixels), (rows * columns + 1, -1))
    weights = tf.concat([tf.reshape(self.kernel, (-1, self.filters)), tf.reshape(self.bias, (1, -1))], axis=0)
    outputs = tf.reshape(tf.matmul(pixels, weights, transpose_a=True), (-1, height, width, self.filters))
    return outputs if self.activation is None else self.activation(outputs)


@functools.wraps(_keras_batch_norm_call)
def _batch_norm_call(
    self: layers.BatchNormalization,
    inputs: tf.Tensor,
    training: bool | None = None,
    mask: tf.Tensor | None = None,
) -> tf.Tensor:
    images = len(inputs.shape) == 4 and self.axis in (-1, 3) and _is_float32(self, inputs)
    usual = self.scale and self.center and mask is None and not getattr(self, "renorm", False)
    if not (training and self.trainable and images and usual):
        return _keras_batch_norm_call(self, inputs, training=training, mask=mask)
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


@functools.wraps(_keras_max_pooling_call)
def _max_pooling_call(self: layers.MaxPooling2D, inputs: tf.Tensor) -> tf.Tensor:
    if tf.executing_eagerly() or inputs.op.type != "Relu":
        return _keras_max_pooling_call(self, inputs)
    return tf.nn.relu(_keras_max_pooling_call(self, inputs.op.inputs[0]))


@functools.wraps(_keras_dense_call)
def _dense_call(self: layers.Dense, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
    if len(inputs.shape) != 2 or not self.use_bias or not _is_float32(self, inputs):
        return _keras_dense_call(self, inputs, training=training)
    outputs = tf.nn.bias_add(_product(inputs, tf.convert_to_tensor(self.kernel)), self.bias)
    return outputs if self.activation is None else self.activation(outputs)


@tf.custom_gradient
def _product(inputs: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple]]:
    """Return the product of two matrices; its first gradient is formed transposed, which suits few rows."""

    def gradients(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return (
            tf.transpose(tf.matmul(kernel, upstream, transpose_b=True)),
            tf.matmul(inputs, upstream, transpose_a=True),
        )

    return tf.matmul(inputs, kernel), gradients


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


def _is_float32(layer: layers.Layer, inputs: tf.Tensor) -> bool:
    """Tell whether a layer computes in float32."""
    return inputs.dtype == layer.compute_dtype == "float32"
