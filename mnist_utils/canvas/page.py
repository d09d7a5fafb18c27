"""The files with which a page reads digits in the browser, without Python.

``own_images.weights.js``, ``final_model.weights.js``
    One file a model, as :func:`mnist_utils.canvas.weights.encode_model` describes it.
``digit_canvas.js``, ``digit_canvas.css``
    The canvas and the forward pass.
``loader.js``
    The script that a page names. It puts a canvas into each ``<div class="digit-canvas">``, and loads the files above
    when one comes into view: of the models only those that a canvas on the page asks for. The canvas reads with
    ``own_images``, unless it names another model: ``<div class="digit-canvas" data-model="final_model">``.
    The page's style sheet decides what an empty place says until then (for the book's pages, ``custom.css``).

All are scripts or style sheets and not data to be fetched, because a page that is opened from disk (``file://``) may
load scripts from its folder, but may not fetch data or import modules.

The chapter *In the browser* makes a page of your own.
"""

import json
from pathlib import Path

from mnist_utils import paths
from mnist_utils.canvas.weights import DType, encode_model

__all__ = ["BOOK_FOLDER", "write_page_files"]

BOOK_FOLDER = "book/_static/digit_canvas"
"""Where the files of the book's pages lie, below the project's folder."""

STATIC = Path(__file__).parent / "static"
CODE = ("digit_canvas.js", "digit_canvas.css", "loader.js")


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
        Where to write; :data:`BOOK_FOLDER` of the project if not given. Made if it is not there.
    dtype : {"int16", "float32"}
        How the kernels are written (see :func:`mnist_utils.canvas.weights.encode_array`).

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    FileNotFoundError
        If there is no such model.
    OSError
        If it is a folder (IsADirectoryError), or the files cannot be written.
    ValueError
        If the file holds no model that Keras can load, one whose answers are no probabilities, or one that JavaScript
        cannot run (see :func:`mnist_utils.canvas.weights.encode_model`). The message begins with the file's name.
    """
    files = [paths.input_path(f"models/{name}.keras") for name in paths.MODELS] if model is None else [Path(model)]
    contents = {f"{file.stem}.weights.js": _weights_script(file, dtype) for file in files}
    contents |= {name: (STATIC / name).read_text("utf-8") for name in CODE}
    folder = Path(folder) if folder is not None else paths.output_path(BOOK_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        with paths.write_whole(folder / name) as scratch:
            scratch.write_text(content, "utf-8", newline="\n")
    return [folder / name for name in contents]


def _weights_script(file: Path, dtype: DType) -> str:
    """Return a script that adds a model to ``digitCanvasModels``, under its file's name."""
    from mnist_utils.models import load_model  # imports Keras: not where only the canvas is wanted

    model = load_model(file)
    try:
        encoded = encode_model(model, dtype)
        if encoded["layers"][-1].get("activation") != "softmax":
            raise ValueError("The model's answers are no probabilities: end it with a layer that has softmax.")
        description = json.dumps(encoded, indent=1)
    except ValueError as error:  # it names the layer
        raise ValueError(f"{file}: {error}") from error
    return f"(globalThis.digitCanvasModels ??= {{}})[{json.dumps(file.stem)}] = {description};\n"
