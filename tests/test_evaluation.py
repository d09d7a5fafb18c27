"""Cross-validation: the tutorial's folds, exact with any number of workers, and able to go on after being killed."""

import contextlib
import functools
import itertools
import json
import os
import random
import re
import signal
import struct
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import distributed
import loky
import numpy as np
import psutil
import pytest
from sklearn.model_selection import KFold
from waiting import PATIENCE, wait_for

from mnist_utils import evaluation, paths
from mnist_utils._runtime.training import Fold, Recipe, Trainer, TrainingState
from mnist_utils._runtime.workers import training_pool
from mnist_utils.comparison import compare
from mnist_utils.data import load_dataset, prep_pixels
from mnist_utils.evaluation import CrossValidation, FoldError, evaluate_model, finalize_model, finalize_models
from mnist_utils.quiet import keras, tf

layers = keras.layers

N_ROWS = 500


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    X, y, _, _ = load_dataset()
    X, _ = prep_pixels(X[:N_ROWS], X[:1])
    return X, y[:N_ROWS]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder of the test's own."""
    monkeypatch.setattr(paths, "PROJECT", tmp_path)
    return tmp_path


def compiled(*hidden: layers.Layer, metrics: tuple[str, ...] = ("accuracy",)) -> keras.Model:
    model = keras.Sequential([keras.Input((28, 28, 1)), *hidden, layers.Flatten(), layers.Dense(10, "softmax")])
    optimizer = keras.optimizers.SGD(0.01, momentum=0.9)
    model.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=list(metrics))
    return model


def define_model() -> keras.Model:
    return compiled(layers.Conv2D(4, (3, 3), activation="relu"), layers.BatchNormalization(), layers.Dropout(0.2))


def checkpoints(folder: Path) -> list[Path]:
    """Return the files with the states that a stopped run left in a project's folder."""
    return sorted(folder.glob(".cache/trainings/*/fold_?.npz"))


def epochs_done(folder: Path) -> int:
    return sum(TrainingState.load(file).epochs for file in checkpoints(folder))


# Exact


def train_one_after_another(X: np.ndarray, y: np.ndarray, epochs: int) -> list[dict[str, list[float]]]:
    trainer = Trainer(Recipe(define_model, 32, "float32", "test"), X, y)
    seeds = np.random.SeedSequence(1).generate_state(5)
    histories = []
    for seed, rows in zip(seeds, KFold(5, shuffle=True, random_state=1).split(X), strict=True):
        state = TrainingState()
        for _ in range(epochs):
            state = trainer.train_epoch(Fold(*rows, int(seed)), state)
        histories.append(state.history)
    return histories


@pytest.mark.slow
def test_any_number_of_workers_gives_the_bits_of_the_tutorials_folds_one_after_another(data, folder):
    with training_pool(1, *data) as submit:
        expected = submit(lambda X, y: train_one_after_another(np.load(X), np.load(y), epochs=3)).result()
    for n_workers in (1, 2):  # appendix A compares five, too, whenever its notebook is executed
        scores, histories = evaluate_model(define_model, *data, epochs=3, n_workers=n_workers, verbose=0)
        assert histories == expected
        assert scores == [history["val_accuracy"][-1] for history in expected]
    assert len({history["loss"][0] for history in expected}) == 5, "each fold has a new model"


@pytest.mark.slow
def test_what_it_prints_returns_and_keeps(data, folder, capfd):
    epochs, n_folds, batch_size, seed = np.array([2, 3, 50, 4])  # numbers of NumPy's are numbers, too
    cv = evaluate_model(
        define_model, *data, name="small", epochs=epochs, n_folds=n_folds, batch_size=batch_size, seed=seed
    )
    printed, errors = capfd.readouterr()
    assert printed == "".join(f"> {score * 100:.3f}\n" for score in cv.scores), "in the order of the folds"
    assert errors == ""
    assert cv.settings == {
        "n_rows": N_ROWS,
        "n_folds": 3,
        "split_seed": 1,
        "epochs": 2,
        "batch_size": 50,
        "seed": 4,
        "precision": "float32",
    }
    assert cv.versions["tensorflow"] == tf.__version__
    assert cv.versions["keras"] == keras.__version__
    assert len(cv.scores) == len(cv.histories) == 3
    assert all(len(values) == 2 for history in cv.histories for values in history.values())
    assert cv.seconds > 0
    assert cv.save() == folder / "results" / "small.json"
    assert CrossValidation.load("small") == cv
    assert not list(folder.glob(".cache/trainings/*")), "checkpoints go when the result is there"
    # If a setting that defines the folds were renamed, `compare` would no longer refuse other folds.
    for key in ("n_rows", "n_folds", "split_seed"):
        other = replace(cv, name="other", settings=cv.settings | {key: 400})
        with pytest.raises(ValueError, match=f"{key}.*400"):
            compare(cv, other)


