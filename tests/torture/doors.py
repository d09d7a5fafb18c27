"""Every way in for a picture, in a process of its own: whatever happens to it there is seen from outside."""

import contextlib
import io
import multiprocessing
import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from waiting import PATIENCE

MAX_RATIO = 70  # of the processor's time that a plain picture of twelve megapixels takes; 58 was the most seen
MAX_MEBIBYTES = 1024  # on top of what the process holds before: Python, TensorFlow, two networks
MIB = 1024  # kibibytes

# An error must say what to do, or what may not be done.
ADVICE = re.compile(r"\b([Gg]ive|[Rr]eplace|[Ss]cale it down|[Ss]ave it|[Dd]raw|[Uu]se|cannot be opened)\b")
# What a beginner cannot be expected to understand: Python's names and numbers for errors, places in memory.
JARGON = re.compile(r"Errno|Traceback|0x[0-9a-f]{6}|\w+Error\b|codec")
PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork")
_programs: list[str] = []  # those that were to be started, in the process that reads pictures


@dataclass
class Outcome:
    """What became of a picture: ``read``, ``nothing`` to read, or ``refused``; what was said; what it took.

    The time is that of the processor, in times of what a plain picture of twelve megapixels takes in the same process.
    """

    kind: str
    text: str
    ratio: float
    mebibytes: float


class Fault(Exception):
    """What must not happen."""


class Doors:
    """A process that reads pictures, started anew when a picture has brought it down."""

    def __init__(self) -> None:
        self._process: ProcessPoolExecutor | None = None

    def ask(self, door: str, picture: object) -> Outcome:
        """Bring a picture to a door; raise a Fault if the process ends, or does not end in time."""
        if self._process is None:
            self._process = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_prepare)
            self._process.submit(int).result()  # patience begins when the networks are loaded, after minutes if need be
        try:
            return self._process.submit(_ask, door, picture).result(PATIENCE)
        except BrokenProcessPool as error:
            self._process = None
            raise Fault(f"{door}: the process crashed") from error
        except TimeoutError as error:
            self.close(kill=True)
            raise Fault(f"{door}: no answer after {PATIENCE} seconds") from error

    def close(self, kill: bool = False) -> None:
        """End the process."""
        if self._process is not None:
            workers = list(multiprocessing.active_children())
            self._process.shutdown(wait=not kill, cancel_futures=True)
            if kill:
                for worker in workers:
                    worker.kill()
            self._process = None


def check(outcome: Outcome) -> None:
    """Refuse an outcome that breaks a promise."""
    assert outcome.ratio <= MAX_RATIO, outcome
    assert outcome.mebibytes <= MAX_MEBIBYTES, outcome
    if outcome.kind == "refused":
        assert ADVICE.search(outcome.text), f"does not say what to do: {outcome.text}"
        assert not JARGON.search(outcome.text), f"not in a beginner's words: {outcome.text}"
        assert len(outcome.text.split()) >= 5, f"no sentence: {outcome.text}"


def _prepare() -> None:
    """Load the two networks once, and allow no program to be started from now on."""
    seven = np.zeros((56, 56), np.uint8)
    seven[8:48, 20:36] = 255
    for door in DOORS:
        with contextlib.suppress(OSError, ValueError, TypeError):
            _open(door)(seven)
    _plain_seconds()

    def refuse_programs(event: str, _: tuple) -> None:
        if event in PROGRAMS:
            _programs.append(event)  # the reading turns errors into its own, so raising one is not enough to be seen
            raise Fault(f"a program was to be started: {event}")

    sys.addaudithook(refuse_programs)


def _ask(door: str, picture: object) -> Outcome:
    """Bring a picture to a door, in this process, and measure; raise a Fault if a program was to be started."""
    if hasattr(picture, "make"):
        picture = picture.make()
    read = _open(door)
    before = _peak_kibibytes(reset=True)
    start = time.process_time()
    try:
        kind, text = read(picture)
    except (OSError, ValueError) as error:
        kind, text = "refused", str(error)
    if _programs:
        raise Fault(f"{door}: a program was to be started: {_programs.pop()}")
    ratio = (time.process_time() - start) / _plain_seconds()
    return Outcome(kind, text, ratio, (_peak_kibibytes() - before) / MIB)


