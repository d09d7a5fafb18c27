"""One environment variable selects smoke runs, which train little and change no tracked file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_utils import paths


def run(code: str, scale: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"MNIST_UTILS_SCALE": scale},
        capture_output=True,
        text=True,
        check=False,
    )


def test_full_scale_is_the_default(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "PROJECT", tmp_path)
    assert not paths.SMOKE
    path = paths.output_path("results/one.json")
    assert path == tmp_path / "results" / "one.json"
    assert path.parent.is_dir()
    path.write_text("{}")
    assert paths.input_path("results/one.json") == path


def test_the_project_is_the_folder_with_results_and_models():
    assert paths.PROJECT.samefile(Path(__file__).parents[1])


def test_a_missing_artifact_says_where_it_comes_from(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "PROJECT", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"results/none\.json is not in the project's folder.*run the notebook"):
        paths.input_path("results/none.json")


def test_an_unknown_scale_is_an_error_that_says_what_to_set():
    done = run("import mnist_utils.paths", scale="smok")
    assert done.returncode
    assert done.stderr.endswith(
        "ValueError: MNIST_UTILS_SCALE is 'smok': set it to 'smoke' for a quick test, or unset it.\n"
    )


SMOKE_RUN = """
import json
import numpy as np
import mnist_utils
import keras
from mnist_utils import paths
from mnist_utils.evaluation import CrossValidation, evaluate_model

def define_model():
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
    model.compile(optimizer="sgd", loss="categorical_crossentropy", metrics=["accuracy"])
    return model

X, y = np.zeros((1000, 28, 28, 1), np.float32), np.eye(10, dtype=np.float32)[np.arange(1000) % 10]
path = evaluate_model(define_model, X, y, name="smoke", verbose=0).save()
cv = CrossValidation.load("smoke")
print(json.dumps([str(path), cv.settings, len(cv.scores), len(cv.histories[0]["loss"])]))
"""


@pytest.mark.slow
def test_a_smoke_run_trains_few_rows_and_leaves_nothing_in_the_project(project):
    def files() -> dict[Path, int]:
        folders = [project / name for name in ("results", "models")]
        return {path: path.stat().st_mtime_ns for folder in folders for path in folder.rglob("*")}

    before = files()
    done = run(SMOKE_RUN, scale="smoke")
    assert done.returncode == 0, done.stderr
    path, run_settings, n_folds, n_epochs = json.loads(done.stdout)
    assert not Path(path).is_relative_to(project)
    assert not Path(path).exists(), "the temporary folder goes with its process"
    assert (run_settings["n_rows"], n_folds, n_epochs) == (paths.SMOKE_ROWS, 5, paths.SMOKE_EPOCHS)
    assert files() == before
