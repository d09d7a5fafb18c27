"""TensorFlow's log noise stays out of sight; everything else that is written to stderr stays in sight."""

import os
import subprocess
import sys
import textwrap

import pytest

import mnist_utils.quiet

INFO = "I0000 00:00:1795296532.148334    6481 port.cc:153] oneDNN custom operations are on."
OLD_INFO = (
    "2024-11-21 21:28:52.148334: I external/local_xla/xla/tsl/cuda/cudart_stub.cc:32] Could not find cuda drivers"
)
WARNING = "W0000 00:00:1795296532.228000 3722035 computation_placer.cc:177] computation placer already registered."
ERROR = "E0000 00:00:1795296537.810216    6481 saver.cc:12] the disk is full"
FATAL = "F0000 00:00:1795296537.810216    6481 guard.cc:31] this processor has no AVX"
HARMLESS = [
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
    "E0000 00:00:1795296537.810216    6481 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error: "
    "Failed call to cuInit: UNKNOWN ERROR (303)",
    "2024-11-21 21:28:52.176998: E external/local_xla/xla/stream_executor/cuda/cuda_fft.cc:467] Unable to register "
    "cuFFT factory: Attempting to register factory for plugin cuFFT when one has already been registered",
]
BROKEN_DRIVER = (
    "E0000 00:00:1795296537.810216    6481 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error: "
    "Failed call to cuInit: CUDA_ERROR_UNKNOWN: unknown error"
)
FOREIGN = "libcustom: this line comes from something else than TensorFlow"


@pytest.fixture
def import_fake(tmp_path):
    """Import, in a new process, a package `tensorflow` that writes the given lines to file descriptor 2."""

    def run(lines, *, at_import="", before="", after="", level=None):
        package = tmp_path / "tensorflow"
        package.mkdir()
        text = "".join(f"{line}\n" for line in lines)
        package.joinpath("__init__.py").write_text(
            f"import os\ntry:\n    os.write(2, {text!r}.encode())\nexcept OSError:\n    pass\n{at_import}\n"
            "class config:\n    @staticmethod\n    def list_physical_devices(): return []\n"
        )
        # The module alone: the rest of the package needs the true TensorFlow.
        code = f"import os, runpy, sys\nmodule = runpy.run_path({mnist_utils.quiet.__file__!r})\n"
        code += f"{before}\nmodule['import_tensorflow']()\n{after}"
        environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
        environment |= {"PYTHONPATH": str(tmp_path)} | ({} if level is None else {"TF_CPP_MIN_LOG_LEVEL": level})
        return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)

    return run


def test_noise_is_dropped_and_the_rest_passes_in_order(import_fake):
    process = import_fake([INFO, FOREIGN, *HARMLESS, OLD_INFO, BROKEN_DRIVER, WARNING, ERROR, FATAL])
    assert process.returncode == 0
    assert process.stderr.splitlines() == [FOREIGN, BROKEN_DRIVER, ERROR, FATAL]


def test_an_unfinished_last_line_passes(import_fake):
    process = import_fake([INFO], at_import="os.write(2, b'no newline')")
    assert process.stderr == "no newline"


def test_python_warnings_during_the_import_pass(import_fake):
    process = import_fake([INFO], at_import="import warnings; warnings.warn('soon gone', FutureWarning)")
    assert "FutureWarning: soon gone" in process.stderr
    assert INFO not in process.stderr


def test_a_failed_import_shows_everything(import_fake):
    lines = [INFO, *HARMLESS, FOREIGN]
    process = import_fake(lines, at_import="raise ImportError('DLL load failed')")
    assert process.returncode == 1
    assert process.stderr.splitlines()[: len(lines)] == lines
    assert process.stderr.endswith("ImportError: DLL load failed\n")


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ("0", [*HARMLESS, INFO, WARNING, ERROR, FATAL]),
        ("1", [WARNING, ERROR, FATAL]),
        ("2", [ERROR, FATAL]),
        ("3", [FATAL]),
    ],
)
def test_the_readers_log_level_counts(import_fake, level, shown):
    process = import_fake(
        [*HARMLESS, INFO, WARNING, ERROR, FATAL],
        level=level,
        after="print(os.environ['TF_CPP_MIN_LOG_LEVEL'])",
    )
    assert process.stderr.splitlines() == shown
    assert process.stdout.strip() == level


def test_errors_after_the_import_are_on_the_true_stderr(import_fake):
    process = import_fake([INFO], after=f"os.write(2, {ERROR!r}.encode()); print(os.environ['TF_CPP_MIN_LOG_LEVEL'])")
    assert process.stderr == ERROR
    assert process.stdout.strip() == "2", "TensorFlow itself must still write errors"


def test_a_closed_stderr_does_not_break_the_import(import_fake):
    process = import_fake([INFO], before="os.close(2)", after="print('tensorflow' in sys.modules)")
    assert process.stdout.strip() == "True"


def test_a_reader_who_went_away_does_not_break_the_import(import_fake):
    closed_pipe = "read, write = os.pipe(); os.dup2(write, 2); os.close(write); os.close(read)"
    process = import_fake([FOREIGN], before=closed_pipe, after="print('tensorflow' in sys.modules)")
    assert process.stdout.strip() == "True"


def test_no_file_descriptor_is_left_open(import_fake):
    # A new descriptor gets the lowest number that is free.
    count = "free = os.dup(1); os.close(free); print(free)"
    before, after = import_fake([INFO], before=count, after=count).stdout.split()
    assert before == after


SMALL_MODEL = """
import mnist_utils
import keras
import numpy as np
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(1)  # the evaluation's workers do so after the import
tf.config.set_visible_devices([], "GPU")
model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(2, 3), keras.layers.Flatten(),
                          keras.layers.Dense(10, activation="softmax")])
model.compile(optimizer="sgd", loss="categorical_crossentropy")
X = np.zeros((32, 28, 28, 1), "float32")
history = model.fit(X, np.eye(10)[np.zeros(32, int)], verbose=0)
assert model.predict(X, verbose=0).shape == (32, 10)
"""


def readers_environment():
    # ipykernel does not watch file descriptor 2 while pytest runs, as this variable tells it.
    hidden = ("TF_CPP_MIN_LOG_LEVEL", "PYTEST_CURRENT_TEST")
    return {name: value for name, value in os.environ.items() if name not in hidden}


def run_python(code):
    return subprocess.run([sys.executable, "-c", code], env=readers_environment(), capture_output=True, text=True)


@pytest.mark.slow
def test_a_terminal_stays_silent():
    process = run_python(SMALL_MODEL)
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")


@pytest.mark.slow
def test_parallel_workers_stay_silent():
    code = f"""
    import mnist_utils
    from joblib import Parallel, delayed
    Parallel(n_jobs=2)(delayed(exec)({SMALL_MODEL!r}, {{}}) for _ in range(2))
    """
    process = run_python(textwrap.dedent(code))
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")


@pytest.mark.slow
def test_a_notebook_stays_silent_but_shows_errors(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    # The kernel reads the descriptor in a thread of its own, so the cell gives it a second.
    native_error = f"import os, time; os.write(2, {ERROR!r}.encode() + b'\\n'); time.sleep(1)"
    cells = [nbformat.v4.new_code_cell(source) for source in (SMALL_MODEL, native_error)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = nbclient.NotebookClient(notebook, kernel_name="python3", timeout=300)
    client.execute(cwd=str(tmp_path), env=readers_environment())
    silent, loud = notebook.cells
    assert silent.outputs == []
    if sys.platform != "win32":  # where ipykernel does not watch the descriptor
        assert [output.text for output in loud.outputs] == [ERROR + "\n"]
