"""The book's models as readers of digits (from chapter 6 on), in Python and as ``python -m mnist_utils.predict``.

The command stands in the same file as what it calls, so that its name is that of the import.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from mnist_utils import paths
from mnist_utils.models import load_model
from mnist_utils.quiet import keras, tf
from mnist_utils.reading import read_number, to_mnist

__all__ = ["Classifier", "Prediction", "main"]

MAX_BATCH = 500  # images in one call of the model: more would take memory and no less time
MAX_ROUNDING = 0.01  # in the sum of probabilities that were computed with sixteen bits


@dataclass(frozen=True, eq=False)
class Prediction:
    """A classifier's answer for one image.

    Attributes
    ----------
    digit : int or None
        The most probable digit; None if there is nothing to read.
    probabilities : ndarray of float32, shape (10,)
        Probability of each digit, 0 to 1; all zero if there is nothing to read.
    """

    digit: int | None
    probabilities: np.ndarray

    @property
    def probability(self) -> float:
        """Probability of the digit, 0 to 1; 0 if there is nothing to read."""
        return 0.0 if self.digit is None else float(self.probabilities[self.digit])

    def __str__(self) -> str:
        """Return digit and probability, such as ``7 (probability 0.9998)``."""
        return "nothing to read" if self.digit is None else f"{self.digit} (probability {self.probability:.4f})"


class Classifier:
    """Reads digits with a trained model.

    Parameters
    ----------
    model : {"own_images", "final_model"}, path or keras.Model
        One of the book's two models by its name: that of the chapter *Other people's hands*, trained for pictures that
        people make, or the finalized model of chapter 5; or a ``.keras`` file; or a model in memory. It takes float32
        images (n, 28, 28, 1) of pixels from 0 (ground) to 1 (ink) and answers ten probabilities for each.

    Raises
    ------
    OSError
        If there is no such file (FileNotFoundError), or it is a folder (IsADirectoryError).
    ValueError
        If the file is of another kind or damaged, or the model does not take and answer those shapes.

    Examples
    --------
    >>> classifier = Classifier()                          # doctest: +SKIP
    >>> print(classifier("seven.png"))                     # doctest: +SKIP
    7 (probability 0.9998)
    """

    def __init__(self, model: str | Path | keras.Model = "own_images") -> None:
        name = "The model"
        if not isinstance(model, keras.Model):
            path = paths.input_path(f"models/{model}.keras") if model in paths.MODELS else Path(model)
            name, model = f"{path}: the model", load_model(path, f"Give {', '.join(paths.MODELS)} or a .keras file.")
        # A model that was never built has no shapes.
        takes, answers = getattr(model, "input_shape", None), getattr(model, "output_shape", None)
        if takes != (None, 28, 28, 1) or answers != (None, 10):
            raise ValueError(
                f"{name} takes {takes} and answers {answers}. A Classifier needs (None, 28, 28, 1) and (None, 10)."
            )
        self.model: keras.Model = model
        self._name = name
        # Compiled here, once, for every number of images. Keras's model.predict sets up a data pipeline in every call,
        # which takes many times longer than the model itself does for one image.
        compiled = tf.function(lambda X: model(X, training=False))
        self._forward = compiled.get_concrete_function(tf.TensorSpec((None, 28, 28, 1), tf.float32))

    def __call__(self, image: str | Path | Image.Image | ArrayLike) -> Prediction:
        """Read one image.

        Parameters
        ----------
        image : path, PIL.Image.Image or array_like
            A photo, a scan or a drawing of one digit, of any size, dark on light or light on dark; what `to_mnist`
            takes. It is brought to MNIST's format first; an image in that format stays practically as it is.

        Returns
        -------
        Prediction

        Raises
        ------
        OSError
            If there is no such file (FileNotFoundError), it is a folder (IsADirectoryError), or may not be read.
        ValueError
            If the file or the array is no image, or the model's answers are no probabilities.
        """
        pixels = to_mnist(image).image
        if pixels is None:
            return Prediction(digit=None, probabilities=np.zeros(10, dtype=np.float32))
        probabilities = self.predict_proba(pixels[np.newaxis])[0]
        return Prediction(digit=int(probabilities.argmax()), probabilities=probabilities)

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Return the probabilities for images in MNIST's format, without asking whether they hold digits.

        Parameters
        ----------
        X : array_like, shape (n, 28, 28, 1) or (n, 28, 28)
            Images in MNIST's format, bright ink on black: integers of any type from 0 to 255, or floats from 0 to 1.

        Returns
        -------
        ndarray of float32, shape (n, 10)
            Probability of each digit, 0 to 1. Each row adds up to 1.

        Raises
        ------
        ValueError
            If `X` has another shape or range, or the model's answers are no probabilities.
        """
        X = np.asarray(X)
        if X.shape[1:] not in ((28, 28), (28, 28, 1)):
            raise ValueError(
                f"X has the shape {X.shape}: give (n, 28, 28, 1). A single image goes to classifier(image)."
            )
        X = _to_unit_floats(X).reshape(-1, 28, 28, 1)
        answers = [self._forward(tf.constant(X[i : i + MAX_BATCH])).numpy() for i in range(0, len(X), MAX_BATCH)]
        probabilities = np.concatenate([np.empty((0, 10), np.float32), *answers])
        if not np.isfinite(probabilities).all():  # argmax would call them a 0
            raise ValueError(f"{self._name}'s answers are not finite numbers: its training has probably diverged.")
        if (probabilities < 0).any() or not np.allclose(probabilities.sum(axis=1), 1, atol=MAX_ROUNDING):
            raise ValueError(f"{self._name}'s answers are no probabilities: end it with a layer that has softmax.")
        return probabilities


