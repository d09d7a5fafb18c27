"""Cross-validation: the tutorial's folds, exact with any number of workers, and able to go on after being killed."""

import contextlib
import itertools
import json
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import distributed
import joblib
import keras
import numpy as np
import psutil
import pytest
import tensorflow as tf
from keras import layers
from sklearn.model_selection import KFold

from mnist_utils import paths
from mnist_utils.data import load_dataset, prep_pixels
from mnist_utils.evaluation import CrossValidation, FoldError, _schedule, evaluate_model, finalize_model
from mnist_utils._runtime.training import Training, load_state, train

N_ROWS = 500
PATIENCE = 300  # seconds after which a test gives up on a process; none depends on how fast it is


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    X, y, _, _ = load_dataset()
    X, _ = prep_pixels(X[:N_ROWS], X[:1])
    return X, y[:N_ROWS]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder of the test's own."""
    monkeypatch.setattr(settings, "PROJECT", tmp_path)
    return tmp_path


def compiled(*hidden: layers.Layer, metrics: tuple[str, ...] = ("accuracy",)) -> keras.Model:
    model = keras.Sequential([keras.Input((28, 28, 1)), *hidden, layers.Flatten(), layers.Dense(10, "softmax")])
    optimizer = keras.optimizers.SGD(0.01, momentum=0.9)
    model.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=list(metrics))
    return model


def define_model() -> keras.Model:
    return compiled(layers.Conv2D(4, (3, 3), activation="relu"), layers.BatchNormalization(), layers.Dropout(0.2))


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "the process didn't do in time what the test waits for"
        time.sleep(0.02)


def epochs_done(folder: Path) -> int:
    """Return how many epochs are kept in the checkpoints of a project's folder."""
    files = folder.glob(".cache/trainings/*/*.epochs")
    return sum(int(file.read_text() or 0) for file in files)


# Exact


def train_one_after_another(X: np.ndarray, y: np.ndarray, epochs: int) -> list[dict[str, list[float]]]:
    seeds = np.random.SeedSequence(1).generate_state(5)
    folds = KFold(5, shuffle=True, random_state=1).split(X)
    return [
        train(Training(define_model, train_rows, test_rows, 32, int(seed)), X, y, epochs).history
        for seed, (train_rows, test_rows) in zip(seeds, folds, strict=True)
    ]


@pytest.mark.slow
def test_any_number_of_workers_gives_the_bits_of_the_tutorials_folds_one_after_another(data, folder):
    joblib.externals.loky.get_reusable_executor().shutdown(wait=True)
    (expected,) = joblib.Parallel(n_jobs=2)([joblib.delayed(train_one_after_another)(*data, 3)])
    for n_jobs in (1, 2, 5):
        scores, histories = evaluate_model(define_model, *data, epochs=3, n_jobs=n_jobs, verbose=0)
        assert histories == expected
        assert scores == [history["val_accuracy"][-1] for history in expected]
    assert len({history["loss"][0] for history in expected}) == 5, "each fold has a new model"


@pytest.mark.slow
def test_what_it_returns_and_keeps(data, folder):
    cv = evaluate_model(define_model, *data, name="small", epochs=2, n_folds=3, batch_size=50, seed=4, verbose=0)
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
    assert not list(folder.glob(".cache/trainings/*/")), "checkpoints go when the result is there"


def test_loading_what_was_not_recorded_says_so(folder):
    with pytest.raises(FileNotFoundError, match=r"results/unheard_of\.json"):
        CrossValidation.load("unheard_of")


@pytest.mark.slow
def test_the_final_model_is_trained_on_all_rows_and_is_the_one_that_comes_back(data, folder):
    X, y = data
    model, history = finalize_model(define_model, X, y, epochs=3, verbose=0)
    assert history.keys() == {"loss", "accuracy"}
    assert len(history["loss"]) == 3
    again, _ = finalize_model(define_model, X, y, epochs=3, verbose=0)
    np.testing.assert_array_equal(model.predict(X, verbose=0), again.predict(X, verbose=0))
    assert model.evaluate(X, y, verbose=0)[1] > history["accuracy"][0]