def test_loading_what_was_not_recorded_says_so(folder):
    with pytest.raises(FileNotFoundError, match=r"results/unheard_of\.json"):
        CrossValidation.load("unheard_of")


RECORDED = {
    "name": "small",
    "scores": [0.5, 0.75],
    "histories": [{name: [0.5] for name in ("loss", "accuracy", "val_loss", "val_accuracy")}] * 2,
    "settings": {"n_folds": 2, "epochs": 1},
    "versions": {},
    "seconds": 1.0,
}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value"),
        (json.dumps(RECORDED)[:-9], "Expecting|Unterminated"),
        ("[]", "it must hold histories, name, scores, seconds, settings, versions, and nothing else"),
        (json.dumps({key: value for key, value in RECORDED.items() if key != "versions"}), "it must hold histories"),
        (json.dumps(RECORDED | {"accuracy": 0.5}), "it must hold histories"),
        (json.dumps(RECORDED | {"scores": [0.5]}), "1 scores and 2 histories of 2 folds"),
        (json.dumps(RECORDED | {"scores": [50.0, 75.0]}), "a score is no accuracy"),
        (json.dumps(RECORDED | {"scores": [0.5, float("nan")]}), "a score is no accuracy"),
        (json.dumps(RECORDED | {"settings": {"n_folds": 2, "epochs": 9}}), "a value for each of 9 epochs"),
        (json.dumps(RECORDED | {"histories": [{"acc": [0.5]}] * 2}), "loss"),
    ],
    ids=["empty", "cut off", "list", "older", "newer", "fold lost", "percent", "nan", "epochs lost", "old names"],
)
def test_a_damaged_result_is_named_and_left_as_it_is(text, reason, folder):
    file = folder / "results" / "small.json"
    file.parent.mkdir()
    file.write_text(json.dumps(RECORDED))
    assert CrossValidation.load("small") == CrossValidation(**RECORDED)
    file.write_text(text)
    message = rf"small\.json: not a result that this version can read \(.*({reason}).*\)\. The file is left as it is\. "
    with pytest.raises(ValueError, match=message):
        CrossValidation.load("small")
    assert file.read_text() == text


@pytest.mark.slow
def test_the_final_model_is_trained_on_all_rows_and_is_the_one_that_comes_back(data, folder):
    X, y = data
    model, history = finalize_model(define_model, X, y, epochs=3, verbose=0)
    assert history.keys() == {"loss", "accuracy"}
    assert len(history["loss"]) == 3
    (_, other), (again, _) = finalize_models(define_model, X, y, seeds=np.array([7, 1]), epochs=3, verbose=0)
    np.testing.assert_array_equal(model.predict(X, verbose=0), again.predict(X, verbose=0))
    assert other != history
    assert model.evaluate(X, y, verbose=0)[1] > history["accuracy"][0]


@pytest.mark.slow
def test_trainings_of_one_epoch_in_a_row_print_no_warning(folder, capfd):
    X, y = np.zeros((64, 28, 28, 1)), np.eye(10)[np.arange(64) % 10]
    for seed in range(5):  # TensorFlow would call the fifth one excessive: each training compiles its own loop
        finalize_model(compiled, X, y, epochs=1, seed=seed, verbose=0)
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_sixteen_bits_are_asked_for_and_recorded(data, folder):
    full = evaluate_model(define_model, *data, epochs=1, n_folds=2, verbose=0)
    mixed = evaluate_model(define_model, *data, epochs=1, n_folds=2, verbose=0, precision="mixed_bfloat16")
    assert mixed.settings["precision"] == "mixed_bfloat16"
    assert mixed.histories != full.histories
    assert mixed.histories[0]["loss"] == pytest.approx(full.histories[0]["loss"], rel=0.1)


