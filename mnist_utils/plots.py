"""The book's figures, by matplotlib's conventions: each takes the axes to draw on, or makes them, and returns them.

Colours are those of Okabe and Ito, which colour-blind readers can tell apart; line styles and labels repeat what a
colour says. New figures have an opaque white ground, so that they stay legible on a dark page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike
from sklearn.metrics import ConfusionMatrixDisplay

from mnist_utils.comparison import Comparison, summarize

if TYPE_CHECKING:
    from mnist_utils.evaluation import CrossValidation
    from mnist_utils.predict import Prediction
    from mnist_utils.quiet import keras

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "ORANGE",
    "plot_architecture",
    "plot_comparison",
    "plot_confusion",
    "plot_images",
    "plot_misread",
    "plot_probabilities",
    "summarize_diagnostics",
    "summarize_performance",
]

# M. Okabe and K. Ito (2008), Color universal design.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#E69F00", "#009E73", "#999999"


def plot_images(
    X: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    n: int = 9,
    cols: int | None = None,
    titles: Sequence[str] | None = None,
    axes: ArrayLike | None = None,
) -> np.ndarray:
    """Draw the first images in a grid, in grey.

    Parameters
    ----------
    X : array_like, shape (m, 28, 28) or (m, 28, 28, 1)
        Images; any height and width will do. Integers are drawn from 0 (black) to 255 (white); floats from 0 to 1,
        or over the range of the images drawn if that goes beyond, one range for all of them.
    labels : array_like, shape (m,) or (m, 10), optional
        Digits or one-hot rows, written above the images.
    n : int
        Number of images, at most, 1 or more; ignored if `axes` is given.
    cols : int, optional
        Images in a row; without it the grid is about as wide as high.
    titles : sequence of str, length m, optional
        Text above each image, instead of `labels`.
    axes : array_like of Axes, optional
        Where to draw, one image each; without it a new figure is made.

    Returns
    -------
    ndarray of Axes
        The grid, as drawn on; places that are left over are blank.

    Raises
    ------
    ValueError
        If `X` is no stack of grey images, is empty, or there are not as many labels or titles as images.
    """
    X = np.asarray(X)
    if X.ndim == 4 and X.shape[-1] == 1:
        X = X[..., 0]
    if X.ndim != 3 or len(X) == 0:
        raise ValueError(f"X has the shape {X.shape}: give grey images, (n, 28, 28) or (n, 28, 28, 1); one as X[:1].")
    if titles is None and labels is not None:
        labels = np.asarray(labels)
        titles = [str(label) for label in (labels.argmax(axis=1) if labels.ndim == 2 else labels)]
    if titles is not None and len(titles) != len(X):
        raise ValueError(f"{len(X)} images and {len(titles)} labels: give one for each image.")

    if axes is None:
        X = X[:n]
        n = len(X)
        cols = min(n, cols or math.ceil(math.sqrt(n)))
        rows = math.ceil(n / cols)
        _, axes = plt.subplots(
            rows, cols, figsize=(1.3 * cols, 1.5 * rows), squeeze=False, layout="constrained", facecolor="white"
        )
    axes = np.asarray(axes)
    shown = X[: axes.size]
    vmin, vmax = (0, 255) if np.issubdtype(X.dtype, np.integer) else (min(0.0, shown.min()), max(1.0, shown.max()))
    for ax in axes.flat:
        ax.set_axis_off()
    for i, (ax, image) in enumerate(zip(axes.flat, shown, strict=False)):
        ax.imshow(image, cmap="gray", vmin=vmin, vmax=vmax)
        if titles is not None:
            ax.set_title(titles[i], fontsize="medium")
    return axes


def plot_architecture(model: keras.Model, ax: Axes | None = None) -> Axes:
    """Draw the layers of a network from top to bottom, all areas to one scale.

    Left of the middle is a square for a layer's parameters, right of it one for the numbers that the layer hands on.
    Layers that do nothing to either, such as ``Flatten`` and ``Dropout``, are left out.

    Parameters
    ----------
    model : keras.Model
        Built, its layers one after another.
    ax : Axes, optional
        Where to draw; without it a new figure is made.

    Returns
    -------
    Axes
        Without axis lines, because only areas count. A square's area is its number of numbers.
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(4, 4.5), layout="constrained", facecolor="white")
    shapes = [model.input_shape[1:], *(layer.output.shape[1:] for layer in model.layers)]
    counts = [0, *(layer.count_params() for layer in model.layers)]
    names = ["input", *(type(layer).__name__ for layer in model.layers)]
    top, line_height, previous = 0.0, 90.0, None
    for name, shape, n_parameters in zip(names, shapes, counts, strict=True):
        n_numbers = math.prod(shape)
        if n_numbers == previous and not n_parameters:
            continue
        previous = n_numbers
        left, right = math.sqrt(n_parameters), math.sqrt(n_numbers)
        height = max(left, right, line_height)
        middle = top - height / 2
        ax.add_patch(plt.Rectangle((-left - 8, middle - left / 2), left, left, facecolor=ORANGE, label="parameters"))
        ax.add_patch(plt.Rectangle((8, middle - right / 2), right, right, facecolor=BLUE, label="numbers handed on"))
        text = f"{name} {'x'.join(map(str, shape))}"
        ax.text(right + 30, middle, text, fontsize="x-small", va="center")
        top -= height + 20
    # Networks drawn side by side have one scale, unless one of them is larger than the book's.
    widest = max(math.sqrt(count) for count in counts), max(math.sqrt(math.prod(shape)) for shape in shapes)
    ax.set(xlim=(-max(760, widest[0] + 20), max(640, widest[1] + 500)), ylim=(top, 20), aspect="equal", anchor="N")
    ax.set_axis_off()
    return ax


