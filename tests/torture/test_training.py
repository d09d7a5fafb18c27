"""Trainings killed at any moment, checkpoints damaged: a run goes on, to the numbers of an undisturbed one."""

import io
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from mnist_utils import paths
from mnist_utils._runtime.training import TrainingState
from mnist_utils.evaluation import evaluate_model
from mnist_utils.quiet import keras

pytestmark = [pytest.mark.torture, pytest.mark.slow]
PATIENCE = 600  # seconds after which a test gives up on a process
layers = keras.layers

SCRIPT = """
import json
import sys
from pathlib import Path

import numpy as np

from mnist_utils import paths
from mnist_utils.evaluation import evaluate_model, finalize_model
from mnist_utils.quiet import keras

def define_model():
    layers = [
        keras.Input((28, 28, 1)),
        keras.layers.RandomTranslation(0.1, 0.1),
        keras.layers.Flatten(),
        keras.layers.Dense(20, "relu"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(10, "softmax"),
    ]
    model = keras.Sequential(layers)
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model

paths.PROJECT = Path(sys.argv[1])
rng = np.random.default_rng(0)
X, y = rng.random((600, 28, 28, 1), np.float32), np.eye(10, dtype="float32")[rng.integers(0, 10, 600)]
if sys.argv[2] == "evaluate":
    cv = evaluate_model(define_model, X, y, name="killed", n_folds=2, epochs=60, n_workers=2, verbose=0)
    cv.save()
    result = [cv.scores, cv.histories]
else:
    model, history = finalize_model(define_model, X, y, epochs=100, verbose=0)
    with paths.write_whole(paths.output_path("models/killed.keras")) as scratch:
        model.save(scratch)
    result = [history, [weights.tolist() for weights in model.get_weights()]]
print(json.dumps(result))
"""


