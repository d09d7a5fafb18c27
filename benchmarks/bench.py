"""Measure the evaluation against the tutorial's listing, side by side, in one run: `make bench`.

Run it on an idle machine: other work on it makes seconds longer, and ratios unfair. The results are printed and written
to ``results/benchmark.json``.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import machine

from ways import MODELS  # isort: skip  # imports mnist_utils, and so TensorFlow, quietly
import keras
import numpy as np
import psutil
from keras import layers

from mnist_utils import paths
from mnist_utils.data import load_dataset
from mnist_utils.predict import Classifier


def run(way: str, model: str, **options: int | str) -> dict:
    """Run one way in a new process.

    Returns
    -------
    dict
        ``seconds``, ``scores``, ``histories``, and ``megabytes``, the peak of all its processes together.
    """
    flags = [str(word) for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
    command = [sys.executable, Path(__file__).with_name("ways.py"), way, model, *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with machine.PeakMemory(process.pid) as memory:
        printed, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"`{way}` of {model} failed; its own message stands above.")
    return json.loads(printed) | {"megabytes": memory.megabytes}


def flops_of_a_row(model: keras.Model) -> dict[str, int]:
    """Return the floating-point operations of convolutions and dense layers for one row.

    A multiplication and an addition count as two. The gradient with respect to a layer's weights takes as many as its
    way forward, and so does the gradient with respect to its inputs, which the first layer doesn't need.

    Returns
    -------
    dict
        ``forward`` and ``training``.
    """
    forward = []
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D | layers.Dense):
            positions = int(np.prod(layer.output.shape[1:-1]))
            forward.append(2 * positions * int(np.prod(layer.kernel.shape)))
    return {"forward": sum(forward), "training": 3 * sum(forward) - forward[0]}


def measure_peak() -> dict[str, dict[str, float]]:
    """Measure, and print, the machine's rates in float32: those of :func:`machine.measure_together`."""
    found = {
        "one_process": machine.measure_together("matrices", [0]),
        "one_process_a_core": machine.measure_together("matrices"),
        "convolutions": machine.measure_together("convolutions"),
    }
    print(f"\n{'GFLOP/s in float32':46}{'best moment':>13}{'median':>9}")
    for name, label in [
        ("one_process", "matrix products, one process on all cores"),
        ("one_process_a_core", "matrix products, one process a core"),
        ("convolutions", "a convolution's training, one process a core"),
    ]:
        print(f"{label:46}{found[name]['best']:13.0f}{found[name]['median']:9.0f}", flush=True)
    return found


def compare_with_listing(names: list[str], size: dict[str, int], peak: float) -> list[dict]:
    """Time listing and harness, and print a table.

    The first folds of the listing run before the harness, the others after it: the machine grows faster and slower over
    the hours, and a pair of which one is all earlier and one all later would be compared across that.

    Parameters
    ----------
    names : list of str
        The models.
    size : dict
        The ``rows``, ``folds`` and ``epochs`` of every comparison.
    peak : float
        The machine's best moment in matrix products, in GFLOP/s.

    Returns
    -------
    list of dict
        What was found in each. ``share_of_peak`` is the harness's average rate as a part of `peak`, ``share_meanwhile``
        as a part of the median rate in matrix products right before and right after the harness ran.
    """
    print("\nSeconds from call to result; the harness's GFLOP/s, and their share of the machine's in matrix products")
    print(f"{'':12}{'listing':>10}{'harness':>10}{'ratio':>8}{'GFLOP/s':>10}", end="")
    print(f"{'of its best':>13}{'meanwhile':>11}{'peak memory, MB':>18}")
    found = []
    half = (size["folds"] + 1) // 2
    for name in names:
        first_part = run("listing", name, stop=half, **size)
        before = machine.measure_together("matrices")
        harness = run("harness", name, **size)
        after = machine.measure_together("matrices")
        second_part = run("listing", name, first=half, **size)
        listing_seconds = first_part["seconds"] + second_part["seconds"]
        listing_megabytes = max(first_part["megabytes"], second_part["megabytes"])
        flops = flops_of_a_row(MODELS[name]())
        operations = size["epochs"] * size["rows"] * ((size["folds"] - 1) * flops["training"] + flops["forward"])
        rate = operations / harness["seconds"] / 1e9
        meanwhile = (before["median"] + after["median"]) / 2
        found.append(
            size
            | {
                "model": name,
                "listing_seconds": listing_seconds,
                "harness_seconds": harness["seconds"],
                "ratio": listing_seconds / harness["seconds"],
                "listing_scores": first_part["scores"] + second_part["scores"],
                "harness_scores": harness["scores"],
                "listing_megabytes": listing_megabytes,
                "harness_megabytes": harness["megabytes"],
                "flops_of_a_row": flops,
                "gflops": rate,
                "gflops_meanwhile": meanwhile,
                "share_of_peak": rate / peak,
                "share_meanwhile": rate / meanwhile,
            }
        )
        memory = f"{listing_megabytes:.0f} and {harness['megabytes']:.0f}"
        print(
            f"{name:12}{listing_seconds:10.1f}{harness['seconds']:10.1f}"
            f"{found[-1]['ratio']:8.2f}{rate:10.1f}{rate / peak:13.0%}{rate / meanwhile:11.0%}{memory:>18}",
            flush=True,
        )
    return found