@pytest.mark.slow
def test_a_smoke_run_takes_few_rows_and_says_so(data, folder, monkeypatch, capsys):
    monkeypatch.setattr(paths, "SMOKE", folder / "smoke")
    cv = evaluate_model(define_model, *data, name="smoke")
    assert (cv.settings["n_rows"], cv.settings["epochs"], len(cv.scores)) == (128, 1, 5)
    assert capsys.readouterr().out.startswith("smoke run: 128 of 500 rows, 1 of 10 epochs\n")
    assert cv.save() == folder / "smoke" / "results" / "smoke.json"
    assert not (folder / "results").exists()
    _, history = finalize_model(define_model, *data, verbose=0)
    assert len(history["loss"]) == 1
    assert capsys.readouterr().out == ""


# Stopped and taken up again

SCRIPT = Path(__file__).with_name("training_script.py")
N_EPOCHS = 2 * 25
STEPS_OF_AN_EPOCH = 5  # 135 of 270 rows, 32 a step
STEPS_OF_THE_FINGERPRINT = 2  # in each worker


class Script:
    """The script with a small model, in a folder of its own: its log, its processes."""

    def __init__(self, path: Path) -> None:
        self.folder, self.log, self.hold, self.tmp = (path / name for name in ("project", "log", "hold", "tmp"))
        for folder in (self.folder, self.log, self.tmp):
            folder.mkdir()

    def command(self, n_workers: int = 1, log: Path | None = None, verbose: int = 0) -> list[str]:
        options = {"epochs": N_EPOCHS // 2, "workers": n_workers, "verbose": verbose}
        words = [f"--{name}={value}" for name, value in options.items()]
        return [sys.executable, str(SCRIPT), str(self.folder), str(log or self.log), *words]

    def start_and_hold(self, n_workers: int) -> subprocess.Popen:
        """Start it, and wait until its workers wait in the middle of the training."""
        steps, epochs = self.steps(), epochs_done(self.folder)
        self.hold.write_text(str(steps + 60))
        process = subprocess.Popen(
            self.command(n_workers),
            env=os.environ | {"TMPDIR": str(self.tmp)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Ctrl-C in a terminal goes to all processes of a session's group in the foreground. What a script started
            # in the background, such as these tests, would ignore it.
            start_new_session=True,
            preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )
        wait_for(lambda: self.steps() > steps + 60 and epochs_done(self.folder) >= epochs + 8, process)
        return process

    def steps(self) -> int:
        return sum(file.stat().st_size for file in self.log.iterdir())


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return Script(tmp_path)


def run_in_a_terminal(command: list[str]) -> tuple[str, str]:
    """Run a command whose stderr is a terminal; return what it printed, and what the terminal showed."""
    import fcntl
    import pty
    import termios

    main, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))  # rows and columns
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=terminal, text=True)
    os.close(terminal)
    shown = bytearray()
    with contextlib.suppress(OSError):  # the terminal's other end is closed
        while text := os.read(main, 4096):
            shown += text
    os.close(main)
    printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, shown.decode()
    return printed, shown.decode()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], str]:
    """What the script prints, line by line, and what it shows in a terminal, run to its end at once."""
    script = Script(tmp_path_factory.mktemp("undisturbed"))
    printed, shown = run_in_a_terminal(script.command(verbose=1))
    assert script.steps() == N_EPOCHS * STEPS_OF_AN_EPOCH + STEPS_OF_THE_FINGERPRINT
    return printed.splitlines(), shown


def press_ctrl_c(process: subprocess.Popen, script: Script) -> None:
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert errors.count("Traceback") == 1, f"workers must leave Ctrl-C to the script:\n{errors}"


def kill_a_worker(process: subprocess.Popen, script: Script) -> None:
    logs = {file.name for file in script.log.iterdir()}  # named by the processes' numbers
    worker = next(child for child in psutil.Process(process.pid).children(recursive=True) if str(child.pid) in logs)
    worker.kill()
    _, errors = process.communicate(timeout=PATIENCE)
    assert "RuntimeError: A worker process was killed" in errors