@pytest.mark.slow
def test_sixteen_bits_are_asked_for_and_recorded(data, folder):
    full = evaluate_model(define_model, *data, epochs=1, n_folds=2, verbose=0)
    mixed = evaluate_model(define_model, *data, epochs=1, n_folds=2, verbose=0, precision="mixed_bfloat16")
    assert mixed.settings["precision"] == "mixed_bfloat16"
    assert mixed.histories != full.histories
    assert mixed.histories[0]["loss"] == pytest.approx(full.histories[0]["loss"], rel=0.1)


# The schedule


def simulate(tasks: list[tuple[int, int]], n_workers: int) -> tuple[int, dict[int, list[tuple[int, int, int]]]]:
    """Let workers that take an epoch a unit of time take the tasks in order.

    Return the time of the end, and for each fold the parts trained: (time of start, first epoch, last epoch).
    """
    free = [0] * n_workers
    parts = {}
    for fold, stop in tasks:
        worker = free.index(min(free))
        begin = max((last for _, _, last in parts.get(fold, [])), default=0)
        parts.setdefault(fold, []).append((free[worker], begin, stop))
        free[worker] += stop - begin
    return max(free), parts


@pytest.mark.parametrize(
    ("n_folds", "epochs", "n_workers"),
    list(itertools.product([1, 2, 3, 5, 7, 10], [1, 2, 3, 10, 13], [1, 2, 3, 4, 5, 8])),
)
def test_the_schedule_trains_each_epoch_once_in_order_in_the_least_time(n_folds, epochs, n_workers):
    end, parts = simulate(_schedule(n_folds, epochs, n_workers), n_workers)
    assert end == max(epochs, -(-n_folds * epochs // n_workers)), "no schedule is shorter"
    assert sorted(parts) == list(range(n_folds))
    for fold_parts in parts.values():
        assert [epoch for _, begin, stop in fold_parts for epoch in range(begin, stop)] == list(range(epochs))
        for (start, begin, stop), (next_start, _, _) in itertools.pairwise(fold_parts):
            assert start + stop - begin <= next_start, "the parts of a fold never overlap"


# Stopped and taken up again

SCRIPT = """
import json
import os
import re
import sys
import time
from pathlib import Path

import mnist_utils
import keras
import numpy as np
import tensorflow as tf
from mnist_utils import paths
from mnist_utils.evaluation import evaluate_model

class Logged(keras.layers.Layer):
    '''Adds a byte to its process's file with each training step, and makes the step last.'''

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def call(self, x, training=False):
        def log(value):
            with open(f"{self.folder}/{os.getpid()}", "ab") as file:
                file.write(b".")
            time.sleep(0.005)
            return value

        if not training:
            return x
        y = tf.numpy_function(log, [x], tf.float32)
        y.set_shape(x.shape)
        return y

def define_model():
    layers = [
        keras.Input((28, 28, 1)),
        Logged(sys.argv[2]),
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
data = np.load(sys.argv[3])
# No `if __name__ == "__main__"` here: a beginner doesn't write it.
cv = evaluate_model(define_model, data["X"], data["y"], n_folds=2, epochs=25, n_jobs=2, verbose=0)
print(json.dumps([cv.scores, cv.histories]))
"""
N_EPOCHS = 2 * 25
STEPS_OF_AN_EPOCH = 5  # 135 of 270 rows, 32 a step
STEPS_OF_THE_FINGERPRINT = 2 * 2 * 2  # two, twice, in each worker


class Script:
    """The script above: its folder, its log, its process."""

    def __init__(self, path: Path, data: tuple[np.ndarray, np.ndarray]) -> None:
        self.folder, self.log, self.file = path / "project", path / "log", path / "script.py"
        self.folder.mkdir()
        self.log.mkdir()
        self.file.write_text(SCRIPT)
        np.savez(path / "data.npz", X=data[0][:270], y=data[1][:270])
        self.command = [sys.executable, self.file, self.folder, self.log, path / "data.npz"]

    def start(self) -> subprocess.Popen:
        # A session of its own: Ctrl-C in a terminal goes to all processes of a session's group in the foreground.
        pipe = subprocess.PIPE
        return subprocess.Popen(self.command, stdout=pipe, stderr=pipe, text=True, start_new_session=True)

    def finish(self) -> list:
        """Run the script to its end and return its scores and histories."""
        done = subprocess.run(self.command, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    def steps(self) -> int:
        return sum(file.stat().st_size for file in self.log.iterdir())


@pytest.fixture
def script(tmp_path: Path, data: tuple[np.ndarray, np.ndarray]) -> Script:
    return Script(tmp_path, data)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, data: tuple[np.ndarray, np.ndarray]) -> list:
    """Scores and histories of the script, run to its end at once."""
    script = Script(tmp_path_factory.mktemp("undisturbed"), data)
    result = script.finish()
    assert script.steps() == N_EPOCHS * STEPS_OF_AN_EPOCH + STEPS_OF_THE_FINGERPRINT
    return result


def press_ctrl_c(process: subprocess.Popen) -> None:
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert errors.count("Traceback") == 1, f"workers must leave Ctrl-C to the script:\n{errors}"


def kill_a_worker(process: subprocess.Popen) -> None:
    workers = [child for child in psutil.Process(process.pid).children() if "LokyProcess" in " ".join(child.cmdline())]
    workers[0].kill()
    _, errors = process.communicate(timeout=PATIENCE)
    assert "TerminatedWorkerError" in errors


def kill_the_script(process: subprocess.Popen) -> None:
    """Kill it as a notebook's kernel is killed: no chance to clean up."""
    process.kill()
    process.communicate(timeout=PATIENCE)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("stop", [press_ctrl_c, kill_a_worker, kill_the_script])
def test_a_stopped_run_leaves_no_process_and_is_taken_up_where_it_was(stop, script, undisturbed):
    process = script.start()
    wait_for(lambda: epochs_done(script.folder) >= 10)
    children = psutil.Process(process.pid).children(recursive=True)
    assert children
    stop(process)
    assert process.returncode
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive
    done = sum(load_state(file).epochs for file in script.folder.glob(".cache/trainings/*/fold_?.npz"))
    steps = script.steps()
    assert 10 <= done < N_EPOCHS
    assert script.finish() == undisturbed
    assert script.steps() - steps == (N_EPOCHS - done) * STEPS_OF_AN_EPOCH + STEPS_OF_THE_FINGERPRINT


@pytest.mark.slow
def test_the_same_evaluation_twice_at_a_time_is_refused(script):
    script.file.write_text(SCRIPT.replace("epochs=25", "epochs=100_000"))
    first = script.start()
    try:
        wait_for(lambda: epochs_done(script.folder) >= 1)
        second = subprocess.run(script.command, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert second.returncode
        assert "RuntimeError: The same evaluation is already running. Wait for it, or stop it." in second.stderr
    finally:
        first.kill()
        first.communicate(timeout=PATIENCE)


@pytest.mark.slow
def test_another_model_data_or_setting_takes_up_nothing(data, folder):
    X, y = data
    calls = folder / "calls"

    def stopped(define_model: Callable[[], keras.Model], X: np.ndarray, **changes: int) -> set[Path]:
        """Return the new folders of checkpoints that a run makes which stops at once."""

        def define_and_fail():
            with calls.open("a") as file:
                file.write(".")
            # The model is defined twice, to compare, for the fingerprint; then come the folds.
            if calls.stat().st_size > 2:
                raise ValueError("stop here")
            return define_model()

        calls.write_text("")
        before = set(folder.glob(".cache/trainings/*/"))
        arguments = {"n_folds": 3, "epochs": 1, "n_jobs": 1, "verbose": 0} | changes
        with pytest.raises(FoldError):
            evaluate_model(define_and_fail, X, y, **arguments)
        return set(folder.glob(".cache/trainings/*/")) - before

    assert len(stopped(define_model, X)) == 1
    assert len(stopped(define_model, X)) == 0
    other_pixel = X.copy()
    other_pixel[450, 14, 14] += 1 / 255
    assert len(stopped(define_model, other_pixel)) == 1
    for change in ({"epochs": 2}, {"seed": 2}):
        assert len(stopped(define_model, X, **change)) == 1
    assert len(stopped(lambda: compiled(layers.Dropout(0.5)), X)) == 1


# Failures


@pytest.mark.slow
def test_a_fold_that_fails_is_named_and_the_others_are_kept(data, folder):
    error = tf.errors.ResourceExhaustedError(None, None, "out of memory")  # of a kind that is not easily pickled
    flag, calls = folder / "flag", folder / "calls"
    flag.touch()
    calls.touch()

    def define_and_fail():
        with calls.open("a") as file:
            file.write(".")
        # The model is defined twice, to compare, for the fingerprint, and once for each fold.
        if flag.exists() and calls.stat().st_size > 2 + 2:
            raise error
        return define_model()

    arguments = {"n_folds": 4, "epochs": 2, "n_jobs": 1, "verbose": 0}
    with pytest.raises(FoldError, match=f"Fold 3 of 4 failed: {type(error).__name__}: .*{error}") as raised:
        evaluate_model(define_and_fail, *data, **arguments)
    assert type(raised.value.__cause__) is type(error)
    assert str(raised.value.__cause__) == str(error)
    assert epochs_done(folder) == 4, "two folds of two epochs"
    flag.unlink()
    calls.write_text("")
    cv = evaluate_model(define_and_fail, *data, **arguments)
    assert calls.stat().st_size == 2 + 2, "the fingerprint's model, and those of the folds that were missing"
    assert cv.histories == evaluate_model(define_model, *data, **arguments).histories


@pytest.mark.slow
def test_a_model_that_cannot_be_defined_fails_with_its_own_error(data, folder):
    def define_wrongly():
        return compiled(layers.Dense(-1))

    with pytest.raises(ValueError, match="units"):
        evaluate_model(define_wrongly, *data, verbose=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("define_wrongly", "message"),
    [
        (lambda: keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10)]), "is not compiled"),
        (lambda: compiled(metrics=()), r'not compiled with metrics=\["accuracy"\]'),
        (lambda: None, "returned None, not a Keras model"),
    ],
)
def test_a_model_that_cannot_be_evaluated_is_refused(define_wrongly, message, data, folder):
    with pytest.raises((ValueError, TypeError), match=message):
        evaluate_model(define_wrongly, *data, verbose=0)