def summarize_diagnostics(
    histories: CrossValidation | Sequence[Mapping[str, Sequence[float]]] | Mapping[str, Sequence[float]],
    axes: ArrayLike | None = None,
) -> np.ndarray:
    """Draw learning curves: cross-entropy over classification accuracy, one line for each fold.

    Keras computes the training curve during the epoch, while the weights still change, and the other one at the end
    of the epoch. So the held-out rows may look better than the training rows in the first epochs.

    Parameters
    ----------
    histories : CrossValidation, sequence of mapping, or one mapping
        For each fold, one value an epoch of ``loss`` and ``accuracy``, and of ``val_loss`` and ``val_accuracy`` if
        there were held-out rows. What Keras's ``fit`` returns, a `History`, will do as well.
    axes : array_like of two Axes, optional
        Where to draw the loss and the accuracy; without it a new figure is made.

    Returns
    -------
    ndarray of Axes, shape (2,)
        Loss (cross-entropy, in nats) and accuracy (in percent) over the epoch, counted from 1.

    Raises
    ------
    ValueError
        If there is no history.
    """
    histories = getattr(histories, "histories", histories)
    if isinstance(histories, Mapping) or hasattr(histories, "history"):
        histories = [histories]
    histories = [getattr(history, "history", history) for history in histories]
    if not any(histories):
        raise ValueError("No history to draw: give at least one, such as fit(...).history.")
    if axes is None:
        _, axes = plt.subplots(2, 1, figsize=(7, 6), sharex=True, layout="constrained", facecolor="white")
    axes = np.asarray(axes)
    curves = {"": ("training rows", BLUE, "-"), "val_": ("held-out rows", ORANGE, "--")}
    for ax, metric, scale in zip(axes, ("loss", "accuracy"), (1, 100), strict=True):
        for prefix, (label, color, linestyle) in curves.items():
            lines = [history[prefix + metric] for history in histories if prefix + metric in history]
            for i, values in enumerate(lines):
                ax.plot(
                    np.arange(1, len(values) + 1),
                    np.multiply(values, scale),
                    color=color,
                    linestyle=linestyle,
                    marker="o" if prefix else ".",
                    markersize=4,
                    markerfacecolor="white" if prefix else color,
                    label=_with_folds(label, len(lines)) if i == 0 else None,
                )
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.grid(alpha=0.3)
        ax.legend()
    axes[0].set(title="Cross-entropy loss", ylabel="cross-entropy in nats")
    axes[1].set(title="Classification accuracy", ylabel="accuracy in %", xlabel="epoch")
    return axes


