"""The book's models for the browser: a trained Keras model written so that plain JavaScript can run it.

``python -m mnist_utils.canvas.page`` writes what the canvas on the book's pages loads:

``own_images.weights.js``, ``final_model.weights.js``
    One file a model: its layers in order, each with its weights, as one JavaScript object.
``digit_canvas.js``, ``digit_canvas.css``
    The canvas of :mod:`mnist_utils.canvas`, its modules joined into one file.
``loader.js``
    The script that a page names. It puts a canvas into each ``<div class="digit-canvas">``, and loads the files above
    when one comes into view: of the models only those that a canvas on the page asks for. The canvas reads with
    ``own_images``, unless it names another model: ``<div class="digit-canvas" data-model="final_model">``.

All are scripts or style sheets and not data to be fetched, because a book that is opened from disk (``file://``) may
load scripts from its own folder, but may not fetch data or import modules. Run the command again after a model or the
canvas changed; a test fails if it was forgotten.

Chapter 08 explains the format and the forward pass, and makes a page of one's own.
"""

import argparse
import base64
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mnist_utils import canvas, paths

__all__ = ["encode_array", "encode_model", "join_modules", "main", "write_page_files"]

FOLDER = "book/_static/digit_canvas"
MODULES = ("normalize_ink.js", "forward_pass.js", "digit_canvas.js", "page.js")

DType = Literal["int16", "float32"]


def encode_array(values: np.ndarray, dtype: DType = "float32") -> dict[str, Any]:
    """Write an array as JSON can hold it.

    Parameters
    ----------
    values : ndarray
        Any shape; the last axis is the output channel.
    dtype : {"float32", "int16"}
        ``float32`` keeps every bit. ``int16`` halves the size: each output channel is divided by a scale of its own,
        which makes its largest weight 32767, and rounded to whole numbers. A weight then moves by at most 1/65534 of
        its channel's largest.

    Returns
    -------
    dict
        ``shape``, ``dtype``, ``data`` (little-endian numbers in base64) and, of ``int16``, the list ``scale``:
        multiply the numbers with it to have the weights back.
    """
    values = np.asarray(values, dtype="float32")
    encoded: dict[str, Any] = {"shape": list(values.shape), "dtype": dtype}
    if dtype == "int16":
        largest = np.abs(values).max(axis=tuple(range(values.ndim - 1)))
        scale = np.where(largest > 0, largest, 1) / 32767
        encoded["scale"] = scale.tolist()
        values = np.round(values / scale)
    encoded["data"] = base64.b64encode(values.astype(np.dtype(dtype).newbyteorder("<")).tobytes()).decode("ascii")
    return encoded


def _encode_layer(layer: Any, dtype: DType) -> dict[str, Any] | None:  # noqa: ANN401, any Keras layer
    """Return the layer's description, or None if it does nothing at prediction time."""
    from mnist_utils.quiet import keras

    def require(condition: bool, what: str) -> None:
        if not condition:
            raise ValueError(f"Layer {layer.name!r} {what}: the forward pass in JavaScript does not know that.")

    def activation() -> str:
        name = keras.activations.serialize(layer.activation)
        require(name in ("linear", "relu", "softmax"), f"has the activation {name!r}")
        return name

    match layer:
        case keras.layers.Conv2D():
            require(layer.padding == "valid", f"has padding={layer.padding!r}")
            require(tuple(layer.strides) == (1, 1), f"has strides={layer.strides}")
            require(tuple(layer.dilation_rate) == (1, 1) and layer.groups == 1, "is dilated or grouped")
            require(layer.use_bias, "has no bias")
            return {
                "type": "conv2d",
                "activation": activation(),
                "kernel": encode_array(layer.kernel.numpy(), dtype),
                "bias": encode_array(layer.bias.numpy()),
            }
        case keras.layers.MaxPooling2D():
            require(layer.padding == "valid", f"has padding={layer.padding!r}")
            require(tuple(layer.strides) == tuple(layer.pool_size), f"has strides={layer.strides}")
            return {"type": "max_pooling2d", "pool": list(layer.pool_size)}
        case keras.layers.BatchNormalization():
            # At prediction time: gamma * (x - mean) / sqrt(variance + epsilon) + beta, a scale and a shift.
            gamma = layer.gamma.numpy() if layer.scale else 1.0
            beta = layer.beta.numpy() if layer.center else 0.0
            scale = gamma / np.sqrt(layer.moving_variance.numpy() + layer.epsilon)
            shift = beta - layer.moving_mean.numpy() * scale
            return {"type": "batch_normalization", "scale": encode_array(scale), "shift": encode_array(shift)}
        case keras.layers.Dense():
            require(layer.use_bias, "has no bias")
            return {
                "type": "dense",
                "activation": activation(),
                "kernel": encode_array(layer.kernel.numpy(), dtype),
                "bias": encode_array(layer.bias.numpy()),
            }
        case keras.layers.Flatten():
            return {"type": "flatten"}
        case keras.layers.Dropout():
            return None
    raise ValueError(
        f"Layer {layer.name!r} is a {type(layer).__name__}, which the forward pass in JavaScript does not know. "
        "It knows Conv2D, MaxPooling2D, BatchNormalization, Flatten, Dense and Dropout."
    )


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
        If the model has a layer, or an option of one, that ``forward_pass.js`` does not know.
    """
    layers = []
    for layer in model.layers:
        if (description := _encode_layer(layer, dtype)) is not None:
            layers.append(description | {"output": list(layer.output.shape[1:])})
    _trim(layers)
    return {"input": list(model.input_shape[1:]), "layers": layers}


def join_modules() -> str:
    """Return the canvas's modules as one script, which any page may load.

    Returns
    -------
    str
        JavaScript that defines ``digitCanvas``, an object with the functions ``loadNetwork``, ``normalizeInk`` and
        ``showOnPage``, and the class ``Drawing``.
    """
    modules = "\n".join((canvas.FOLDER / name).read_text("utf-8") for name in MODULES)
    modules = modules.replace("export default { render };\n", "")  # a script, unlike a module, exports nothing
    return f"""// Written by `python -m mnist_utils.canvas.page` from the files in mnist_utils/canvas: change those.
