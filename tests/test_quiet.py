"""TensorFlow's log noise stays out of sight; everything else that is written to stderr stays in sight."""

import os
import subprocess
import sys

import pytest
from waiting import PATIENCE

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


def readers_environment():
    """The environment variables of a reader's terminal, without those that change what is tested here."""
    # ipykernel does not watch file descriptor 2 while pytest runs, as the last of these tells it.
    changing = ("KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL", "PYTEST_CURRENT_TEST")
    return {name: value for name, value in os.environ.items() if name not in changing}


def run_python(code, **variables):
    environment = readers_environment() | variables
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)


@pytest.fixture
def import_fake(tmp_path):
    """Import, in a new process, a `tensorflow` that writes the given lines to file descriptor 2, and a `keras`."""

    def run(lines, *, at_import="", before="", after="", **variables):
        text = "".join(f"{line}\n" for line in lines)
        tmp_path.joinpath("tensorflow.py").write_text(
            f"import os\ntry:\n    os.write(2, {text!r}.encode())\nexcept OSError:\n    pass\n{at_import}\n"
            "class config:\n    @staticmethod\n    def list_physical_devices(): return []\n"
        )
        tmp_path.joinpath("keras.py").write_text(
            "import os\nbackend_at_import = os.environ.get('KERAS_BACKEND', 'jax')  # as if keras.json named jax\n"
            "class config:\n    @staticmethod\n    def backend(): return backend_at_import\n"
        )
        code = f"import os, sys\n{before}\nimport mnist_utils.quiet\n{after}"
        return run_python(code, PYTHONPATH=str(tmp_path), **variables)

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
        TF_CPP_MIN_LOG_LEVEL=level,
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


# Another backend of Keras


def test_another_backend_is_refused_in_a_sentence(import_fake):
    process = import_fake([], KERAS_BACKEND="torch")
    assert process.returncode == 1
    assert "ImportError: Keras's backend is 'torch', and this book needs TensorFlow: unset" in process.stderr


def test_the_book_takes_tensorflow_whatever_keras_json_says(import_fake):
    process = import_fake([], after="print(mnist_utils.quiet.keras.config.backend())")
    assert (process.stdout, process.stderr) == ("tensorflow\n", "")


def test_a_keras_that_was_imported_before_with_another_backend_is_refused(import_fake):
    process = import_fake([], before="import keras")
    assert "ImportError: Keras's backend is 'jax'" in process.stderr


# The true TensorFlow

SMALL_MODEL = """
import numpy as np
from mnist_utils.quiet import keras, tf

tf.config.threading.set_intra_op_parallelism_threads(1)  # the evaluation's workers do so after the import
tf.config.set_visible_devices([], "GPU")
model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(2, 3), keras.layers.Flatten(),
                          keras.layers.Dense(10, activation="softmax")])
model.compile(optimizer="sgd", loss="categorical_crossentropy")
X = np.zeros((32, 28, 28, 1), "float32")
history = model.fit(X, np.eye(10)[np.zeros(32, int)], verbose=0)
assert model.predict(X, verbose=0).shape == (32, 10)
"""
IN_TWO_WORKERS = f"""
from mnist_utils._runtime.workers import parallel_map
parallel_map(lambda code: exec(code, {{}}), [{SMALL_MODEL!r}] * 2)
"""


@pytest.mark.slow
@pytest.mark.parametrize("code", [SMALL_MODEL, IN_TWO_WORKERS], ids=["one process", "workers"])
def test_a_terminal_stays_silent(code):
    process = run_python(code, LOKY_MAX_CPU_COUNT="2")
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")


@pytest.mark.slow
def test_a_notebook_stays_silent_but_shows_errors(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    seen = tmp_path / "seen"
    watched = sys.platform != "win32"  # ipykernel watches the descriptor, in a thread of its own: the cell waits for it
    native_error = f"""
import os, pathlib, time
os.write(2, {ERROR!r}.encode() + b"\\n")
while {watched} and not pathlib.Path({str(seen)!r}).exists():
    time.sleep(0.02)
"""

    class Client(nbclient.NotebookClient):
        """Makes a file when a cell writes to stderr."""

        def process_message(self, message, cell, cell_index):
            if message["content"].get("name") == "stderr":
                seen.touch()
            return super().process_message(message, cell, cell_index)

    cells = [nbformat.v4.new_code_cell(source) for source in (SMALL_MODEL, native_error)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = Client(notebook, kernel_name="python3", timeout=PATIENCE)
    client.execute(cwd=str(tmp_path), env=readers_environment())
    silent, loud = notebook.cells
    assert silent.outputs == []
    if watched:
        assert [output.text for output in loud.outputs] == [ERROR + "\n"]