def summarize_performance(
    scores: CrossValidation | Sequence[float] | Mapping[str, CrossValidation | Sequence[float]],
    ax: Axes | None = None,
    *,
    name: str | None = None,
) -> Axes:
    """Print mean and standard deviation of the scores and draw them as box-and-whisker plot.

    The box reaches from the lower to the upper quartile, the line in it is the median, and the whiskers reach to the
    last score within 1.5 box heights. Every score is a point as well: five are too few to trust a box alone.

    Parameters
    ----------
    scores : CrossValidation, sequence of float, or mapping of names to those
        Accuracy of each fold, 0 to 1, of one model or of several.
    ax : Axes, optional
        Where to draw; without it a new figure is made.
    name : str, optional
        Name of the model below its box; without it that of the CrossValidation. A mapping brings its own names.

    Returns
    -------
    Axes
        Accuracy in percent over the models.

    Raises
    ------
    ValueError
        If there is no score, or one is not between 0 and 1.

    Examples
    --------
    >>> ax = summarize_performance([0.98, 0.99])
    Accuracy: mean=98.500 std=0.500, n=2
    """
    if isinstance(scores, Mapping):
        models = dict(scores)
        if not models:
            raise ValueError("No scores to draw: give at least one model's.")
        width = max(map(len, models))
        for model, values in models.items():
            print(f"{model:<{width}}  Accuracy: {summarize(values)}")
    else:
        models = {name or getattr(scores, "name", ""): scores}
        print(f"Accuracy: {summarize(scores)}")
    if ax is None:
        _, ax = plt.subplots(figsize=(max(4, 1.4 * len(models) + 1), 4), layout="constrained", facecolor="white")
    percent = [100 * np.asarray(getattr(values, "scores", values)) for values in models.values()]
    positions = np.arange(len(models))
    ax.boxplot(
        percent,
        positions=positions,
        widths=0.4,
        showfliers=False,  # the points show every score already
        patch_artist=True,
        boxprops={"facecolor": "#D6EAF5", "edgecolor": BLUE},
        whiskerprops={"color": BLUE},
        capprops={"color": BLUE},
        medianprops={"color": "black"},
    )
    for position, values in zip(positions, percent, strict=True):
        ax.plot(np.full(len(values), position), values, "o", color=ORANGE, markeredgecolor="black", markersize=5)
    ax.set_xticks(positions, list(models))
    n_folds = len(percent[0]) if len(set(map(len, percent))) == 1 else 1
    ax.set(title=_with_folds("Accuracy", n_folds), ylabel="accuracy in %")
    ax.ticklabel_format(axis="y", useOffset=False)
    ax.grid(axis="y", alpha=0.3)
    return ax


def plot_comparison(comparisons: Comparison | Iterable[Comparison], ax: Axes | None = None) -> Axes:
    """Draw differences of accuracy with their intervals around zero (a forest plot).

    Parameters
    ----------
    comparisons : Comparison or iterable of Comparison
        From `compare`, drawn from top to bottom. A filled point marks an interval without zero.
    ax : Axes, optional
        Where to draw; without it a new figure is made.

    Returns
    -------
    Axes
        Difference in percentage points, one row a comparison.

    Raises
    ------
    ValueError
        If there is no comparison, or their intervals have different confidence levels.
    """
    comparisons = [comparisons] if isinstance(comparisons, Comparison) else list(comparisons)
    levels = {comparison.confidence for comparison in comparisons}
    if len(levels) != 1:
        raise ValueError(f"Confidence levels {sorted(levels)}: give comparisons at one level, at least one.")
    if ax is None:
        _, ax = plt.subplots(figsize=(7, 1.5 + 0.6 * len(comparisons)), layout="constrained", facecolor="white")
    ax.axvline(0, color="black", linewidth=1)
    for row, comparison in enumerate(comparisons):
        mean, low, high = 100 * comparison.mean, 100 * comparison.low, 100 * comparison.high
        shown = comparison.better is not None
        ax.plot([low, high], [row, row], color=BLUE, linewidth=2)
        mean_dot, *_ = ax.plot(mean, row, "o", color=BLUE, markerfacecolor=BLUE if shown else "white", markersize=8)
        folds = 100 * np.asarray(comparison.differences)
        fold_dots, *_ = ax.plot(folds, np.full(len(folds), row + 0.25), "o", color=ORANGE, markersize=4)
    # Above the axes, where it covers no interval.
    ax.legend(
        [mean_dot, fold_dots], ["mean and interval", "single folds"], loc="lower right", bbox_to_anchor=(1, 1), ncols=2
    )
    ax.set_yticks(range(len(comparisons)), [f"{c.name_b} \N{MINUS SIGN} {c.name_a}" for c in comparisons])
    ax.set_ylim(len(comparisons) - 0.5, -0.5)
    ax.set_xlabel(f"difference of accuracy in percentage points, with {levels.pop() * 100:.4g} % interval")
    ax.grid(axis="x", alpha=0.3)
    return ax