def test_data_that_do_not_fit_together_are_refused(data):
    X, y = data
    with pytest.raises(ValueError, match="X has 500 rows and y has 499"):
        evaluate_model(define_model, X, y[:499])
    with pytest.raises(ValueError, match="one-hot"):
        evaluate_model(define_model, X, y.argmax(axis=1))
    with pytest.raises(ValueError, match="one-hot"):
        evaluate_model(define_model, X, y.argmax(axis=1)[:, np.newaxis])


# What it shows


@pytest.mark.slow
def test_scores_are_printed_in_percent_in_the_order_of_the_folds(data, folder, capfd):
    cv = evaluate_model(define_model, *data, epochs=1)
    printed, errors = capfd.readouterr()
    assert printed == "".join(f"> {score * 100:.3f}\n" for score in cv.scores)
    assert errors == ""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="terminals of POSIX")
def test_the_display_counts_the_epochs_of_all_folds_in_a_terminal(script):
    import fcntl
    import pty
    import termios

    script.file.write_text(SCRIPT.replace("verbose=0", "verbose=1, name='tiny'"))
    main, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))  # rows and columns
    process = subprocess.Popen(script.command, stdout=subprocess.PIPE, stderr=terminal, text=True)
    os.close(terminal)
    shown = bytearray()
    with contextlib.suppress(OSError):  # the terminal's other end is closed
        while text := os.read(main, 4096):
            shown += text
    os.close(main)
    printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert shown.lstrip().startswith(b"tiny, workers start:")  # something is seen before the first epoch is done
    counts = [int(count) for count in re.findall(rf"tiny.*?(\d+)/{N_EPOCHS} \[", shown.decode())]
    assert counts == sorted(counts)
    assert len(set(counts)) > 2
    assert printed.count("> ") == 2


# A cluster


@pytest.fixture
def cluster() -> Iterator[distributed.LocalCluster]:
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster),
    ):
        yield cluster


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_gives_the_same_bits(cluster, data, folder):
    arguments = {"epochs": 30, "n_folds": 3, "verbose": 0}
    client = distributed.default_client()
    victim = next(iter(client.run(os.getpid).values()))

    def kill() -> None:
        wait_for(lambda: epochs_done(folder) >= 5)
        os.kill(victim, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with joblib.parallel_config(backend="dask"):
        on_cluster = evaluate_model(define_model, *data, **arguments)
    killer.join()
    assert not psutil.pid_exists(victim)
    assert on_cluster.histories == evaluate_model(define_model, *data, **arguments).histories


def test_a_backend_without_workers_is_refused(data):
    with joblib.parallel_config(backend="sequential"), pytest.raises(RuntimeError, match="second worker"):
        evaluate_model(define_model, *data, epochs=1, verbose=0)