@cache
def _plain_seconds() -> float:
    """Return the processor's seconds for a one on white paper, 4,000 by 3,000 pixels, as the mean of three readings."""
    picture = np.full((4000, 3000), 255, np.uint8)
    picture[500:3500, 1400:1600] = 0
    start = time.process_time()
    for _ in range(3):
        _open("to_mnist")(picture)
    return (time.process_time() - start) / 3


def _peak_kibibytes(reset: bool = False) -> int:
    """Return the most memory that this process has held since the last reset; 0 where the system doesn't say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    if reset:
        Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak begins anew
    return int(re.search(r"VmHWM:\s*(\d+)", status.read_text())[1])


@cache
def _open(door: str) -> Callable[[object], tuple[str, str]]:
    """Return the function behind a door: it takes a picture, and returns kind and text of the outcome."""
    return DOORS[door]()


@cache
def _classifier() -> Callable:
    from mnist_utils.predict import Classifier

    return Classifier()


def _load_image() -> Callable:
    from mnist_utils.reading import load_image

    def read(picture: object) -> tuple[str, str]:
        image = load_image(picture)
        assert image.shape == (1, 28, 28, 1)
        assert image.dtype == np.float32
        assert 0 <= image.min() <= image.max() <= 1
        return "read", ""

    return read


def _to_mnist() -> Callable:
    from mnist_utils.reading import to_mnist

    def read(picture: object) -> tuple[str, str]:
        reading = to_mnist(picture)
        if reading.image is None:
            assert reading.reason
            return "nothing", reading.reason
        assert reading.image.shape == (28, 28)
        assert reading.image.dtype == np.uint8
        assert reading.image.any()
        return "read", str(reading)

    return read


def _classify() -> Callable:
    def read(picture: object) -> tuple[str, str]:
        prediction = _classifier()(picture)
        if prediction.digit is None:
            return "nothing", str(prediction)
        assert abs(prediction.probabilities.sum() - 1) < 1e-4
        return "read", str(prediction)

    return read


def _predict_proba() -> Callable:
    def read(batch: object) -> tuple[str, str]:
        probabilities = _classifier().predict_proba(batch)
        assert probabilities.shape == (len(batch), 10)
        assert np.isfinite(probabilities).all()
        return "read", str(probabilities.argmax(axis=1))

    return read


def _read_number() -> Callable:
    from mnist_utils.reading import read_number

    def read(picture: object) -> tuple[str, str]:
        number = read_number(picture, _classifier())
        if not number.text:
            assert number.reason
            return "nothing", number.reason
        assert re.fullmatch(r"[\d_]+", number.text)
        return "read", number.text

    return read


def _command(*options: str) -> Callable:
    from mnist_utils import predict

    predict.Classifier = lambda _: _classifier()  # loaded once, not for each file

    def read(picture: object) -> tuple[str, str]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = predict.main([*options, "--", str(picture)])
        if status:
            assert status == 1
            assert not out.getvalue()
            return "refused", err.getvalue()
        assert not err.getvalue()
        name, answer, *_ = out.getvalue().rstrip("\n").rsplit("\t", 1 if options else 2)
        assert name == str(picture)
        return ("nothing" if answer == "-" else "read"), answer

    return read


DOORS: dict[str, Callable[[], Callable]] = {
    "load_image": _load_image,
    "to_mnist": _to_mnist,
    "Classifier": _classify,
    "predict_proba": _predict_proba,
    "read_number": _read_number,
    "command": _command,
    "command --number": lambda: _command("--number"),
}
FILE_DOORS = tuple(door for door in DOORS if door != "predict_proba")
PICTURE_DOORS = ("to_mnist", "Classifier", "read_number")