def plot_confusion(y_true: ArrayLike, y_pred: ArrayLike, ax: Axes | None = None) -> Axes:
    """Draw which digit is read as which: a confusion matrix that is coloured by its errors.

    The thousands of right answers on the diagonal are numbers on grey, because their colour would drown the errors.

    Parameters
    ----------
    y_true, y_pred : array_like of int, shape (n,)
        The true digits and those that were read.
    ax : Axes, optional
        Where to draw; without it a new figure is made.

    Returns
    -------
    Axes
        Rows are the true digits, columns what was read.

    Raises
    ------
    ValueError
        If the shapes are not ``(n,)`` and equal, or a value is no digit.
    """
    y_true, y_pred = _digits(y_true, "y_true"), _digits(y_pred, "y_pred")
    if not np.isin([*y_true, *y_pred], range(10)).all():
        raise ValueError("Some values are no digits from 0 to 9: leave out what was not read.")
    if ax is None:
        _, ax = plt.subplots(figsize=(6.5, 6), layout="constrained", facecolor="white")
    display = ConfusionMatrixDisplay.from_predictions(
        y_true,
        y_pred,
        labels=range(10),
        ax=ax,
        cmap=plt.get_cmap("Oranges").with_extremes(bad="#DDDDDD"),
        colorbar=False,
    )
    errors = np.ma.masked_array(display.confusion_matrix, mask=np.eye(10, dtype=bool))
    # The darkest of the oranges are left out: black numbers stay legible on the others.
    display.im_.set(data=errors, clim=(0, 1.6 * max(errors.max(), 1)))
    for text, count in zip(display.text_.flat, display.confusion_matrix.flat, strict=True):
        text.set(color="black", text=str(count) if count else "")
    ax.set(title="Errors by digit (right answers on grey)", xlabel="digit read", ylabel="true digit")
    return ax


def plot_misread(
    X: ArrayLike,
    y_true: ArrayLike,
    probabilities: ArrayLike,
    *,
    n: int = 20,
    cols: int = 5,
    axes: ArrayLike | None = None,
) -> np.ndarray:
    """Draw the misread digits, the model's most confident errors first.

    Parameters
    ----------
    X : array_like, shape (m, 28, 28) or (m, 28, 28, 1)
        Images.
    y_true : array_like of int, shape (m,)
        The true digits.
    probabilities : array_like, shape (m, 10)
        What the model answered, 0 to 1.
    n : int
        Number of images, at most, 1 or more; ignored if `axes` is given.
    cols : int
        Images in a row.
    axes : array_like of Axes, optional
        Where to draw; without it a new figure is made.

    Returns
    -------
    ndarray of Axes
        Above each image ``true → read`` and the probability of the wrong reading.

    Raises
    ------
    ValueError
        If the shapes do not fit, or no image is misread.
    """
    X, y_true, probabilities = np.asarray(X), _digits(y_true, "y_true"), np.asarray(probabilities)
    if probabilities.shape != (len(y_true), 10) or len(X) != len(y_true):
        raise ValueError(
            f"{len(X)} images, {len(y_true)} digits and probabilities of shape {probabilities.shape}: give one digit "
            "and ten probabilities for each image."
        )
    read, probability = probabilities.argmax(axis=1), probabilities.max(axis=1)
    misread = np.flatnonzero(read != y_true)
    if len(misread) == 0:
        raise ValueError(f"None of the {len(X)} images is misread: there is nothing to draw.")
    misread = misread[np.argsort(-probability[misread], kind="stable")]
    titles = [f"{y_true[i]} → {read[i]}  {probability[i]:.2f}" for i in misread]
    return plot_images(X[misread], titles=titles, n=n, cols=cols, axes=axes)


def plot_probabilities(prediction: Prediction | ArrayLike, ax: Axes | None = None) -> Axes:
    """Draw the ten probabilities of one image as bars, the winner highlighted.

    Parameters
    ----------
    prediction : Prediction or array_like, shape (10,)
        A classifier's answer, or its ten probabilities, 0 to 1.
    ax : Axes, optional
        Where to draw; without it a new figure is made.

    Returns
    -------
    Axes
        Probability (0 to 1) over the digit.

    Raises
    ------
    ValueError
        If there are not ten probabilities.
    """
    probabilities = np.asarray(getattr(prediction, "probabilities", prediction), dtype=np.float64)
    if probabilities.shape != (10,):
        raise ValueError(f"Probabilities of shape {probabilities.shape}: give the ten of one image, such as p[0].")
    winner = getattr(prediction, "digit", int(probabilities.argmax()))
    if ax is None:
        _, ax = plt.subplots(figsize=(6, 3), layout="constrained", facecolor="white")
    bars = ax.bar(range(10), probabilities, color=[BLUE if digit == winner else GREY for digit in range(10)])
    ax.bar_label(bars, fmt="{:.3f}", padding=2, fontsize="small")
    ax.set_xticks(range(10))
    title = "No digit to read" if winner is None else f"Read as {winner}, probability {probabilities[winner]:.3f}"
    ax.set(title=title, xlabel="digit", ylabel="probability", ylim=(0, 1.1))
    return ax


def _with_folds(text: str, k: int) -> str:
    """Return the text with the number of folds, where there are several."""
    return f"{text} ({k} folds)" if k > 1 else text


def _digits(y: ArrayLike, name: str) -> np.ndarray:
    """Return digits as an array of shape (n,), or say how to get there."""
    y = np.asarray(y)
    if y.ndim != 1:
        raise ValueError(f"{name} has the shape {y.shape}: give digits, (n,). One-hot rows: {name}.argmax(axis=1).")
    return y
