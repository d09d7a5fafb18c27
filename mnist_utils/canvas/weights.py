"""A trained model as JSON, so that plain JavaScript can run it: ``forward_pass.js`` does.

The chapter *In the browser* explains the format and the forward pass.
"""

import base64
from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np

__all__ = ["DType", "encode_array", "encode_model"]

DType = Literal["int16", "float32"]
"""How weights are written, see :func:`encode_array`."""

ACTIVATIONS = ("linear", "relu", "softmax")


def encode_array(values: np.ndarray, dtype: DType = "float32") -> dict[str, Any]:
    """Write an array as JSON can hold it.

    Parameters
    ----------
    values : ndarray
        Any shape; the last axis is the output channel.
    dtype : {"float32", "int16"}
        ``float32`` keeps every bit. ``int16`` halves the size: each output channel is divided by its scale, which
        makes its largest weight 32767, and rounded to whole numbers. A weight then moves by at most 1/65534 of its
        channel's largest.

    Returns
    -------
    dict
        ``shape``, ``dtype``, ``data`` (little-endian numbers in base64) and, of ``int16``, the list ``scale``:
        multiply the numbers with it to have the weights back.

    Raises
    ------
    ValueError
        If a weight is not finite, or there is no such `dtype`.
    """
    if dtype not in get_args(DType):
        raise ValueError(f"dtype={dtype!r}: give one of {', '.join(get_args(DType))}.")
    values = np.asarray(values, dtype="float32")
    if not np.isfinite(values).all():
        raise ValueError("The model's weights are not finite numbers: its training has probably diverged.")
    encoded: dict[str, Any] = {"shape": list(values.shape), "dtype": dtype}
    if dtype == "int16":
        largest = np.abs(values).max(axis=tuple(range(values.ndim - 1)))
        scale = np.where(largest > 0, largest, 1) / 32767
        encoded["scale"] = scale.tolist()
        values = np.round(values / scale)
    encoded["data"] = base64.b64encode(values.astype(np.dtype(dtype).newbyteorder("<")).tobytes()).decode("ascii")
    return encoded


def encode_model(model: Any, dtype: DType = "int16") -> dict[str, Any]:  # noqa: ANN401, keras is imported late
    """Describe a trained model by what JSON can hold.

    Parameters
    ----------
    model : keras.Sequential
        Made of Conv2D (padding ``valid``), MaxPooling2D, BatchNormalization, Flatten, Dense and Dropout.
    dtype : {"int16", "float32"}
        How the kernels are written (see :func:`encode_array`). Biases and what batch normalization learned, few
        numbers, are always ``float32``.

    Returns
    -------
    dict
        ``input``: the shape of an image; ``layers``: a list of descriptions, each with a ``type``, the shape of its
        ``output`` and its weights.

    Raises
    ------
    ValueError
        If the model has a layer, or an option of one, that ``forward_pass.js`` does not know, or a weight that is not
        finite.
    """
    layers = []
    for layer in model.layers:
        if (description := _encode_layer(layer, dtype)) is not None:
            layers.append(description | {"output": list(layer.output.shape[1:])})
    _trim(layers)
    return {"input": list(model.input_shape[1:]), "layers": layers}


def _encode_layer(layer: Any, dtype: DType) -> dict[str, Any] | None:  # noqa: ANN401, any Keras layer
    """Return the layer's description, or None if it does nothing at prediction time."""
    from mnist_utils.quiet import keras

    match layer:
        case keras.layers.Conv2D():
            _require(layer, layer.padding == "valid", f"has padding={layer.padding!r}")
            _require(layer, tuple(layer.strides) == (1, 1), f"has strides={layer.strides}")
            _require(layer, tuple(layer.dilation_rate) == (1, 1) and layer.groups == 1, "is dilated or grouped")
            description = {"type": "conv2d"} | _encode_kernel_and_bias(layer, dtype)
            _require(layer, description["activation"] != "softmax", "has a softmax over the channels of each pixel")
            return description
        case keras.layers.MaxPooling2D():
            _require(layer, layer.padding == "valid", f"has padding={layer.padding!r}")
            _require(layer, tuple(layer.strides) == tuple(layer.pool_size), f"has strides={layer.strides}")
            return {"type": "max_pooling2d", "pool": list(layer.pool_size)}
        case keras.layers.BatchNormalization():
            _require(layer, layer.axis in (-1, len(layer.output.shape) - 1), f"has axis={layer.axis}")
            # At prediction time: gamma * (x - mean) / sqrt(variance + epsilon) + beta, a scale and a shift.
            gamma = layer.gamma.numpy() if layer.scale else 1.0
            beta = layer.beta.numpy() if layer.center else 0.0
            scale = gamma / np.sqrt(layer.moving_variance.numpy() + layer.epsilon)
            shift = beta - layer.moving_mean.numpy() * scale
            return {"type": "batch_normalization", "scale": encode_array(scale), "shift": encode_array(shift)}
        case keras.layers.Dense():
            _require(layer, len(layer.output.shape) == 2, "has no Flatten before it")
            return {"type": "dense"} | _encode_kernel_and_bias(layer, dtype)
        case keras.layers.Flatten():
            return {"type": "flatten"}
        case keras.layers.Dropout():
            return None
    raise ValueError(
        f"Layer {layer.name!r} is a {type(layer).__name__}, which the forward pass in JavaScript does not know. "
        "It knows Conv2D, MaxPooling2D, BatchNormalization, Flatten, Dense and Dropout."
    )


def _encode_kernel_and_bias(layer: Any, dtype: DType) -> dict[str, Any]:  # noqa: ANN401, Conv2D or Dense
    """Return what a convolution and a dense layer have in common."""
    from mnist_utils.quiet import keras

    activation = keras.activations.serialize(layer.activation)
    _require(layer, activation in ACTIVATIONS, f"has the activation {activation!r}")
    _require(layer, layer.use_bias, "has no bias")
    return {
        "activation": activation,
        "kernel": encode_array(layer.kernel.numpy(), dtype),
        "bias": encode_array(layer.bias.numpy()),
    }


def _require(layer: Any, condition: bool, what: str) -> None:  # noqa: ANN401, any Keras layer
    """Refuse a layer, and say what it is or has, unless the condition holds."""
    if not condition:
        raise ValueError(f"Layer {layer.name!r} {what}: the forward pass in JavaScript does not know that.")


def _trim(layers: Sequence[dict[str, Any]]) -> None:
    """Shrink each layer's output, in place, to the rows and columns that the layers after it use.

    Pooling an odd number of rows leaves the last one out. Whatever was computed for that row, in the layers before
    too, was computed for nothing: of the deeper model one product in five.
    """
    for layer, following in zip(reversed(layers[:-1]), reversed(layers[1:]), strict=True):
        if len(following["output"]) != 3:  # no rows and columns any more
            continue
        rows, columns, _ = following["output"]
        match following["type"]:
            case "max_pooling2d":
                pool = following["pool"]
                rows, columns = rows * pool[0], columns * pool[1]
            case "conv2d":
                kernel = following["kernel"]["shape"]
                rows, columns = rows + kernel[0] - 1, columns + kernel[1] - 1
        layer["output"][:2] = rows, columns