def kill_the_script(process: subprocess.Popen, script: Script) -> None:
    """Kill it as a notebook's kernel is killed: no chance to clean up."""
    process.kill()
    process.wait(timeout=PATIENCE)  # not communicate: the workers, which are held, have its pipes, too


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_run_stopped_in_each_way_leaves_nothing_running_or_lying_and_is_taken_up_where_it_was(script, undisturbed):
    done = 0
    for stop, n_workers in ((press_ctrl_c, 2), (kill_a_worker, 1), (kill_the_script, 2)):
        process = script.start_and_hold(n_workers)
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        if not done:
            elsewhere = script.log.with_name("another_log")  # what held the first one doesn't hold the second
            elsewhere.mkdir()
            second = subprocess.run(script.command(log=elsewhere), capture_output=True, text=True, timeout=PATIENCE)
            assert second.returncode
            assert "RuntimeError: The same evaluation is already running. Wait for it, or stop it." in second.stderr
        stop(process, script)
        assert process.returncode
        script.hold.unlink()
        _, alive = psutil.wait_procs(children, timeout=PATIENCE)
        assert not alive, f"after {stop.__name__}"
        assert not list(script.tmp.glob("mnist_utils_*")), f"after {stop.__name__}"
        assert done + 8 <= epochs_done(script.folder) < N_EPOCHS, f"after {stop.__name__}"
        done = epochs_done(script.folder)
    steps = script.steps()
    finished = subprocess.run(script.command(), capture_output=True, text=True, timeout=PATIENCE)
    assert (finished.returncode, finished.stderr) == (0, "")
    lines, _ = undisturbed
    assert finished.stdout.splitlines() == lines[-1:], "scores and histories"
    assert script.steps() - steps == (N_EPOCHS - done) * STEPS_OF_AN_EPOCH + STEPS_OF_THE_FINGERPRINT


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="terminals of POSIX")
def test_the_display_counts_the_epochs_of_all_folds_in_a_terminal(undisturbed):
    lines, shown = undisturbed
    assert shown.lstrip().startswith("small, workers start:")  # something is seen before the first epoch is done
    counts = [int(count) for count in re.findall(rf"small.*?(\d+)/{N_EPOCHS} \[", shown)]
    assert counts == sorted(counts)
    assert len(set(counts)) > 2
    assert [line[0] for line in lines[:-1]] == [">", ">"]


class Stopped(Exception):
    """As if the training ended here. (Ctrl-C itself is pressed in `press_ctrl_c`.)"""


def epochs_trained(monkeypatch: pytest.MonkeyPatch, *arguments: object, stop_after: int = 1000, **options: int) -> int:
    """Evaluate, stop after so many epochs, and return how many epochs were trained."""
    saved = []
    save = TrainingState.save

    def save_and_count(state: TrainingState, file: Path) -> None:
        save(state, file)
        saved.append(file)
        if len(saved) == stop_after:
            raise Stopped

    with monkeypatch.context() as patch, contextlib.suppress(Stopped):
        patch.setattr(TrainingState, "save", save_and_count)
        evaluate_model(*arguments, **{"n_folds": 2, "epochs": 2, "n_workers": 1, "verbose": 0} | options)
    return len(saved)


@pytest.mark.slow
def test_another_model_data_or_setting_takes_up_nothing(data, folder, monkeypatch):
    X, y = data
    assert epochs_trained(monkeypatch, define_model, X, y, stop_after=1) == 1
    other_pixel = X.copy()
    other_pixel[450, 14, 14] += 1 / 255
    assert epochs_trained(monkeypatch, define_model, other_pixel, y) == 4
    assert epochs_trained(monkeypatch, define_model, X, y, seed=2) == 4
    assert epochs_trained(monkeypatch, define_model, X, y, epochs=1) == 2
    assert epochs_trained(monkeypatch, lambda: compiled(layers.Dropout(0.5)), X, y) == 4
    assert epochs_trained(monkeypatch, define_model, X, y) == 3


@pytest.mark.slow
def test_a_checkpoint_that_cannot_be_read_is_set_aside_with_a_message(data, folder, monkeypatch, capsys):
    assert epochs_trained(monkeypatch, define_model, *data, stop_after=1) == 1
    (checkpoint,) = checkpoints(folder)
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    assert epochs_trained(monkeypatch, define_model, *data, stop_after=2) == 2
    assert "fold_1.damaged cannot be read" in capsys.readouterr().out
    assert checkpoint.with_suffix(".damaged").exists()


# The order of the work


