"""A reader's script that trains a small model, for the tests that stop it, kill it or run it twice.

The folder that it is given is the project's: checkpoints go there. It prints what it found, as JSON.
"""

import argparse
import json
import math
import os
import time
from pathlib import Path

import numpy as np
from small_model import define_small_model

from mnist_utils import paths
from mnist_utils.evaluation import evaluate_model
from mnist_utils.quiet import keras, tf

N_ROWS = 270

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=Path)
parser.add_argument("log", type=Path, help="a folder where each process counts its training steps")
parser.add_argument("--epochs", type=int, required=True)
parser.add_argument("--workers", type=int, required=True)
parser.add_argument("--verbose", type=int, required=True)
arguments = parser.parse_args()


class Counted(keras.layers.Layer):
    """Adds a byte to its process's file with each training step, and waits from the step on that a file names."""

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return what it is given."""
        if not training:
            return x
        counted = tf.numpy_function(self.count, [x], tf.float32)
        counted.set_shape(x.shape)
        return counted

    def count(self, value: np.ndarray) -> np.ndarray:
        """Add a byte, and wait."""
        with (arguments.log / str(os.getpid())).open("ab") as file:
            file.write(b".")
        while sum(file.stat().st_size for file in arguments.log.iterdir()) > last_step():
            time.sleep(0.01)
        return value


def last_step() -> float:
    """Return after how many steps of all processes together they have to wait."""
    try:
        return int(arguments.log.with_name("hold").read_text())
    except FileNotFoundError:
        return math.inf


def define_model() -> keras.Model:
    """Return a model whose training steps are counted."""
    return define_small_model(Counted())


# No `if __name__ == "__main__"` here: a beginner doesn't write it.
paths.PROJECT = arguments.folder
rng = np.random.default_rng(0)
X, y = rng.random((N_ROWS, 28, 28, 1), np.float32), np.eye(10, dtype="float32")[rng.integers(0, 10, N_ROWS)]
options = {"epochs": arguments.epochs, "n_workers": arguments.workers, "verbose": arguments.verbose}
cv = evaluate_model(define_model, X, y, name="small", n_folds=2, **options)
print(json.dumps([cv.scores, cv.histories]))
