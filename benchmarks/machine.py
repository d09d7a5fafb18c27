"""What the machine can do: its peak in matrix products, its instructions, the memory that a program takes.

``python benchmarks/machine.py matrices 1`` waits for a line on its standard input, multiplies matrices in one thread
(0: as many as TensorFlow likes), and prints the GFLOP/s that it reached in its best moment and in the median; with
``convolutions``, it trains one instead.
"""

import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil

SIDE = 2048  # of the square matrices
PEAK_SECONDS = 10.0
BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # x86, x86, ARM


def gflops(kind: str, threads: int) -> tuple[float, float]:
    """Return the rate of float32 work in this process, in GFLOP/s: in the best moment, and the median.

    Parameters
    ----------
    kind : {"matrices", "convolutions"}
        Products of two square matrices; or the largest convolution of the deeper model at batch size 32, forward and
        both gradients: the same work as in training, and nothing else.
    threads : int
        Threads to use; 0 for TensorFlow's default.
    """
    from mnist_utils.quiet import import_tensorflow

    tf = import_tensorflow()

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    if kind == "matrices":
        a, b = tf.random.normal((SIDE, SIDE)), tf.random.normal((SIDE, SIDE))
        operations = 2 * SIDE**3
    else:
        a, b = tf.random.normal((32, 11, 11, 64)), tf.random.normal((3, 3, 64, 64))
        operations = 3 * 2 * (32 * 9 * 9) * (3 * 3 * 64 * 64)

    @tf.function
    def work() -> list:
        if kind == "matrices":
            return [a @ b]
        return tf.gradients(tf.nn.conv2d(a, b, strides=1, padding="VALID"), [a, b], tf.ones((32, 9, 9, 64)))

    work()
    print("ready", flush=True)
    sys.stdin.readline()
    rates, end = [], time.perf_counter() + PEAK_SECONDS
    while time.perf_counter() < end:
        # A product takes tens of milliseconds; several at a time keep the clock's share small.
        started = time.perf_counter()
        for _ in range(4):
            results = work()
        results[-1].numpy()
        rates.append(4 * operations / (time.perf_counter() - started) / 1e9)
    return max(rates), statistics.median(rates)


def measure_together(kind: str, threads: list[int] | None = None) -> dict[str, float]:
    """Return the rate of several processes at the same time, all doing the same.

    Parameters
    ----------
    kind : {"matrices", "convolutions"}
        As in :func:`gflops`.
    threads : list of int, optional
        The threads of each process; one process a core with one thread each by default.

    Returns
    -------
    dict
        ``best`` and ``median``, in GFLOP/s: the sums of the processes' own. A shared machine keeps up its best moments
        for seconds only; the median is what it offers meanwhile.
    """
    pipe, threads = subprocess.PIPE, threads or [1] * describe()["cores"]
    processes = [
        subprocess.Popen([sys.executable, __file__, kind, str(n)], stdin=pipe, stdout=pipe, text=True) for n in threads
    ]
    for process in processes:
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("The measurement of the peak failed; its own message stands above.")
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    rates = [[float(word) for word in process.communicate()[0].split()] for process in processes]
    return {name: sum(numbers) for name, numbers in zip(("best", "median"), zip(*rates, strict=True), strict=True)}


def bfloat16_instructions() -> tuple[bool, str]:
    """Tell whether the processor computes in bfloat16, and how that is known."""
    file = Path("/proc/cpuinfo")
    if not file.exists():
        return False, f"{platform.system()} doesn't say here whether the processor has bfloat16 instructions"
    words = set(file.read_text().split())
    if found := sorted(words & BFLOAT16_FLAGS):
        return True, f"the processor has {', '.join(found)}"
    return False, f"the processor has none of {', '.join(sorted(BFLOAT16_FLAGS))}"


def describe() -> dict[str, str | int]:
    """Return what identifies the machine in a report."""
    model = platform.processor() or platform.machine()
    if (file := Path("/proc/cpuinfo")).exists():
        names = [line.split(":", 1)[1].strip() for line in file.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return {
        "processor": model,
        "cores": psutil.cpu_count(logical=False) or os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.system(),
        "python": platform.python_version(),
    }


class PeakMemory:
    """Samples the memory of a process and of all that it starts, until the block ends.

    Attributes
    ----------
    megabytes : float
        The largest sum seen. On Linux pages that processes share are counted once (PSS); elsewhere those that
        belong to one process alone (USS).
    """

    def __init__(self, pid: int, interval: float = 0.5) -> None:
        self.process, self.interval = psutil.Process(pid), interval
        self.megabytes = 0.0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self.over.wait(self.interval):
            total = 0
            try:
                for process in [self.process, *self.process.children(recursive=True)]:
                    memory = process.memory_full_info()
                    total += getattr(memory, "pss", memory.uss)
            except psutil.Error:  # one has just ended
                continue
            self.megabytes = max(self.megabytes, total / 1e6)

    def __enter__(self) -> "PeakMemory":
        """Begin."""
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self.over.set()
        self.thread.join()


if __name__ == "__main__":
    print(*gflops(sys.argv[1], int(sys.argv[2])))