@pytest.mark.parametrize(
    ("n_folds", "epochs", "n_workers"), list(itertools.product([1, 2, 3, 5, 7, 10], [1, 3, 10], [1, 2, 3, 5, 8]))
)
def test_workers_that_are_equally_fast_end_at_the_earliest_time_possible(n_folds, epochs, n_workers):
    states = [TrainingState() for _ in range(n_folds)]
    rounds = 0
    while any(state.epochs < epochs for state in states):
        running: dict[object, int] = {}
        while len(running) < n_workers:
            fold = evaluation.next_fold(states, running, epochs, n_workers)
            if fold is None:
                break
            running[object()] = fold
        for fold in running.values():
            states[fold] = TrainingState({"loss": [0.0] * (states[fold].epochs + 1)})
        rounds += 1
    assert rounds == max(epochs, -(-n_folds * epochs // n_workers))


# Failures


@pytest.mark.slow
def test_a_fold_that_fails_is_named_and_the_others_are_kept(data, folder):
    flag = folder / "flag"
    flag.touch()
    X, y = data
    # A marked row that is held out of the first fold, and that the other folds train on.
    first, *_ = KFold(4, shuffle=True, random_state=1).split(X)
    X = X.copy()
    X[first[1][-1], 0, 0] = 2

    class Fragile(layers.Layer):
        def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
            def check(values: np.ndarray) -> np.ndarray:
                if flag.exists() and values.max() > 1:
                    raise ValueError("this row does not suit me")
                return values

            if not training:
                return x
            checked = tf.numpy_function(check, [x], tf.float32)
            checked.set_shape(x.shape)
            return checked

    arguments = {"n_folds": 4, "epochs": 2, "n_workers": 1, "verbose": 0}
    with pytest.raises(FoldError, match=r"(?s)Fold 2 of 4 failed: .*this row does not suit me"):
        evaluate_model(lambda: compiled(Fragile()), X, y, **arguments)
    assert epochs_done(folder) == 2, "the first fold's"
    flag.unlink()
    cv = evaluate_model(lambda: compiled(Fragile()), X, y, **arguments)
    assert cv.histories == evaluate_model(lambda: compiled(), X, y, **arguments).histories


@pytest.mark.slow
@pytest.mark.parametrize(
    ("define_wrongly", "message"),
    [
        (lambda: compiled(layers.Dense(-1)), "units"),
        (lambda: keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10)]), "is not compiled"),
        (lambda: compiled(metrics=()), r'not compiled with metrics=\["accuracy"\]'),
        (lambda: None, "returned None, not a Keras model"),
    ],
)
def test_a_model_that_cannot_be_evaluated_fails_with_its_own_error(define_wrongly, message, data, folder):
    with pytest.raises((ValueError, TypeError), match=message):
        evaluate_model(define_wrongly, *data, verbose=0)


def test_a_network_may_answer_for_several_places_of_an_image(data, folder):
    X, y = data
    places = np.stack([y, np.roll(y, 1, axis=1)], axis=1)

    def define_places():
        pair = [layers.Flatten(), layers.Dense(20), layers.Reshape((2, 10)), layers.Softmax()]
        model = keras.Sequential([keras.Input(X.shape[1:]), *pair])
        model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
        return model

    model, history = finalize_model(define_places, X, places, epochs=2, verbose=0)
    assert model.output_shape == (None, 2, 10)
    assert len(history["accuracy"]) == 2


def test_data_that_do_not_fit_together_are_refused():
    X, y = np.zeros((500, 28, 28, 1)), np.eye(10)[np.arange(500) % 10]
    with pytest.raises(ValueError, match="X has 500 rows and y has 499"):
        evaluate_model(define_model, X, y[:499])
    with pytest.raises(ValueError, match="one-hot"):
        evaluate_model(define_model, X, y.argmax(axis=1))
    with pytest.raises(ValueError, match="one-hot"):
        evaluate_model(define_model, X, y.argmax(axis=1)[:, np.newaxis])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": np.full((10, 28, 28, 1), np.nan)}, "X holds values that are not finite"),
        ({"y": np.full((10, 10), np.inf)}, "y holds values that are not finite"),
        ({"X": np.full((10, 28, 28, 1), "7")}, "X is of type <U1: give numbers"),
        ({"X": np.zeros((0, 28, 28, 1)), "y": np.zeros((0, 10))}, "X has no rows"),
        ({"epochs": 0}, "epochs=0 and batch_size=32 train nothing"),
        ({"batch_size": 0}, "epochs=10 and batch_size=0 train nothing"),  # without this error it would never end
    ],
)
@pytest.mark.parametrize("train", [evaluate_model, finalize_model])
def test_what_nothing_can_be_learned_from_is_refused(train, change, message):
    data = {"X": np.zeros((10, 28, 28, 1)), "y": np.eye(10)}
    with pytest.raises(ValueError, match=message):
        train(define_model, **(data | change))


