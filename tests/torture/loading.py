"""What a process does that loads a small made-up MNIST: in a module of its own, which imports fast."""

import contextlib
import os
import resource
from multiprocessing.connection import Connection
from pathlib import Path

from mnist_utils._runtime import download
from mnist_utils.data import MnistUnavailableError, load_mnist


def load(
    home: Path,
    hashes: dict[str, str],
    url: str,
    answer: Connection,
    environment: dict[str, str] | None = None,
    largest_file: int | None = None,
) -> None:
    """Load MNIST, and send its arrays, or the message of `MnistUnavailableError`.

    Parameters
    ----------
    home : Path
        Keras's folder.
    hashes : dict of str to str
        Of the four files that pass for the original ones.
    url : str
        From where to download.
    answer : Connection
        Where to send.
    environment : dict of str to str, optional
        Variables to set.
    largest_file : int, optional
        As if the disk were full: no file may become larger, in bytes.
    """
    os.environ.update({"KERAS_HOME": str(home), "no_proxy": "127.0.0.1"} | (environment or {}))
    download.IDX_SHA256, download.KERAS_FILE_URL = hashes, url
    if largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stderr(nowhere):
        try:
            result: object = load_mnist()
        except MnistUnavailableError as error:
            result = str(error)
    answer.send(result)