class Run:
    """The script above, in a folder of its own."""

    def __init__(self, folder: Path, what: str) -> None:
        self.folder = folder
        folder.mkdir()
        script = folder / "script.py"
        script.write_text(SCRIPT)
        self.command = [sys.executable, str(script), str(folder), what]

    def finish(self) -> str:
        done = subprocess.run(self.command, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def kill_after(self, seconds: float) -> bool:
        """Start it, and kill it, as a notebook's kernel is killed; tell whether it was still running."""
        process = psutil.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(seconds)
        except psutil.TimeoutExpired:
            workers = process.children(recursive=True)
            process.kill()
            process.wait()
            _, alive = psutil.wait_procs(workers, timeout=PATIENCE)
            assert not alive, "workers end with the process that they work for"
            return True
        return False

    def whole_states(self) -> int:
        """Return how many epochs the states on disk hold; each must be whole."""
        return sum(TrainingState.load(file).epochs for file in self.folder.glob(".cache/trainings/*/fold_?.npz"))


@pytest.mark.parametrize("what", ["evaluate", "finalize"])
def test_killed_at_random_moments(what, tmp_path, tally, scaled):
    chance = random.Random(what)
    begun = time.monotonic()
    expected = Run(tmp_path / "undisturbed", what).finish()
    whole_time = time.monotonic() - begun
    kills = run_number = 0
    while kills < scaled(30):
        run_number += 1
        run = Run(tmp_path / str(run_number), what)
        epochs = 0
        for _ in range(6):
            # Half of it is the start of Python and TensorFlow: kill there less often than in the training.
            if not run.kill_after(chance.uniform(0.3, 1.0) * whole_time):
                break
            kills += 1
            tally.tried += 1
            tally.at_stake += 1
            assert run.whole_states() >= epochs, "no epoch that was done is lost"
            epochs = run.whole_states()
            tally.kept += 1
            tally.survived += 1
        assert run.finish() == expected


# In this process


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.random((60, 28, 28, 1), np.float32), np.eye(10, dtype="float32")[rng.integers(0, 10, 60)]


def define_model() -> keras.Model:
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10, "softmax")])
    model.compile(optimizer="sgd", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


class Stopped(BaseException):
    """As if the reader had pressed Stop."""


def evaluate(data: tuple[np.ndarray, np.ndarray]) -> object:
    return evaluate_model(define_model, *data, n_folds=2, epochs=2, n_workers=1, verbose=0)


def checkpoint_after_a_stop(data: tuple, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stop an evaluation after its first epoch; return the state that it left."""
    save = TrainingState.save

    def save_and_stop(state: TrainingState, file: Path) -> None:
        save(state, file)
        raise Stopped

    with monkeypatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(TrainingState, "save", save_and_stop)
        evaluate(data)
    (checkpoint,) = folder.glob(".cache/trainings/*/fold_?.npz")
    return checkpoint


def damaged(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    return chance.choice(
        [
            b"",
            b"no archive",
            content[:at],
            content[:at] + bytes(200) + content[at + 200 :],
            bytes(len(content)),
            content[at:],
            npz(history="{}"),
            npz(history='{"loss": [1.0]}'),
            npz(variable_0=np.zeros(3)),
            npz(history=np.array([{}], dtype=object)),
        ]
    )


def npz(**arrays: object) -> bytes:
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


def test_a_damaged_checkpoint_never_stops_a_training(data, tmp_path, monkeypatch, capsys, tally, scaled):
    monkeypatch.setattr(paths, "PROJECT", tmp_path)
    expected = evaluate(data)
    chance = random.Random(0)
    for _ in range(scaled(20)):  # each starts worker processes twice
        tally.tried += 1
        checkpoint = checkpoint_after_a_stop(data, tmp_path, monkeypatch)
        before = checkpoint.read_bytes()
        content = damaged(before, chance)
        checkpoint.write_bytes(content)
        capsys.readouterr()
        assert evaluate(data).histories == expected.histories
        said = capsys.readouterr().out
        try:
            TrainingState.load(checkpoint if checkpoint.exists() else io.BytesIO(content))
        except Exception:
            assert "fold_1.damaged cannot be read" in said
        tally.survived += 1
        assert evaluate(data).histories == expected.histories


def test_wrong_data_are_refused_in_words(data, tmp_path, monkeypatch, tally):
    monkeypatch.setattr(paths, "PROJECT", tmp_path)
    X, y = data
    cases = {
        "one label less": (X, y[1:]),
        "labels not one-hot": (X, y.argmax(axis=1)),
        "nine classes": (X, y[:, :9]),
        "one pixel more": (np.zeros((60, 28, 29, 1), np.float32), y),
        "images as rows": (X.reshape(60, 784), y),
        "NaN in an image": (np.where(X > 0.999, np.nan, X), y),
        "infinity in an image": (np.where(X > 0.999, np.inf, X), y),
        "NaN in a label": (X, np.where(y == 1, np.nan, y)),
        "texts": (X.astype(str), y),
        "objects": (np.full(60, None), y),
        "no image": (X[:0], y[:0]),
        "fewer images than folds": (X[:1], y[:1]),
    }
    for name, (images, labels) in cases.items():
        tally.tried += 1
        with pytest.raises(ValueError) as caught:
            evaluate((images, labels))
        assert len(str(caught.value).split()) >= 5, name
        tally.survived += 1


def test_a_class_missing_from_a_fold_is_no_reason_to_stop(data, tmp_path, monkeypatch, tally):
    monkeypatch.setattr(paths, "PROJECT", tmp_path)
    X, _ = data
    for counts in ([59, 1], [58, 1, 1], [60]):
        tally.tried += 1
        labels = np.repeat(np.arange(len(counts)), counts)
        cv = evaluate((X, np.eye(10, dtype="float32")[labels]))
        assert len(cv.scores) == 2
        assert all(0 <= score <= 1 for score in cv.scores)
        tally.survived += 1


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
@pytest.mark.parametrize("largest_file", [0, 100, 4_000, 30_000, 200_000])
def test_a_full_disk_is_named_or_the_training_goes_on(tmp_path, tally, largest_file):
    tally.tried += 1
    run = Run(tmp_path / "run", "evaluate")
    script = Path(run.command[1])
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({largest_file}, resource.RLIM_INFINITY))\n"
    script.write_text(SCRIPT.replace("paths.PROJECT =", limit + "paths.PROJECT =").replace("epochs=60", "epochs=2"))
    done = subprocess.run(run.command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    if done.returncode:
        last = done.stderr.rstrip().splitlines()[-1]
        assert "make room on the disk" in last or "File too large" in last, done.stderr
    else:
        assert json.loads(done.stdout.splitlines()[-1])
    script.write_text(SCRIPT.replace("epochs=60", "epochs=2"))
    assert run.finish(), "with room again it goes on"
    tally.survived += 1
