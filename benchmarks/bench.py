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

from mnist_utils import settings
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


def compare_with_listing(names: list[str], peak: float, size: dict[str, int]) -> dict[str, dict]:
    """Time listing and harness for each model, and print a table."""
    train_rows = size["rows"] * (size["folds"] - 1)
    test_rows = size["rows"]
    print(f"\nSeconds from call to result: {size['rows']:,} rows, {size['folds']} folds, {size['epochs']} epochs")
    print(f"{'':12}{'listing':>10}{'harness':>10}{'ratio':>8}{'GFLOP/s':>10}{'of peak':>9}{'peak memory, MB':>22}")
    found = {}
    for name in names:
        listing, harness = run("listing", name, **size), run("harness", name, **size)
        flops = flops_of_a_row(MODELS[name]())
        operations = size["epochs"] * (train_rows * flops["training"] + test_rows * flops["forward"])
        rate = operations / harness["seconds"] / 1e9
        found[name] = {
            "listing_seconds": listing["seconds"],
            "harness_seconds": harness["seconds"],
            "ratio": listing["seconds"] / harness["seconds"],
            "listing_scores": listing["scores"],
            "harness_scores": harness["scores"],
            "listing_megabytes": listing["megabytes"],
            "harness_megabytes": harness["megabytes"],
            "flops_of_a_row": flops,
            "gflops": rate,
            "share_of_peak": rate / peak,
        }
        memory = f"{listing['megabytes']:.0f} and {harness['megabytes']:.0f}"
        print(
            f"{name:12}{listing['seconds']:10.1f}{harness['seconds']:10.1f}{found[name]['ratio']:8.2f}"
            f"{rate:10.1f}{found[name]['share_of_peak']:9.0%}{memory:>22}",
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


def compare_precisions(names: list[str], size: dict[str, int], listing: dict[str, dict]) -> dict:
    """Time mixed bfloat16 where the processor has it, and set its means beside those of repeated float32 runs."""
    available, reason = machine.bfloat16_instructions()
    if not available:
        print(f"\nMixed bfloat16 was not measured: {reason}.")
        return {"measured": False, "reason": reason}
    print(f"\nMixed bfloat16 ({reason}); mean accuracy in percent:")
    print(f"{'':12}{'seconds':>10}{'ratio':>8}{'mean':>9}   means in float32, seeds 1 to 3")
    found = {}
    for name in names:
        mixed = run("harness", name, precision="mixed_bfloat16", **size)
        repeated = [np.mean(listing[name]["harness_scores"])]
        repeated += [np.mean(run("harness", name, seed=seed, **size)["scores"]) for seed in (2, 3)]
        found[name] = {
            "seconds": mixed["seconds"],
            "ratio": listing[name]["listing_seconds"] / mixed["seconds"],
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
    model = keras.models.load_model(settings.recorded("models/final_model.keras"))
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
    parser.add_argument("--epochs", type=int, default=2, help="its epochs")
    parser.add_argument("--folds", type=int, default=5, help="its folds")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--small-rows", type=int, default=6_000, help="rows of the other measurements")
    arguments = parser.parse_args()
    size = {"rows": arguments.rows, "epochs": arguments.epochs, "folds": arguments.folds}
    small = {"rows": arguments.small_rows, "epochs": 1, "folds": arguments.folds}

    found = {"machine": machine.describe(), "size": size}
    print(f"{found['machine']['processor']}, {found['machine']['cores']} cores, TensorFlow and Keras as installed.")
    print(f"The machine was busy to {psutil.cpu_percent(interval=3):.0f} % before the measurements.")
    found["peak_gflops"] = machine.measure_peak(found["machine"]["cores"])
    print(
        "Matrix products in float32, GFLOP/s: {one_process_default_threads:.0f} in one process, "
        "{processes_of_one_thread:.0f} in one process a core with one thread each. A convolution alone (64 filters on "
        "64 channels, forward and back) reaches {convolutions:.0f} there.".format(**found["peak_gflops"])
    )
    found["models"] = compare_with_listing(arguments.models, found["peak_gflops"]["peak"], size)
    found["equal_to_the_bit"] = check_equality(arguments.models, small)
    found["bfloat16"] = compare_precisions(arguments.models, size, found["models"])
    found["growth"] = measure_growth(arguments.models[0], small)
    found["prediction"] = measure_prediction()
    path = settings.artifact("results/benchmark.json")
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"\nWritten to {path.relative_to(settings.PROJECT) if not settings.SMOKE else path}.")


if __name__ == "__main__":
    main()