def _to_unit_floats(pixels: np.ndarray) -> np.ndarray:
    """Return pixels as float32 from 0 to 1; integers are divided by 255."""
    if np.issubdtype(pixels.dtype, np.integer):
        top = 255
    elif np.issubdtype(pixels.dtype, np.floating) or pixels.dtype == bool:
        top = 1
    else:
        raise ValueError(f"Pixels of type {pixels.dtype}: give integers from 0 to 255 or floats from 0 to 1.")
    if pixels.size and not (pixels.min() >= 0 and pixels.max() <= top):  # not: so that NaN is refused as well
        raise ValueError(
            f"{pixels.dtype} pixels from {pixels.min()} to {pixels.max()}: give integers from 0 to 255 or floats from "
            "0 to 1."
        )
    return np.asarray(pixels, dtype=np.float32) / np.float32(top)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command: one line a file, tab-separated, with its name, and the digit and its probability or the number.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without it those of the command line.

    Returns
    -------
    int
        Exit status: 0, or 1 if a file could not be read, or 2 if the model could not be loaded.
    """
    parser = _make_parser()
    options = parser.parse_args(arguments)
    if options.doubtful is not None and not options.json:
        parser.error("--doubtful marks digits in the JSON: add --json")
    try:
        classifier = Classifier(options.model)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    status = 0
    for file in options.files:
        try:
            read = _read_number if options.number else _read_digit
            fields = read(file, classifier, options.doubtful)
        except (OSError, ValueError) as error:  # its message begins with the name of the file, or of the model's
            print(error, file=sys.stderr)
            status = 1
        else:
            if options.json:
                print(json.dumps({"file": file, **fields}), flush=True)
            elif options.number:
                print(file, fields["text"] or "-", sep="\t", flush=True)
            else:
                digit = "-" if fields["digit"] is None else fields["digit"]
                print(file, digit, f"{fields['probability']:.4f}", sep="\t", flush=True)
    return status


def _make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m mnist_utils.predict",
        description="Read a handwritten digit from each image file. Prints one line a file, tab-separated: its name, "
        "the digit (- if there is nothing to read), the probability (0 to 1). A file that cannot be read gets a line "
        "on stderr, and the exit status is 1.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="image file: PNG, JPEG and other common formats")
    parser.add_argument(
        "--number", action="store_true", help="read all digits; print the name and the number, lines separated by _"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print a JSON object a line, for other programs; with --number it holds each digit's line, probability "
        "and box (left, top, width, height, in pixels)",
    )
    parser.add_argument(
        "--model",
        default="own_images",
        help="own_images (default; for pictures that people make), final_model (chapter 5's), or a .keras file",
    )
    parser.add_argument(
        "--doubtful",
        type=_to_probability,
        metavar="PROBABILITY",
        help="with --json: say of each digit whether it is doubtful, that is, below this probability, 0 to 1",
    )
    return parser


def _to_probability(text: str) -> float:
    """Return a probability from the command line."""
    with contextlib.suppress(ValueError):
        if 0 <= float(text) <= 1:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text} is no probability: give a number from 0 to 1")


def _read_digit(file: str, classifier: Classifier, doubtful: float | None) -> dict[str, object]:
    """Read one digit; return it as JSON can hold it."""
    prediction = classifier(file)
    return {
        "digit": prediction.digit,
        "probability": prediction.probability,
        "probabilities": [float(p) for p in prediction.probabilities],
        **_mark(prediction.probability, doubtful),
    }


def _read_number(file: str, classifier: Classifier, doubtful: float | None) -> dict[str, object]:
    """Read all digits; return them as JSON can hold them."""
    number = read_number(file, classifier)
    digits = [
        {
            "digit": each.digit,
            "probability": each.probability,
            "line": line,
            "box": [float(n) for n in each.box],
            **_mark(each.probability, doubtful),
        }
        for line, row in enumerate(number.lines)
        for each in row
    ]
    return {"text": number.text, "reason": number.reason, "digits": digits}


def _mark(probability: float, doubtful: float | None) -> dict[str, bool]:
    """Return the mark of a digit, if marks were asked for."""
    return {} if doubtful is None else {"doubtful": probability < doubtful}


if __name__ == "__main__":
    # A file's name may hold a letter that a terminal, or a pipe of Windows, has no code for: stderr writes it so, too.
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        sys.exit(main())
    except BrokenPipeError:  # who reads the answers has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes it once more at the end
        sys.exit(1)