@pytest.mark.parametrize("options", [{"n_workers": 0}, {"n_workers": -1}, {"client": SimpleNamespace(nthreads=dict)}])
def test_a_training_without_a_worker_is_refused(options, folder):
    with pytest.raises(ValueError, match="nobody to train it: give at least one seed and one worker"):
        evaluate_model(define_model, np.zeros((10, 28, 28, 1)), np.eye(10), verbose=0, **options)


def test_a_training_without_a_seed_is_refused(folder):
    with pytest.raises(ValueError, match="Nothing to train"):
        finalize_models(define_model, np.zeros((10, 28, 28, 1)), np.eye(10), seeds=[], epochs=1)


@pytest.mark.slow
def test_a_training_goes_on_where_its_state_cannot_be_saved_and_says_so_once(data, folder, monkeypatch, capsys):
    def refuse(state, file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(TrainingState, "save", refuse)
    cv = evaluate_model(define_model, *data, n_folds=2, epochs=2, n_workers=1, verbose=0)
    assert [len(history["loss"]) for history in cv.histories] == [2, 2]
    said = capsys.readouterr().out
    assert said.count("fold_1.npz cannot be written (No space left on device). The training goes on.") == 1
    assert said.count("cannot be written") == 1


@pytest.mark.slow
def test_data_that_cannot_be_written_for_the_workers_say_where(monkeypatch):
    def refuse(file, array):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", refuse)
    message = r"The data cannot be written to .*set the environment variable TMPDIR to a folder"
    with pytest.raises(OSError, match=message), training_pool(1, np.zeros(1), np.zeros(1)):
        pass


# A cluster


def use_the_generator_all_the_time() -> None:
    """Take numbers from Python's generator in a thread, as Dask's own do, only more often."""

    def use() -> None:
        while True:
            random.random()
            time.sleep(0.001)

    threading.Thread(target=use, daemon=True).start()


@pytest.mark.slow
@pytest.mark.parametrize("n_workers", [2, pytest.param(1, id="that has the only copy of the data")])
def test_a_cluster_that_loses_a_worker_gives_the_same_bits(n_workers, data, folder):
    hold = folder / "hold"
    hold.touch()

    class Held(layers.Layer):
        """Waits after some epochs, until the test has killed a worker."""

        def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
            def wait(values: np.ndarray) -> np.ndarray:
                while hold.exists() and epochs_done(folder) >= 3:
                    time.sleep(0.01)
                return values

            if not training:
                return x
            held = tf.numpy_function(wait, [x], tf.float32)
            held.set_shape(x.shape)
            return held

    def define_held() -> keras.Model:
        time.sleep(0.1)  # as long as a larger model takes, in which other threads draw
        return compiled(Held())

    cluster = distributed.LocalCluster(
        n_workers=n_workers, threads_per_worker=1, processes=True, dashboard_address=None
    )
    with cluster, distributed.Client(cluster) as client:
        victim = next(iter(client.run(os.getpid).values()))
        client.run(use_the_generator_all_the_time)

        def kill() -> None:
            try:
                wait_for(lambda: epochs_done(folder) >= 3)
                os.kill(victim, signal.SIGKILL)
            finally:
                hold.unlink()

        killer = threading.Thread(target=kill)
        killer.start()
        arguments = {"epochs": 3, "n_folds": 3, "verbose": 0}
        on_cluster = evaluate_model(define_held, *data, client=client, **arguments)
        killer.join()
    assert not psutil.pid_exists(victim)
    assert on_cluster.histories == evaluate_model(lambda: compiled(), *data, **arguments).histories


# Last, because it ends the worker processes that the tests share


@pytest.mark.slow
def test_a_worker_whose_memory_has_grown_is_replaced_without_a_word(data, folder, monkeypatch, recwarn):
    processes = folder / "processes"

    def define_slowly() -> keras.Model:
        with processes.open("a") as file:
            print(os.getpid(), file=file)
        time.sleep(1)  # loky measures once a second
        return compiled()

    loky.get_reusable_executor().shutdown()  # its workers read the limit when they start
    monkeypatch.setenv("LOKY_MAX_MEMORY_LEAK_SIZE", "1")
    evaluate_model(define_slowly, *data, n_folds=2, epochs=1, n_workers=1, verbose=0)
    loky.get_reusable_executor().shutdown()
    assert len(set(processes.read_text().split())) > 1
    assert [str(warning.message) for warning in recwarn] == []
