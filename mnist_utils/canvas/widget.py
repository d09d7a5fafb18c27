"""The canvas as a widget: a Python class whose traits are shared with a view in the browser.

The view is ``static/widget.js``, bundled from the modules in ``js/``. The chapters *Predict* and *Other people's hands*
show the widget.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import numpy as np
import traitlets

from mnist_utils.canvas.folders import save_drawing
from mnist_utils.reading import normalize_ink

__all__ = ["DigitCanvas"]

STATIC = Path(__file__).parent / "static"
SIDE = 280  # pixels of the drawing, as in drawing.js
MAX_ROUNDING = 0.01  # by which a probability computed with sixteen bits may be above 1


class DigitCanvas(anywidget.AnyWidget, ipywidgets.ValueWidget):
    """A canvas to draw a digit on with mouse, pen, finger or keyboard; a classifier reads it as the pen lifts.

    Parameters
    ----------
    classifier : callable or keras.Model, optional
        What reads the drawing. A Keras model, or its ``predict``, is given what it was trained with: a minibatch of
        one image, float32 (1, 28, 28, 1) from 0 to 1. Any other callable is given the image itself, uint8 (28, 28),
        bright ink on black, as :class:`mnist_utils.predict.Classifier` takes it. The answer is one probability for
        each label, in an array of any shape, or an object with such ``probabilities``. Without a classifier the
        canvas only takes drawings.
    collect : path, optional
        A folder to collect labelled drawings in: the canvas then offers the labels and a button that saves.
        :func:`mnist_utils.canvas.folders.load_folder` reads them back.
    labels : sequence of str, optional
        The classes, in the order of the probabilities. The ten digits, if not given.
    pen : float, optional
        Width of the pen in pixels of the drawing, which is 280 wide. The default has the width of MNIST's strokes
        when a digit fills most of the canvas.

    Attributes
    ----------
    classifier : callable, keras.Model or None
        What reads the drawing. Set another one, and it reads what is drawn.
    value : ndarray of uint8, shape (28, 28)
        The drawing in MNIST's format (all 0 if blank), so that ``interact(function, drawing=canvas)`` calls
        ``function(drawing=value)`` whenever the drawing changes. ``digits`` is another name for it.
    probabilities : list of float
        The probability of each label, from 0 to 1; empty if there is nothing to read.
    prediction : int or None
        Index of the most probable label, for digits the digit; None if there is nothing to read.
    label : str
        The label to save the next drawing under.
    ink : bytes
        The drawing as the browser sends it: 280 x 280 grey levels, row by row, or nothing if it is blank.

    All of these can be observed: ``canvas.observe(function, "prediction")``.

    Examples
    --------
    >>> canvas = DigitCanvas(Classifier())                             # doctest: +SKIP
    >>> canvas                                                         # doctest: +SKIP
    >>> canvas.prediction, canvas.image.shape, canvas.digits.shape     # doctest: +SKIP
    (7, (280, 280), (28, 28))
    """

    _esm = STATIC / "widget.js"
    _css = STATIC / "digit_canvas.css"

    # The browser knows the ink it sent: it needs no echo of it.
    ink = traitlets.Bytes().tag(sync=True, echo_update=False, from_json=lambda value, widget: _receive_ink(value))
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    probabilities = traitlets.List(traitlets.Float()).tag(sync=True)
    pen = traitlets.Float().tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)
    reads = traitlets.Bool().tag(sync=True)
    collects = traitlets.Bool().tag(sync=True)
    classifier = traitlets.Any()
    prediction = traitlets.Int(None, allow_none=True)

    def __init__(
        self,
        classifier: Callable[[np.ndarray], Any] | None = None,
        *,
        collect: str | Path | None = None,
        labels: Sequence[str] = tuple("0123456789"),
        pen: float = 22,
        **kwargs: Any,  # noqa: ANN401, what every widget takes: layout, ...
    ) -> None:
        if classifier is not None and not callable(classifier):
            raise TypeError(
                f"The classifier is a {type(classifier).__name__}: give a Classifier, a model or a function."
            )
        self.folder = None if collect is None else Path(collect)
        super().__init__(
            classifier=classifier,
            labels=list(labels),
            label=labels[0],
            pen=pen,
            collects=collect is not None,
            value=np.zeros((28, 28), np.uint8),
            **kwargs,
        )
        self.on_msg(self._on_message)

    @property
    def image(self) -> np.ndarray:
        """The drawing, uint8 (280, 280): 0 is blank, 255 ink."""
        if not self.ink:
            return np.zeros((SIDE, SIDE), np.uint8)
        return np.frombuffer(self.ink, np.uint8).reshape(SIDE, SIDE)

    @property
    def digits(self) -> np.ndarray:
        """The drawing in MNIST's format, uint8 (28, 28): what the model sees."""
        return self.value

    def clear(self) -> None:
        """Make the canvas blank."""
        self.ink = b""

    def save(self, label: str | None = None) -> Path:
        """Save the drawing into the folder given as ``collect``.

        Parameters
        ----------
        label : str, optional
            Its class; the one chosen on the canvas if not given.

        Returns
        -------
        Path
            The new PNG file, see :func:`mnist_utils.canvas.folders.save_drawing`.

        Raises
        ------
        OSError
            If the folder or the file cannot be written.
        ValueError
            If the canvas is blank, collects nothing, or the label cannot be a folder's name.
        """
        if self.folder is None:
            raise ValueError("This canvas collects no drawings: make one with DigitCanvas(collect='a_folder').")
        if not self.ink:
            raise ValueError("The canvas is blank: draw something first.")
        return save_drawing(self.image, self.folder, self.label if label is None else label)

    @traitlets.validate("ink")
    def _check_ink(self, proposal: dict[str, Any]) -> bytes:
        ink = proposal["value"]
        if len(ink) not in (0, SIDE * SIDE):
            raise traitlets.TraitError(f"Ink of {len(ink)} bytes: give {SIDE} x {SIDE}, or none for a blank canvas.")
        return ink if any(ink) else b""

    @traitlets.observe("ink", "classifier")
    def _read(self, change: dict[str, Any]) -> None:
        """Bring the drawing into MNIST's format and have it read."""
        value = normalize_ink(self.image / 255)
        probabilities: list[float] = []
        self.message = ""
        try:
            if self.classifier is not None and value.any():
                probabilities = _ask(self.classifier, value, len(self.labels))
        except Exception as error:
            # Nobody sees an exception that a message from the browser led to: say it on the canvas as well.
            self.message = f"The classifier failed: {error}"
            raise
        finally:
            with self.hold_trait_notifications():  # whoever observes one of them finds the others up to date
                self.reads = self.classifier is not None
                self.value = value
                self.probabilities = probabilities
                self.prediction = int(np.argmax(probabilities)) if probabilities else None

    def _on_message(self, widget: ipywidgets.Widget, content: dict[str, Any], buffers: list[memoryview]) -> None:
        """Answer the button that saves."""
        if not isinstance(content, dict) or content.get("kind") != "save":
            return
        try:
            path = self.save()
        except OSError as error:
            self.message = f"The drawing was not saved in {self.folder}: {error.strerror or error}."
        except ValueError as error:
            self.message = str(error)
        else:
            self.clear()
            count = sum(1 for _ in path.parent.glob("[!.]*.png"))
            self.message = f"Saved as {path}. Drawings of {path.parent.name} so far: {count}."


