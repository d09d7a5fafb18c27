"""Batch normalization in one operation: faster training steps on a processor, the same formula.

Keras writes the formula out in small operations, each of which carries the whole array through memory. TensorFlow has
it as one operation. Its sums have another order, so that a step's results differ by rounding: on the chapter's model by
a millionth of the weights' length. Like any change of the last bits, this grows while the training goes on.
"""

import warnings

from mnist_utils.quiet import keras, tf

__all__ = ["FusedBatchNormalization", "fuse_batch_normalization"]


class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Keras's layer, whose training step on images is TensorFlow's fused operation.

    Only training differs: predictions are Keras's own. References: Ioffe and Szegedy (2015), Batch normalization.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None) -> tf.Tensor:
        """Normalize images (n, height, width, channels) by the mean and the variance of each channel."""
        if not (training and self.trainable and mask is None):
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.cast(self.gamma, tf.float32),
            offset=tf.cast(self.beta, tf.float32),
            mean=[],
            variance=[],
            epsilon=self.epsilon,
            is_training=True,
        )
        # The operation divides the sum of squares by n - 1 for the moving variance, Keras by n.
        n = tf.cast(tf.size(inputs) // inputs.shape[-1], tf.float32)
        for moving, value in [(self.moving_mean, mean), (self.moving_variance, variance * (n - 1) / n)]:
            moving.assign(moving * self.momentum + tf.cast(value, moving.dtype) * (1 - self.momentum))
        return outputs


def fuse_batch_normalization(model: keras.Model) -> keras.Model:
    """Return a compiled model with fused batch normalization that shares the other layers, or the model itself.

    Parameters
    ----------
    model : keras.Model
        Built and compiled. It stays as it is if it has nothing to fuse, if it is of a class of its own, or if Keras
        can't clone and compile it again from its configuration.

    Returns
    -------
    keras.Model
        With the same weights and the same random states.
    """

    def can_be_fused(layer: keras.Layer) -> bool:
        if type(layer) is not keras.layers.BatchNormalization or not layer.built:
            return False
        # Not `layer.input`, which a layer of a model written as a class does not have.
        fits = layer.input_spec.ndim == 4 and layer.axis in (-1, 3) and layer.scale and layer.center
        return fits and layer.compute_dtype != "float64"

    if not any(can_be_fused(layer) for layer in model.layers):
        return model

    def fuse(layer: keras.Layer) -> keras.Layer:
        # Others are shared: a configuration does not hold all that a layer knows, such as what Normalization learned.
        return FusedBatchNormalization.from_config(layer.get_config()) if can_be_fused(layer) else layer

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a lambda in the configuration: then the model stays as it is
            fused = keras.models.clone_model(model, clone_function=fuse)  # compiles it, too
    except (TypeError, ValueError):
        return model
    if type(fused) is not type(model):  # a class of its own, whose `train_step` would be lost
        return model
    for variable, value in zip(fused.variables, model.variables, strict=True):
        variable.assign(value)
    return fused
