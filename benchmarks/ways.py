"""Two ways to cross-validate a model, each to be timed in a process of its own.

``python benchmarks/ways.py listing baseline --rows 6000 --epochs 1`` prints one line of JSON: the seconds that the call
took, and the scores and histories it gave.
"""

import argparse
import json
import time
from collections.abc import Callable
from itertools import islice

from mnist_utils import models  # isort: skip  # before Keras: it keeps TensorFlow's import quiet
import keras
import numpy as np
from sklearn.model_selection import KFold

from mnist_utils.data import load_dataset, prep_pixels
from mnist_utils.evaluation import evaluate_model

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
    epochs: int,
    n_folds: int,
    first: int = 0,
    stop: int | None = None,
) -> tuple[list[float], list[dict]]:
    """Cross-validate as the tutorial prints it: fold after fold, ``fit`` as it is by default, then ``evaluate``.

    `first` and `stop` take only a part of the folds, counted from 0, `stop` not included.
    """
    scores, histories = [], []
    folds = KFold(n_folds, shuffle=True, random_state=1).split(X)
    for train_rows, test_rows in islice(folds, first, stop):
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
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="first fold to take, counted from 0 (listing)")
    parser.add_argument("--stop", type=int, help="fold to stop before (listing)")
    parser.add_argument("--n-jobs", type=int, help="folds at a time (harness)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the weights and of the order of rows (harness)")
    parser.add_argument("--precision", default="float32", help="float32 or mixed_bfloat16 (harness)")
    arguments = parser.parse_args()

    X, y, X_test, _ = load_dataset()
    X, _ = prep_pixels(X[: arguments.rows], X_test[:1])
    y = y[: arguments.rows]
    define_model = MODELS[arguments.model]
    # From the call to the result: for the harness that includes the start of its processes.
    started = time.perf_counter()
    if arguments.way == "listing":
        scores, histories = evaluate_as_listed(
            define_model,
            X,
            y,
            epochs=arguments.epochs,
            n_folds=arguments.folds,
            first=arguments.first,
            stop=arguments.stop,
        )
    else:
        scores, histories = evaluate_model(
            define_model,
            X,
            y,
            name=f"benchmark of {arguments.model}",
            epochs=arguments.epochs,
            n_folds=arguments.folds,
            n_jobs=arguments.n_jobs,
            seed=arguments.seed,
            precision=arguments.precision,
            verbose=0,
        )
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "scores": scores, "histories": histories}))


if __name__ == "__main__":
    main()