def check_equality(names: list[str], size: dict[str, int]) -> dict[str, bool]:
    """Compare the histories of folds trained one after another with those of several at a time."""
    print(f"\nEqual to the bit, one fold after another and 2 and 5 at a time ({size['rows']:,} rows):")
    found = {}
    for name in names:
        histories = [run("harness", name, n_jobs=n_jobs, **size)["histories"] for n_jobs in (1, 2, 5)]
        found[name] = histories[0] == histories[1] == histories[2]
        print(f"{name:12}{'yes' if found[name] else 'NO'}", flush=True)
    return found


def compare_precisions(runs: list[dict]) -> dict:
    """Time mixed bfloat16 where the processor has it, and set its means beside those of repeated float32 runs.

    Parameters
    ----------
    runs : list of dict
        What :func:`compare_with_listing` found.
    """
    available, reason = machine.bfloat16_instructions()
    if not available:
        print(f"\nMixed bfloat16 was not measured: {reason}.")
        return {"measured": False, "reason": reason}
    print(f"\nMixed bfloat16 ({reason}); mean accuracy in percent:")
    print(f"{'':12}{'seconds':>10}{'ratio':>8}{'mean':>9}   means in float32, seeds 1 to 3")
    found = {}
    for point in runs:
        name, size = point["model"], {key: point[key] for key in ("rows", "folds", "epochs")}
        mixed = run("harness", name, precision="mixed_bfloat16", **size)
        repeated = [np.mean(point["harness_scores"])]
        repeated += [np.mean(run("harness", name, seed=seed, **size)["scores"]) for seed in (2, 3)]
        found[name] = {
            "seconds": mixed["seconds"],
            "ratio": point["listing_seconds"] / mixed["seconds"],
            "mean": float(np.mean(mixed["scores"])),
            "float32_means": [float(mean) for mean in repeated],
        }
        means = "  ".join(f"{mean * 100:.3f}" for mean in repeated)
        row = f"{name:12}{mixed['seconds']:10.1f}{found[name]['ratio']:8.2f}{found[name]['mean'] * 100:9.3f}   {means}"
        print(row, flush=True)
    return {"measured": True, "reason": reason, "models": found}


def measure_growth(name: str, size: dict[str, int]) -> list[dict]:
    """Time the harness while rows, epochs and folds grow, one at a time."""
    grid = [size]
    grid += [size | {"rows": size["rows"] * factor} for factor in (2, 4)]
    grid += [size | {"epochs": size["epochs"] * factor} for factor in (2, 4)]
    grid += [size | {"folds": size["folds"] * 2}]
    print(f"\nHow the time grows ({name}):")
    print(f"{'rows':>8}{'epochs':>8}{'folds':>8}{'seconds':>10}{'peak memory, MB':>18}")
    found = []
    for point in grid:
        result = run("harness", name, **point)
        found.append(point | {"seconds": result["seconds"], "megabytes": result["megabytes"]})
        print(
            f"{point['rows']:8,}{point['epochs']:8}{point['folds']:8}"
            f"{result['seconds']:10.1f}{result['megabytes']:18.0f}",
            flush=True,
        )
    return found


def measure_prediction() -> dict[str, float]:
    """Time the answer to one image, by the classifier and by Keras's `predict`."""

    def median_ms(call: Callable[[], object]) -> float:
        call()  # the first one compiles
        times = []
        for _ in range(100):
            started = time.perf_counter()
            call()
            times.append(time.perf_counter() - started)
        return float(np.median(times) * 1e3)

    _, _, X_test, _ = load_dataset()
    image = X_test[0]
    model = keras.models.load_model(paths.input_path("models/final_model.keras"))
    classifier = Classifier(model)
    batch = image[np.newaxis].astype("float32") / 255
    found = {
        "classifier_ms": median_ms(lambda: classifier(image)),
        "predict_ms": median_ms(lambda: model.predict(batch, verbose=0)),
    }
    print(
        f"\nOne prediction, median of 100: {found['classifier_ms']:.1f} ms by Classifier (the way from a picture to "
        f"MNIST's format included), {found['predict_ms']:.1f} ms by model.predict."
    )
    return found


def main() -> None:
    """Run all measurements, print them and write them down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=60_000, help="rows of the comparison with the listing")
    parser.add_argument("--epochs", type=int, default=10, help="its epochs")
    parser.add_argument("--folds", type=int, default=5, help="folds of both")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--small-rows", type=int, default=6_000, help="rows of the other measurements")
    arguments = parser.parse_args()
    names, size = arguments.models, {"rows": arguments.rows, "folds": arguments.folds, "epochs": arguments.epochs}
    small = {"rows": arguments.small_rows, "folds": arguments.folds, "epochs": 1}

    found = {"machine": machine.describe()}
    print(f"{found['machine']['processor']}, {found['machine']['cores']} cores, TensorFlow and Keras as installed.")
    print(f"The machine was busy to {psutil.cpu_percent(interval=3):.0f} % before the measurements.")
    print(f"{size['rows']:,} rows, {size['folds']} folds, {size['epochs']} epochs.")
    found["peak_gflops"] = measure_peak()
    peak = max(found["peak_gflops"][name]["best"] for name in ("one_process", "one_process_a_core"))
    found["comparisons"] = compare_with_listing(names, size, peak)
    found["equal_to_the_bit"] = check_equality(names, small)
    found["bfloat16"] = compare_precisions(found["comparisons"])
    found["growth"] = measure_growth(names[0], small)
    found["prediction"] = measure_prediction()
    path = paths.output_path("results/benchmark.json")
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"\nWritten to {path.relative_to(paths.PROJECT) if not paths.SMOKE else path}.")


if __name__ == "__main__":
    main()
