"""Import TensorFlow and Keras without log noise: ``import mnist_utils.quiet`` before ``import keras``.

TensorFlow's native code writes lines about oneDNN, missing CUDA drivers and CPU instructions straight to file
descriptor 2, before the log level that it offers takes effect. A beginner reads them as errors. This module holds the
descriptor back while TensorFlow is imported, and passes on everything that is no such noise. Modules of this package
take Keras and TensorFlow from here: ``from mnist_utils.quiet import keras, tf``.

The import takes these steps:

1. It refuses another backend of Keras than TensorFlow, with an `ImportError`.
2. It sets environment variables that you have not set: ``KERAS_BACKEND`` to TensorFlow, ``TF_CPP_MIN_LOG_LEVEL`` to
   2, "errors only", and ``TF_FORCE_GPU_ALLOW_GROWTH``, so that a kernel leaves memory on a GPU to other processes.
3. It imports TensorFlow and lists the physical devices while file descriptor 2 leads to a temporary file. Devices are
   listed, not initialized: ``tf.config`` can still set threads and devices afterwards.
4. It gives the descriptor back and writes to it all that was held back, except what your log level hides and a few
   lines that are harmless by all accounts. If the import failed, it writes everything.

With ``TF_CPP_MIN_LOG_LEVEL=0`` nothing is held back. Set it where TensorFlow crashes the whole process, because what is
held back at that moment is lost.
"""

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator

__all__ = ["keras", "tf"]

# TensorFlow hides the first n of these severities (information, warning, error) at log level n.
SEVERITIES = "IWE"

# A native log line: "I0000 00:00:1795296532.148334    6481 port.cc:153] text" since TensorFlow 2.17 or so,
# "2024-11-21 21:28:52.148334: I tensorflow/core/util/port.cc:153] text" in older ones.
LOG_LINE = re.compile(r"(?:(?P<new>[IWEF])\d{4} |\d{4}-\d\d-\d\d \S+: (?P<old>[IWEF]) ).*?\] ")

# Lines that say nothing is wrong, though they are logged as errors or carry no severity.
HARMLESS = re.compile(
    r"^WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR"
    r"|^To enable the following instructions: .* rebuild TensorFlow with the appropriate compiler flags\."
    # There is no NVIDIA driver, or no NVIDIA device: TensorFlow uses the CPU. Other failures of cuInit are passed on.
    r"|failed call to cuInit: .*(?:UNKNOWN ERROR \(303\)|CUDA_ERROR_NO_DEVICE)"
    r"|Unable to register cu\w+ factory: Attempting to register factory for plugin \w+ when one has already been"
)


def _check_backend(backend: str) -> None:
    """Refuse another backend of Keras than TensorFlow."""
    if backend != "tensorflow":
        raise ImportError(
            f"Keras's backend is {backend!r}, and this book needs TensorFlow: unset the environment variable "
            "KERAS_BACKEND, or set it to 'tensorflow', and start Python again."
        )


def _is_noise(line: str, hidden: str) -> bool:
    """Tell whether a line is harmless, or of a severity that the log level hides."""
    if HARMLESS.search(line):
        return True
    match = LOG_LINE.match(line)
    return match is not None and (match["new"] or match["old"]) in hidden


@contextlib.contextmanager
def _hold_back_stderr(level: str) -> Iterator[None]:
    """Lead file descriptor 2 into a temporary file; afterwards write to the real one what is no noise at this level."""
    hidden = SEVERITIES[: int(level)] if level.isdigit() else ""
    try:
        real = os.dup(2) if hidden else None
    except OSError:  # closed, as under pythonw: nobody reads it
        real = None
    if real is None:
        yield
        return
    failed = True
    with tempfile.TemporaryFile() as held_back:
        _flush()
        os.dup2(held_back.fileno(), 2)
        try:
            yield
            failed = False
        finally:
            _flush()
            os.dup2(real, 2)
            os.close(real)
            held_back.seek(0)
            lines = held_back.read().splitlines(keepends=True)
            kept = [line for line in lines if failed or not _is_noise(line.decode(errors="replace"), hidden)]
            # A reader who went away (a closed pipe) must not break the import.
            with contextlib.suppress(OSError), open(2, "wb", closefd=False) as stderr:
                stderr.writelines(kept)


def _flush() -> None:
    """Write out what Python has buffered for stderr, so that it goes where it was meant to."""
    if sys.stderr is not None:
        sys.stderr.flush()


# What is set here goes before what Keras's file keras.json says.
_check_backend(os.environ.setdefault("KERAS_BACKEND", "tensorflow"))
# A kernel that takes a GPU's whole memory leaves none to the process that evaluates a model.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
with _hold_back_stderr(os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")):
    import keras
    import tensorflow as tf

    # Looks for NVIDIA's driver, which logs a line where there is none.
    tf.config.list_physical_devices()
_check_backend(keras.config.backend())  # it is another one if Keras was imported before this module
