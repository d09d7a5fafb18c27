"""Trainings killed at any moment, checkpoints damaged: a run goes on, to the numbers of an undisturbed one."""

import contextlib
import io
import multiprocessing
import os
import random
import signal
import threading
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import psutil
import pytest
from torture.small_trainings import train

from mnist_utils import paths
from mnist_utils._runtime.training import TrainingState
from mnist_utils.evaluation import CrossValidation, evaluate_model
from mnist_utils.quiet import keras

pytestmark = [pytest.mark.torture, pytest.mark.slow]
PATIENCE = 1800  # seconds after which a test gives up on a process
EPOCHS = {"evaluate": 60, "finalize": 100}
# A process that has imported TensorFlow is copied for each training, and that one for its workers.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["torture.small_trainings"])
layers = keras.layers


class Run:
    """A training in a folder of its own, begun again and again."""

    def __init__(self, folder: Path, what: str, epochs: int) -> None:
        self.folder, self.what, self.epochs = folder, what, epochs
        folder.mkdir()

    def start(self, **options: object) -> tuple[BaseProcess, object]:
        receiver, sender = PROCESSES.Pipe(duplex=False)
        arguments = (self.what, self.folder, self.epochs, sender)
        process = PROCESSES.Process(target=train, args=arguments, kwargs=options)
        process.start()
        sender.close()
        return process, receiver

    def finish(self, **options: object) -> object:
        """Return what came of it: numbers, or an error's message."""
        process, receiver = self.start(**options)
        assert receiver.poll(PATIENCE), "no answer"
        answer = receiver.recv()
        process.join(PATIENCE)
        assert process.exitcode == 0
        return answer

    def kill_after(self, seconds: float, true_workers: bool) -> bool:
        """Start it, and kill it, as a notebook's kernel is killed; tell whether it was still running."""
        process, receiver = self.start(true_workers=true_workers)
        with receiver:
            if receiver.poll(seconds):  # a large answer would wait in the pipe, and the process with it
                receiver.recv()
                process.join(PATIENCE)
                return False
            try:
                training = psutil.Process(process.pid)
                training.suspend()  # it starts no worker meanwhile
                workers = training.children(recursive=True)
            except psutil.NoSuchProcess:
                return False
            process.kill()
            process.join(PATIENCE)
            if not true_workers:
                for worker in workers:
                    worker.kill()
            _, alive = psutil.wait_procs(workers, timeout=PATIENCE)
            assert not alive, "workers end with the process that they work for"
        return True

    def whole_states(self) -> list[int]:
        """Return how many epochs each state on disk holds; all must be whole."""
        return [TrainingState.load(file).epochs for file in self.folder.glob(".cache/trainings/*/fold_?.npz")]


# Workers that start as a reader's do take seconds each, so few of the kills meet them.
@pytest.mark.parametrize(("true_workers", "n_kills"), [(False, 24), (True, 2)], ids=["copied workers", "true workers"])
@pytest.mark.parametrize("what", EPOCHS)
def test_killed_at_random_moments(what, true_workers, n_kills, tmp_path, tally, scaled):
    chance = random.Random(what)
    begun = time.monotonic()
    expected = Run(tmp_path / "undisturbed", what, EPOCHS[what]).finish(true_workers=true_workers)
    whole_time = time.monotonic() - begun
    assert not isinstance(expected, str), expected
    run_number = 0
    while tally.tried < scaled(n_kills):
        run_number += 1
        run, states = Run(tmp_path / str(run_number), what, EPOCHS[what]), []
        for _ in range(min(8, scaled(n_kills) - tally.tried)):
            if not run.kill_after(chance.random() * whole_time, true_workers):
                break
            tally.tried += 1
            before, states = states, run.whole_states()
            if len(states) < len(before) and set(states) <= {run.epochs}:
                break  # the training had ended, and removed its states
            tally.at_stake += 1
            assert sum(states) >= sum(before), "no epoch that was done is lost"
            tally.kept += 1
        assert run.finish() == expected
        tally.survived = tally.tried


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
# True workers find the data in files. Copied ones have them, so that the states are the first to be written.
@pytest.mark.parametrize(
    ("true_workers", "largest_file"), [(True, 0), (True, 100), (False, 0), (False, 4_000), (False, 200_000)]
)
def test_a_full_disk_is_named_or_the_training_goes_on(tmp_path, tally, true_workers, largest_file):
    tally.tried += 1
    run = Run(tmp_path / "run", "evaluate", epochs=2)
    answer = run.finish(largest_file=largest_file, true_workers=true_workers)
    if isinstance(answer, str):
        assert "make room on the disk" in answer or "File too large" in answer
    assert not isinstance(run.finish(), str), "with room again it goes on"
    tally.survived += 1


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


def evaluate(data: tuple[np.ndarray, np.ndarray], n_folds: int = 2) -> CrossValidation:
    return evaluate_model(define_model, *data, n_folds=n_folds, epochs=2, n_workers=1, verbose=0)


def states_after_a_stop(data: tuple, n_folds: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[Path, bytes]:
    """Stop an evaluation as soon as each fold has a state; return the files of the states, and what they hold."""
    save = TrainingState.save

    def save_and_stop(state: TrainingState, file: Path) -> None:
        save(state, file)
        if file.stem == f"fold_{n_folds}":
            raise Stopped

    with monkeypatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(TrainingState, "save", save_and_stop)
        evaluate(data, n_folds)
    states = {file: file.read_bytes() for file in folder.glob(".cache/trainings/*/fold_*.npz")}
    assert len(states) == n_folds
    return states


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


def test_a_damaged_state_never_stops_a_training(data, tmp_path, monkeypatch, capsys, tally, scaled):
    monkeypatch.setattr(paths, "PROJECT", tmp_path)
    n_folds = 10  # all their states are damaged at once
    expected = evaluate(data, n_folds)
    states = states_after_a_stop(data, n_folds, tmp_path, monkeypatch)
    chance = random.Random(0)
    for _ in range(scaled(10)):
        unreadable = []
        for file, whole in states.items():
            tally.tried += 1
            content = damaged(whole, chance)
            file.parent.mkdir(exist_ok=True)  # a training that ended well has removed it
            file.write_bytes(content)
            try:
                TrainingState.load(io.BytesIO(content))
            except Exception:
                unreadable.append(file.with_suffix(".damaged").name)
        capsys.readouterr()
        assert evaluate(data, n_folds).histories == expected.histories
        said = capsys.readouterr().out
        assert [name for name in unreadable if f"{name} cannot be read" not in said] == []
        tally.survived += n_folds


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_workers_killed_at_random_moments_as_where_memory_is_short(data, tmp_path, monkeypatch, tally, scaled):
    monkeypatch.setattr(paths, "PROJECT", tmp_path)
    begun = time.monotonic()
    expected = evaluate(data)
    whole_time = time.monotonic() - begun
    chance, killed = random.Random(0), []
    for _ in range(scaled(6)):
        tally.tried += 1

        def kill_workers(seconds: float = chance.uniform(0, whole_time)) -> None:
            time.sleep(seconds)
            for worker in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    if "popen_loky" in " ".join(worker.cmdline()):
                        worker.send_signal(signal.SIGKILL)
                        killed.append(worker.pid)

        killer = threading.Thread(target=kill_workers)
        killer.start()
        try:
            histories = evaluate(data).histories
        except RuntimeError as error:
            assert "perhaps because the memory was full: close other programs" in str(error)
            killer.join()
            histories = evaluate(data).histories
        killer.join()
        assert histories == expected.histories
        tally.survived += 1
    assert killed, "workers are no longer known by their command"


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
