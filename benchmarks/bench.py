"""Measure the speed of `evaluate_model` beside the tutorial's listing, in one run: `make bench`.

Run it on an idle machine: other work on it makes seconds longer, and ratios unfair. The results are printed and, if
all rows were used, written to ``results/benchmark.json``, which *The record* shows. For a try:
``--rows 2000 --epochs 1``.
"""

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import machine
import numpy as np
import psutil
from ways import MODELS

from mnist_utils import paths
from mnist_utils.data import load_mnist
from mnist_utils.predict import Classifier

N_FOLDS = 5
FULL_ROWS, FULL_EPOCHS = 60_000, 10  # of the comparison with the listing
MAX_EQUALITY_ROWS = 2_000  # which give the same bits, or not, as 60,000 do
MAX_BFLOAT16_EPOCHS = 2
STARTUP_ROWS = 64  # a minibatch to train on and one to score, in each of two folds
SAMPLING_SECONDS = 5  # between two looks at a program's memory, which take 50 ms of a core


def run(way: str, model: str, **options: object) -> dict[str, Any]:
    """Run one of ``ways.py`` in a new process, with these options of its command line.

    Returns
    -------
    dict
        ``seconds``, ``scores``, ``histories``, and ``megabytes``, the largest memory seen of all its processes
        together.
    """
    command = [sys.executable, str(Path(__file__).with_name("ways.py")), way, model]
    command += [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    megabytes = 0.0
    with tempfile.TemporaryFile("w+", encoding="utf-8") as stdout:
        process = psutil.Popen(command, stdout=stdout)
        while process.poll() is None:
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(SAMPLING_SECONDS)
            megabytes = max(megabytes, memory_megabytes(process))
        if process.returncode:
            raise SystemExit(f"{way} of {model} failed; its own message stands above.")
        stdout.seek(0)
        return json.load(stdout) | {"megabytes": megabytes}


def memory_megabytes(process: psutil.Process) -> float:
    """Return the memory of a process and its descendants: on Linux, pages that they share are counted once (PSS)."""
    total = 0
    try:
        for each in [process, *process.children(recursive=True)]:
            memory = each.memory_full_info()
            total += getattr(memory, "pss", memory.uss)
    except psutil.Error:  # one has just ended
        return 0.0
    return total / 1e6


def compare_with_listing(rows: int, epochs: int) -> list[dict[str, Any]]:
    """Time listing and harness for each model, and print a table.

    The listing's folds are alike, and each is trained by itself. So two of the five are timed, and their seconds
    multiplied by 5/2: one before the harness and one after it, because a shared machine grows faster and slower.

    Returns
    -------
    list of dict
        What was found for each model.
    """
    print(f"\nCross-validation: {rows:,} rows, {N_FOLDS} folds, {epochs} epochs; seconds from call to result.")
    print(f"Of the listing, fold 1 is timed before the harness and fold 2 after it; seconds = sum x {N_FOLDS}/2.")
    print(f"{'':12}{'fold 1':>9}{'fold 2':>9}{'listing':>9}{'harness':>9}{'ratio':>7}{'peak memory, MB':>17}")
    size = {"rows": rows, "n_folds": N_FOLDS, "epochs": epochs}
    found = []
    for name in MODELS:
        before = run("listing", name, folds=0, **size)
        harness = run("harness", name, **size)
        after = run("listing", name, folds=1, **size)
        fold_seconds = [before["seconds"], after["seconds"]]
        listing_seconds = sum(fold_seconds) * N_FOLDS / 2
        found.append(
            {
                "model": name,
                "rows": rows,
                "folds": N_FOLDS,
                "epochs": epochs,
                "listing_fold_seconds": fold_seconds,
                "listing_seconds": listing_seconds,
                "harness_seconds": harness["seconds"],
                "ratio": listing_seconds / harness["seconds"],
                "listing_megabytes": max(before["megabytes"], after["megabytes"]),
                "harness_megabytes": harness["megabytes"],
            }
        )
        print(
            f"{name:12}{fold_seconds[0]:9.1f}{fold_seconds[1]:9.1f}{listing_seconds:9.1f}{harness['seconds']:9.1f}"
            f"{found[-1]['ratio']:7.2f}{found[-1]['listing_megabytes']:9.0f}{found[-1]['harness_megabytes']:8.0f}",
            flush=True,
        )
    return found


def measure_startup() -> dict[str, float]:
    """Time what a new process needs before it can compute, median of three.

    Returns
    -------
    dict
        ``import_seconds``, of Python with TensorFlow and Keras, and ``harness_seconds``, from the call of
        `evaluate_model` to the end of its first training steps in two workers.
    """
    found: dict[str, list[float]] = {"import_seconds": [], "harness_seconds": []}
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import tensorflow, keras"], stderr=subprocess.DEVNULL, check=True)
        found["import_seconds"].append(time.perf_counter() - started)
        result = run("harness", "baseline", rows=STARTUP_ROWS, n_folds=2, epochs=1)
        found["harness_seconds"].append(result["seconds"])
    medians = {name: statistics.median(seconds) for name, seconds in found.items()}
    print(
        f"\nStart-up: {medians['import_seconds']:.1f} s to import TensorFlow and Keras in a new process, "
        f"{medians['harness_seconds']:.1f} s from the call of evaluate_model through its first training steps.",
        flush=True,
    )
    return medians


def check_equality(rows: int) -> dict[str, bool]:
    """Tell for each model whether the histories of 1, 2 and 5 workers are equal to the bit."""
    print(f"\nEqual to the bit with 1, 2 and 5 workers ({rows:,} rows):")
    found = {}
    for name in MODELS:
        one, two, five = (
            run("harness", name, rows=rows, epochs=1, n_workers=n_workers)["histories"] for n_workers in (1, 2, 5)
        )
        found[name] = one == two == five
        print(f"{name:12}{'yes' if found[name] else 'NO'}", flush=True)
    return found


def compare_precisions(rows: int, epochs: int) -> dict[str, Any]:
    """Time the harness in mixed bfloat16 beside float32, where the processor has instructions for it.

    Returns
    -------
    dict
        ``measured``, ``instructions`` and, if measured, ``epochs`` and ``models``: for each the seconds and the mean
        accuracy (0 to 1) in both precisions, and the ratio of the seconds.
    """
    instructions = machine.bfloat16_instructions()
    if not instructions:
        print("\nMixed bfloat16 was not measured: no instructions for it are known of this processor.")
        return {"measured": False, "instructions": []}
    print(f"\nMixed bfloat16 beside float32 ({', '.join(instructions)}; {rows:,} rows, {epochs} epochs):")
    print(f"{'':12}{'float32':>10}{'bfloat16':>11}{'ratio':>8}{'mean accuracy of each':>24}")
    found = {}
    for name in MODELS:
        full, mixed = (
            run("harness", name, rows=rows, n_folds=N_FOLDS, epochs=epochs, precision=precision)
            for precision in ("float32", "mixed_bfloat16")
        )
        found[name] = {
            "float32_seconds": full["seconds"],
            "bfloat16_seconds": mixed["seconds"],
            "ratio": full["seconds"] / mixed["seconds"],
            "float32_mean": statistics.fmean(full["scores"]),
            "bfloat16_mean": statistics.fmean(mixed["scores"]),
        }
        print(
            f"{name:12}{full['seconds']:8.1f} s{mixed['seconds']:9.1f} s{found[name]['ratio']:8.2f}"
            f"{found[name]['float32_mean']:15.2%}{found[name]['bfloat16_mean']:9.2%}",
            flush=True,
        )
    return {"measured": True, "instructions": instructions, "epochs": epochs, "models": found}


def measure_prediction() -> dict[str, float]:
    """Time the answer to one image, by the classifier and by Keras's `predict`: the median of 100, in milliseconds."""

    def median_ms(answer: Callable[[], object]) -> float:
        answer()  # the first one compiles
        times = []
        for _ in range(100):
            started = time.perf_counter()
            answer()
            times.append(time.perf_counter() - started)
        return statistics.median(times) * 1e3

    _, (X_test, _) = load_mnist()
    classifier = Classifier("final_model")
    batch = X_test[:1, ..., np.newaxis] / np.float32(255)
    found = {
        "classifier_ms": median_ms(lambda: classifier(X_test[0])),
        "predict_ms": median_ms(lambda: classifier.model.predict(batch, verbose=0)),
    }
    print(
        f"\nOne prediction, median of 100: {found['classifier_ms']:.1f} ms by Classifier (the way from a picture to "
        f"MNIST's format included), {found['predict_ms']:.1f} ms by model.predict."
    )
    return found


def main() -> None:
    """Run all measurements, print them and, if they were made on all rows, write them down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=FULL_ROWS, help="rows of the comparison with the listing")
    parser.add_argument("--epochs", type=int, default=FULL_EPOCHS, help="its epochs")
    arguments = parser.parse_args()
    rows, epochs = arguments.rows, arguments.epochs

    started = time.perf_counter()
    found: dict[str, Any] = {"machine": machine.describe()}
    print(f"{found['machine']['processor']}, {found['machine']['cores']} cores.")
    print(f"The machine was busy to {psutil.cpu_percent(interval=3):.0f} % before the measurements.")
    found["startup"] = measure_startup()
    found["comparisons"] = compare_with_listing(rows, epochs)
    found["equal_to_the_bit"] = check_equality(min(rows, MAX_EQUALITY_ROWS))
    found["bfloat16"] = compare_precisions(rows, min(epochs, MAX_BFLOAT16_EPOCHS))
    found["prediction"] = measure_prediction()
    print(f"\nAll of it took {(time.perf_counter() - started) / 60:.0f} minutes.")
    if rows == FULL_ROWS:
        path = paths.output_path("results/benchmark.json")
        with paths.write_whole(path) as scratch:
            scratch.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(f"Written to {path}.")
    else:
        print("A try: nothing was written.")


if __name__ == "__main__":
    main()