def _receive_ink(value: object) -> bytes:
    """Return ink that came from the browser, as a memoryview; refuse anything else before it takes memory."""
    if not isinstance(value, bytes | bytearray | memoryview) or memoryview(value).nbytes > SIDE * SIDE:
        raise traitlets.TraitError(f"Ink must come as bytes, at most {SIDE} x {SIDE}.")
    return bytes(value)


def _ask(classifier: Callable[[np.ndarray], Any], digit: np.ndarray, count: int) -> list[float]:
    """Return the probabilities that a classifier gives a digit, uint8 (28, 28)."""
    keras = sys.modules.get("keras")  # if nobody has imported it, the classifier is none of its models
    method_of = getattr(classifier, "__self__", classifier)
    if keras is not None and isinstance(method_of, keras.Model):
        batch = digit[np.newaxis, :, :, np.newaxis].astype(np.float32) / 255
        answer = classifier(batch)
    else:
        answer = classifier(digit)
    probabilities = np.asarray(getattr(answer, "probabilities", answer), dtype=float).ravel()
    if len(probabilities) != count:
        raise ValueError(f"it gave {len(probabilities)} numbers for {count} labels.")
    if not np.isfinite(probabilities).all():  # argmax would call them the first label
        raise ValueError("it gave numbers that are not finite: its training has probably diverged.")
    if probabilities.min() < 0 or probabilities.max() > 1 + MAX_ROUNDING:
        raise ValueError("it gave numbers that are no probabilities, from 0 to 1: end the model with softmax.")
    return probabilities.tolist() if probabilities.any() else []
