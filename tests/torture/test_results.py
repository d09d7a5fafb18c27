"""Crafted models, damaged models, damaged results: nothing in a file is ever run, and nothing is overwritten."""

import io
import json
import marshal
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

from mnist_utils import paths
from mnist_utils.canvas import write_page_files
from mnist_utils.evaluation import CrossValidation
from mnist_utils.predict import Classifier
from mnist_utils.quiet import keras

pytestmark = [pytest.mark.torture, pytest.mark.slow]


@pytest.fixture
def small_model(tmp_path) -> Path:
    """A small model of the right shapes, in a file."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
    model.save(tmp_path / "small.keras")
    return tmp_path / "small.keras"


def changed(file: Path, change: Callable[[dict], None]) -> bytes:
    """Return the bytes of a model's file, its configuration changed."""
    content = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(content, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                config = json.loads(data)
                change(config)
                data = json.dumps(config).encode()
            new.writestr(name, data)
    return content.getvalue()


# Models that hold code


def touch(target: Path) -> str:
    """Return Python that leaves a trace if it is run."""
    return f"open({str(target)!r}, 'w').close()"


def lambda_layer(target: Path) -> dict:
    """Return the configuration of a Lambda layer, as Keras saves one: with marshalled code."""
    function = eval(f"lambda x: ({touch(target)}, x)[1]")
    layer = keras.layers.Lambda(function, output_shape=(10,))
    return keras.saving.serialize_keras_object(layer)


def of_module(module: str, name: str, config: dict) -> dict:
    return {"module": module, "class_name": name, "config": config, "registered_name": name, "build_config": None}


def crafted_configurations(target: Path) -> dict[str, dict]:
    """Return configurations of layers that would run code, or start a program, if they were made."""
    code = touch(target)
    return {
        "a Lambda layer": lambda_layer(target),
        "exec": of_module("builtins", "exec", {"source": code}),
        "eval": of_module("builtins", "eval", {"source": code}),
        "os.system": of_module("os", "system", {"command": f"touch {target}"}),
        "subprocess.Popen": of_module("subprocess", "Popen", {"args": ["touch", str(target)]}),
        "Path.touch": of_module("pathlib", "Path.touch", {"self": str(target)}),
        "a module of keras that runs code": of_module("keras.src.utils.python_utils", "func_load", {"code": code}),
        "a pickle": of_module("pickle", "loads", {"data": code}),
        "numpy": of_module("numpy", "load", {"file": str(target), "allow_pickle": True}),
        "an activation": of_module(
            "keras.layers", "Activation", {"activation": {"class_name": "__lambda__", "config": {"value": code}}}
        ),
        "a function": of_module(
            "keras.layers", "Activation", {"activation": of_module("builtins", "function", {"value": "exec"})}
        ),
        "unsafe, it says": lambda_layer(target) | {"safe_mode": False},
    }


@pytest.mark.parametrize("name", crafted_configurations(Path("trace")))
@pytest.mark.parametrize("safe", ["as loaded", "after somebody loaded unsafely"])
def test_code_in_a_keras_file_is_never_run(small_model, tmp_path, tally, name, safe):
    trace = tmp_path / "trace"
    layer = crafted_configurations(trace)[name]
    crafted = tmp_path / "crafted.keras"
    crafted.write_bytes(changed(small_model, lambda config: config["config"]["layers"].insert(1, layer)))
    if safe != "as loaded":
        keras.models.load_model(small_model, safe_mode=False)
    for read in (Classifier, lambda file: write_page_files(file, tmp_path / "page")):
        tally.tried += 1
        with pytest.raises(ValueError, match=r"^.*crafted\.keras: not a model that Keras can load \("):
            read(crafted)
        assert not trace.exists()
        tally.survived += 1


class Malicious:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple:
        return Path.touch, (self.target,)


def pickled_weights(target: Path) -> bytes:
    content = io.BytesIO()
    np.savez(content, weights=np.array([Malicious(target)], dtype=object))
    return content.getvalue()


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".hdf5", ".pkl", ".npz", ".pt", ".pb", ".onnx", ".tflite", ""])
@pytest.mark.parametrize("content", ["pickle", "marshal", "npz", "h5"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_other_formats_are_refused_and_never_run(small_model, tmp_path, tally, suffix, content):
    tally.tried += 1
    trace, crafted = tmp_path / "trace", tmp_path / f"crafted{suffix}"
    if content == "h5":
        legacy = tmp_path / "legacy.h5"
        function = eval(f"lambda x: ({touch(trace)}, x)[1]")
        keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Lambda(function, output_shape=(28, 28, 1))]).save(
            legacy
        )
        trace.unlink(missing_ok=True)
        crafted.write_bytes(legacy.read_bytes())
    else:
        contents = {
            "pickle": pickle.dumps(Malicious(trace)),
            "marshal": marshal.dumps(compile(touch(trace), "", "exec")),
            "npz": pickled_weights(trace),
        }
        crafted.write_bytes(contents[content])
    message = "not a model that Keras can load" if suffix == ".keras" else "not a .keras file"
    with pytest.raises(ValueError, match=message):
        Classifier(crafted)
    assert not trace.exists()
    tally.survived += 1


