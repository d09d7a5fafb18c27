"""Two ways to cross-validate a model, each to be timed in a process of its own.

``python benchmarks/ways.py listing baseline --folds 0 1`` trains two of five folds as the tutorial's listing does,
``python benchmarks/ways.py harness baseline`` all five by `evaluate_model`. Both print one line of JSON: ``seconds``
from the call to the result, ``scores`` and ``histories``.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence

import numpy as np
from sklearn.model_selection import KFold

from mnist_utils import models
from mnist_utils.data import load_dataset, prep_pixels
from mnist_utils.evaluation import evaluate_model
from mnist_utils.quiet import keras

MODELS = {
    "baseline": models.define_baseline,
    "batch_norm": models.define_batch_norm,
    "deeper": models.define_deeper,
}


def evaluate_as_listed(
    define_model: Callable[[], keras.Model],
    X: np.ndarray,
    y: np.ndarray,
    *,
    n_folds: int,
    epochs: int,
    folds: Sequence[int],
) -> tuple[list[float], list[dict[str, list[float]]]]:
    """Cross-validate as the tutorial prints it: fold after fold, ``fit`` as it is by default, then ``evaluate``.

    Parameters
    ----------
    define_model : callable
        Returns a new, compiled model.
    X : ndarray of float32, shape (n, 28, 28, 1)
        Images.
    y : ndarray of float32, shape (n, 10)
        Labels, one-hot.
    n_folds, epochs : int
        Folds to split the rows into, and epochs of each.
    folds : sequence of int
        Which of the folds to train, counted from 0.

    Returns
    -------
    scores, histories : list
        The accuracy on each fold's held-out rows, and what ``fit`` recorded.
    """
    scores, histories = [], []
    splits = list(KFold(n_folds, shuffle=True, random_state=1).split(X))
    for train_rows, test_rows in (splits[fold] for fold in folds):
        model = define_model()
        held_out = X[test_rows], y[test_rows]
        fitted = model.fit(
            X[train_rows], y[train_rows], epochs=epochs, batch_size=32, validation_data=held_out, verbose=0
        )
        _, accuracy = model.evaluate(*held_out, verbose=0)
        scores.append(accuracy)
        histories.append(fitted.history)
    return scores, histories


def main() -> None:
    """Time one way, and print what it took and gave."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("way", choices=["listing", "harness"])
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--n-folds", type=int, default=5)
    parser.add_argument("--folds", type=int, nargs="+", help="listing: which folds to train, counted from 0")
    parser.add_argument("--n-workers", type=int, help="harness: folds at a time")
    parser.add_argument("--precision", default="float32", help="harness: float32 or mixed_bfloat16")
    arguments = parser.parse_args()

    X, y, _, _ = load_dataset()
    X, _ = prep_pixels(X[: arguments.rows], X[:0])
    y = y[: arguments.rows]
    define_model = MODELS[arguments.model]
    size = {"n_folds": arguments.n_folds, "epochs": arguments.epochs}
    started = time.perf_counter()
    if arguments.way == "listing":
        folds = range(arguments.n_folds) if arguments.folds is None else arguments.folds
        scores, histories = evaluate_as_listed(define_model, X, y, **size, folds=folds)
    else:
        scores, histories = evaluate_model(
            define_model, X, y, **size, precision=arguments.precision, n_workers=arguments.n_workers, verbose=0
        )
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "scores": scores, "histories": histories}))


if __name__ == "__main__":
    main()