const digitCanvas = (() => {{
{modules}
return {{ Drawing, loadNetwork, normalizeInk, showOnPage }};
}})();
"""


def write_page_files(
    model: str | Path | None = None, folder: str | Path | None = None, dtype: DType = "int16"
) -> list[Path]:
    """Write the files that a page with a canvas loads.

    Parameters
    ----------
    model : path, optional
        A ``.keras`` file; the book's two models if not given. The file's name, without its ending, becomes the
        model's name on a page: ``mine.keras`` is written to ``mine.weights.js``, and a canvas with
        ``data-model="mine"`` reads with it.
    folder : path, optional
        Where to write; ``book/_static/digit_canvas`` of the project if not given. Made if it is not there.
    dtype : {"int16", "float32"}
        How the kernels are written (see :func:`encode_array`).

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    ValueError
        If the file holds no model that Keras can load, or one that JavaScript cannot run (see :func:`encode_model`).
    """
    from mnist_utils.quiet import keras

    files = [paths.input_path(f"models/{name}.keras") for name in paths.MODELS] if model is None else [Path(model)]
    contents = {}
    for file in files:
        description = encode_model(keras.models.load_model(file, compile=False), dtype)
        contents[f"{file.stem}.weights.js"] = (
            f"(globalThis.digitCanvasModels ??= {{}})[{json.dumps(file.stem)}] = {json.dumps(description, indent=1)};\n"
        )
    contents["digit_canvas.js"] = join_modules()
    for name in ("digit_canvas.css", "loader.js"):
        contents[name] = (canvas.FOLDER / name).read_text("utf-8")

    folder = Path(folder) if folder is not None else paths.output_path(FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_text(content, "utf-8", newline="\n")
    return [folder / name for name in contents]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command ``python -m mnist_utils.canvas.page``.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without it those of the command line.
    """
    parser = argparse.ArgumentParser(
        prog="python -m mnist_utils.canvas.page",
        description="Write the files with which the canvas on a page reads digits, in the browser.",
    )
    parser.add_argument(
        "--model",
        type=Path,
        metavar="FILE",
        help=f"a trained model (default: the book's two, {' and '.join(paths.MODELS)})",
    )
    parser.add_argument("--folder", type=Path, help=f"where to write (default: {FOLDER})")
    parser.add_argument("--dtype", choices=["int16", "float32"], default="int16", help="how weights are written")
    options = parser.parse_args(arguments)
    try:
        written = write_page_files(options.model, options.folder, options.dtype)
    except (FileNotFoundError, ValueError) as error:
        parser.error(str(error))
    for path in written:
        compressed = len(gzip.compress(path.read_bytes()))
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB, compressed {compressed / 1000:.0f} kB")


if __name__ == "__main__":
    main()