@pytest.mark.filterwarnings("ignore:Skipping invalid path")
def test_an_archive_that_writes_outside_of_its_folder_writes_nothing(small_model, tmp_path, tally):
    tally.tried += 1
    outside = tmp_path / "outside"
    with zipfile.ZipFile(small_model, "a") as archive:
        archive.writestr("../outside", "written")
        archive.writestr("assets/../../outside", "written")
        archive.writestr(str(outside), "written")
    try:
        Classifier(small_model)
    except ValueError as error:
        assert "not a model that Keras can load" in str(error)
    assert not outside.exists()
    tally.survived += 1


# Models that cannot be loaded


def test_a_model_of_a_newer_keras_is_a_clear_error(small_model, tmp_path, tally):
    def rename_layer(config: dict) -> None:
        config["config"]["layers"][1]["class_name"] = "FlattenOfTomorrow"

    def add_argument(config: dict) -> None:
        config["config"]["layers"][2]["config"]["sparsity"] = 0.5

    def add_format(config: dict) -> None:
        config["class_name"], config["module"] = "ModelOfTomorrow", "keras.src.models.tomorrow"

    for change in (rename_layer, add_argument, add_format):
        tally.tried += 1
        newer = tmp_path / "newer.keras"
        newer.write_bytes(changed(small_model, change))
        with pytest.raises(ValueError, match=r"^.*newer\.keras: not a model that Keras can load \(.+\)"):
            Classifier(newer)
        tally.survived += 1


def test_a_model_cut_off_or_changed_anywhere_is_a_clear_error_or_the_same_model(small_model, tmp_path, try_cases):
    whole = small_model.read_bytes()
    X = np.random.default_rng(0).random((3, 28, 28))
    expected = Classifier(small_model).predict_proba(X)

    def load(case):
        kind, place, value = case
        at = round(place * (len(whole) - 1))
        content = whole[:at] if kind == "cut off" else whole[:at] + bytes([whole[at] ^ value]) + whole[at + 1 :]
        damaged = tmp_path / "damaged.keras"
        damaged.write_bytes(content)
        try:
            answers = Classifier(damaged).predict_proba(X)
        except ValueError as error:
            assert str(error).startswith(f"{damaged}: ")
        else:
            np.testing.assert_array_equal(answers, expected)

    kinds = st.sampled_from(["cut off", "changed"])
    try_cases(300, st.tuples(kinds, st.floats(0, 1), st.integers(1, 255)), load)


# Results


def test_a_result_changed_anywhere_is_a_clear_error_or_a_result_and_stays(tmp_path, monkeypatch, tally, try_cases):
    recorded = (paths.PROJECT / "results" / "baseline.json").read_bytes()
    monkeypatch.setattr(paths, "PROJECT", tmp_path)
    file = tmp_path / "results" / "baseline.json"
    file.parent.mkdir()

    def load(case):
        kind, place, other = case
        at = round(place * len(recorded))
        content = recorded[:at] + (b"" if kind == "cut off" else other + recorded[at + len(other) :])
        file.write_bytes(content)
        tally.at_stake += 1
        try:
            scores, histories = CrossValidation.load("baseline")
        except ValueError as error:
            assert "not a result that this version can read" in str(error)
        else:
            assert len(scores) == len(histories)
        assert file.read_bytes() == content
        tally.kept += 1

    kinds = st.sampled_from(["cut off", "changed", "changed"])
    others = st.binary(min_size=1, max_size=8) | st.sampled_from(
        [b"0", b"9", b"-", b"null", b"[]", b"{}", b"NaN", b'"']
    )
    try_cases(2000, st.tuples(kinds, st.floats(0, 1), others), load)
