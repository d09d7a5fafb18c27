"""A classifier answers alike for a file, an array and a picture of one digit, and says clearly what it cannot read.

Digits are read with the book's models. Where it matters which pixels a model gets, the model is a toy of random
weights: it knows no digits, but each pixel changes its answer.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_utils import paths, predict
from mnist_utils.predict import Classifier, main
from mnist_utils.quiet import keras
from mnist_utils.reading import Number, ReadDigit

IMAGES = paths.PROJECT / "notebooks" / "images"
DIGITS = {
    "test_digit.png": 7,
    "drawn_2.png": 2,
    "drawn_4.png": 4,
    "drawn_5.png": 5,
    "paper_3.png": 3,
    "corner_8.png": 8,
    "thin_5.png": 5,
}


def build_model(bias=None):
    """A toy of random weights, the same each time; a large bias makes it answer one digit always."""
    layer = keras.layers.Dense(10, activation="softmax")
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), layer])
    weights = np.random.default_rng(0).normal(0, 0.1, (784, 10))
    layer.set_weights([weights, np.zeros(10) if bias is None else bias])
    return model


@pytest.fixture(scope="module")
def classifier():
    return Classifier("final_model")


@pytest.fixture(scope="module")
def toy():
    return Classifier(build_model())


@pytest.fixture(scope="module")
def mnist(true_mnist):
    """MNIST's first 100 test images and their labels."""
    _, (X_test, y_test) = true_mnist
    return X_test[:100], y_test[:100]


@pytest.fixture(scope="module")
def seven():
    """The book's picture of a 7, which is in MNIST's format: uint8, (28, 28)."""
    return np.asarray(Image.open(IMAGES / "test_digit.png"))


@pytest.fixture
def folder(tmp_path, monkeypatch, mnist):
    """The working directory: pictures of a 7, a 3, the number 17 and of nothing, and a text file."""
    monkeypatch.chdir(tmp_path)
    Image.open(IMAGES / "test_digit.png").save("seven.png")
    Image.open(IMAGES / "paper_3.png").convert("RGB").save("three.jpg")
    images, labels = mnist
    one, seven = images[labels == 1][0], images[labels == 7][0]
    Image.fromarray(np.hstack([one, seven])).save("17.png")
    Image.fromarray(np.vstack([one, seven])).save("lines.png")
    Image.new("L", (28, 28)).save("blank.png")
    (tmp_path / "notes.txt").write_text("no image")
    return tmp_path


# One image


@pytest.mark.parametrize(("name", "digit"), DIGITS.items())
def test_the_books_pictures_are_read(classifier, name, digit):
    assert classifier(IMAGES / name).digit == digit


def test_images_of_mnist_are_read_as_well_as_in_a_batch(classifier, mnist):
    images, labels = mnist
    one_by_one = np.array([classifier(image).digit for image in images])
    assert (one_by_one == labels).mean() > 0.97
    np.testing.assert_array_equal(one_by_one, classifier.predict_proba(images).argmax(axis=1))


def test_answers_ten_probabilities(classifier, seven):
    prediction = classifier(seven)
    assert prediction.probabilities.shape == (10,)
    assert prediction.probabilities.dtype == np.float32
    assert prediction.probabilities.sum() == pytest.approx(1)
    assert prediction.probability == prediction.probabilities[7] == prediction.probabilities.max()
    assert str(prediction) == f"7 (probability {prediction.probability:.4f})"


def test_a_blank_image_has_no_digit(classifier):
    prediction = classifier(np.full((28, 28), 128, np.uint8))
    assert prediction.digit is None
    assert prediction.probability == 0
    assert prediction.probabilities.shape == (10,)
    assert not prediction.probabilities.any()
    assert str(prediction) == "nothing to read"


def test_an_image_in_mnists_format_reaches_the_model_as_it_is(toy, seven):
    expected, moved = toy.predict_proba(np.stack([seven, np.roll(seven, 1)]))
    np.testing.assert_allclose(toy(seven).probabilities, expected, atol=0.005)
    assert np.abs(moved - expected).max() > 0.05  # the toy would have noticed one pixel to the side


@pytest.mark.parametrize(
    "form",
    [
        lambda image: image[..., np.newaxis],
        lambda image: image.astype(np.int64),
        lambda image: image / 255,
        lambda image: (image / 255).astype(np.float32)[..., np.newaxis],
        lambda image: image.tolist(),
        lambda image: np.stack([image] * 3, axis=-1),
        Image.fromarray,
        lambda image: Image.fromarray(image).convert("RGB"),
        lambda image: Image.fromarray(image.astype(np.uint16) * 257),
        lambda image: 255 - image,
    ],
    ids=[
        "channel",
        "int64",
        "float64",
        "float32 channel",
        "list",
        "colour",
        "Pillow",
        "colour Pillow",
        "16 bits Pillow",
        "dark on light",
    ],
)
@pytest.mark.parametrize("brightest", [255, 200])
def test_every_form_of_an_image_gets_the_same_answer(toy, seven, form, brightest):
    image = (seven * (brightest / 255)).round().astype(np.uint8)
    np.testing.assert_allclose(toy(form(image)).probabilities, toy(image).probabilities, atol=0.005)


@pytest.mark.parametrize("name", ["seven.png", "seven.bmp", "seven.tif", "seven.gif"])
def test_a_file_gets_the_same_answer_as_its_pixels(toy, seven, tmp_path, name):
    Image.fromarray(seven).save(tmp_path / name)
    expected = toy(seven).probabilities
    np.testing.assert_array_equal(toy(tmp_path / name).probabilities, expected)
    np.testing.assert_array_equal(toy(str(tmp_path / name)).probabilities, expected)


def test_a_file_of_16_bits_is_read(toy, seven, tmp_path):
    Image.fromarray(seven.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    assert Image.open(tmp_path / "deep.png").mode.startswith("I")
    np.testing.assert_allclose(toy(tmp_path / "deep.png").probabilities, toy(seven).probabilities, atol=0.005)


def test_size_and_place_of_the_digit_do_not_matter(classifier, mnist):
    images, labels = mnist
    for digit in range(10):
        picture = Image.new("L", (300, 200))
        large = Image.fromarray(images[labels == digit][0]).resize((80, 80), Image.Resampling.BICUBIC)
        picture.paste(large, (216, 116))
        assert classifier(picture).digit == digit


def test_the_image_is_left_as_it_was(classifier, seven):
    image = seven / 255
    before = image.copy()
    classifier(image)
    np.testing.assert_array_equal(image, before)


# Many images


def test_a_batch_gets_the_models_answers_in_order(toy):
    X = np.random.default_rng(1).integers(0, 256, (1_203, 28, 28, 1), dtype=np.uint8)  # more than two batches
    probabilities = toy.predict_proba(X)
    assert probabilities.shape == (1_203, 10)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, toy.model.predict(X / 255, verbose=0), atol=1e-5)


def test_a_model_whose_training_diverged_answers_with_an_error_and_no_digit(seven):
    diverged = Classifier(build_model(bias=np.full(10, np.nan)))
    with pytest.raises(ValueError, match="its training has probably diverged"):
        diverged(seven)


def test_a_model_without_softmax_is_refused_because_its_answers_are_no_probabilities(seven):
    layer = keras.layers.Dense(10)
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), layer])
    with pytest.raises(ValueError, match="no probabilities: end it with a layer that has softmax"):
        Classifier(model)(seven)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
def test_integers_of_every_type_are_read_alike(toy, mnist, dtype):
    X = mnist[0][:5] // 2  # up to 127, which is the most that int8 holds
    np.testing.assert_array_equal(toy.predict_proba(X.astype(dtype)), toy.predict_proba(X))


def test_a_batch_is_read_in_every_form(toy, mnist):
    X = mnist[0][:5]
    expected = toy.predict_proba(X)
    np.testing.assert_array_equal(toy.predict_proba(X[..., np.newaxis]), expected)
    np.testing.assert_array_equal(toy.predict_proba(X.tolist()), expected)
    for dtype, tolerance in {np.float64: 1e-6, np.float32: 1e-6, np.float16: 0.01}.items():
        np.testing.assert_allclose(toy.predict_proba((X / 255).astype(dtype)), expected, atol=tolerance)
    np.testing.assert_array_equal(toy.predict_proba(X > 127), toy.predict_proba((X > 127) * 255))
    assert toy.predict_proba(X[:0]).shape == (0, 10)


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1), (2, 32, 32), (2, 28, 28, 3)])
def test_a_batch_of_another_shape_is_refused(toy, shape):
    with pytest.raises(ValueError, match=r"give \(n, 28, 28, 1\)"):
        toy.predict_proba(np.zeros(shape))


@pytest.mark.parametrize("wrong", [255.0, -1.0, 256, -1, np.nan, "7"])
def test_a_batch_of_other_pixels_is_refused(toy, wrong):
    with pytest.raises(ValueError, match="integers from 0 to 255 or floats from 0 to 1"):
        toy.predict_proba(np.full((2, 28, 28), wrong))


# The model


@pytest.mark.parametrize("name", paths.MODELS)
def test_the_books_models_answer_as_in_keras(mnist, name):
    X = mnist[0][..., np.newaxis] / 255
    file = paths.input_path(f"models/{name}.keras")
    expected = keras.models.load_model(file, compile=False).predict(X, verbose=0)
    np.testing.assert_allclose(Classifier(name).predict_proba(X), expected, atol=1e-5)
    np.testing.assert_allclose(Classifier(file).predict_proba(X), expected, atol=1e-5)


def test_weights_trained_on_afterwards_are_used(seven):
    model = build_model()
    classifier = Classifier(model)
    assert classifier(seven).digit != 6
    model.set_weights(build_model(bias=100 * np.eye(10)[6]).get_weights())
    assert classifier(seven).digit == 6


def save_small_model():
    keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10)]).save("small.keras")


@pytest.mark.parametrize(
    ("save", "error", "message"),
    [
        (None, FileNotFoundError, "nowhere.keras: no such file. Give own_images, final_model or a .keras file."),
        (lambda: Path("folder.keras").mkdir(), IsADirectoryError, "folder.keras: this is a folder. Give own_images, "),
        (None, ValueError, "seven.png: not a .keras file. "),
        (save_small_model, ValueError, "small.keras: the model takes (None, 8, 8, 1) and answers (None, 10). "),
    ],
    ids=["missing", "folder", "picture", "small"],
)
def test_a_file_that_is_no_model_is_named_also_by_the_command(folder, capsys, save, error, message):
    if save:
        save()
    name = message.split(":")[0]
    with pytest.raises(error) as caught:
        Classifier(name)
    assert str(caught.value).startswith(message)
    assert main(["--model", name, "seven.png"]) == 2
    assert capsys.readouterr() == ("", f"{caught.value}\n")


@pytest.mark.parametrize(
    ("layers", "takes", "answers"),
    [
        ([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10)], "(None, 8, 8, 1)", "(None, 10)"),
        ([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(2)], "(None, 28, 28, 1)", "(None, 2)"),
        ([keras.layers.Flatten(), keras.layers.Dense(10)], "None", "None"),
    ],
    ids=["input", "output", "never built"],
)
def test_a_model_of_other_shapes_is_refused(layers, takes, answers):
    with pytest.raises(ValueError) as caught:
        Classifier(keras.Sequential(layers))
    assert str(caught.value).startswith(f"The model takes {takes} and answers {answers}. A Classifier needs")


# The command


def test_command_prints_name_digit_and_probability(folder, capsys):
    assert main(["seven.png", "three.jpg", "blank.png"]) == 0
    classifier = Classifier("own_images")
    expected = [
        f"{name}\t{digit}\t{classifier(name).probability:.4f}" for name, digit in (("seven.png", 7), ("three.jpg", 3))
    ]
    assert capsys.readouterr() == ("\n".join([*expected, "blank.png\t-\t0.0000\n"]), "")


def test_command_prints_numbers(folder, capsys):
    assert main(["--number", "17.png", "lines.png", "seven.png", "blank.png"]) == 0
    assert capsys.readouterr() == ("17.png\t17\nlines.png\t1_7\nseven.png\t7\nblank.png\t-\n", "")


def test_command_prints_json_for_other_programs(folder, capsys):
    assert main(["--json", "seven.png", "blank.png"]) == 0
    seven, blank = map(json.loads, capsys.readouterr().out.splitlines())
    assert (seven["file"], seven["digit"], len(seven["probabilities"])) == ("seven.png", 7, 10)
    assert seven["probability"] == max(seven["probabilities"])
    assert (blank["digit"], blank["probability"]) == (None, 0)
    assert main(["--json", "--number", "lines.png", "blank.png"]) == 0
    lines, blank = map(json.loads, capsys.readouterr().out.splitlines())
    assert lines["text"] == "1_7"
    assert [(each["digit"], each["line"]) for each in lines["digits"]] == [(1, 0), (7, 1)]
    upper, lower = (each["box"] for each in lines["digits"])
    assert upper[1] + upper[3] <= lower[1]
    assert (blank["text"], blank["digits"]) == ("", [])
    assert blank["reason"]


@pytest.mark.parametrize("options", [[], ["--number"]], ids=["digit", "number"])
def test_command_answers_the_other_files_and_fails(folder, capsys, options):
    whole = (folder / "seven.png").read_bytes()
    (folder / "damaged.png").write_bytes(whole[: len(whole) // 2])
    bad = ["missing.png", "notes.txt", "damaged.png", str(folder)]
    assert main([*options, *bad, "seven.png"]) == 1
    out, err = capsys.readouterr()
    assert [line.split("\t")[:2] for line in out.splitlines()] == [["seven.png", "7"]]
    assert [line.split(": ")[0] for line in err.splitlines()] == bad
    assert "Errno" not in err


def test_command_makes_no_number_of_a_blot(folder, capsys):
    blot = np.full((60, 60), 255, np.uint8)
    blot[10:50, 10:50] = 0
    Image.fromarray(blot).save("blot.png")
    assert main(["--number", "blot.png"]) == 0
    assert capsys.readouterr().out == "blot.png\t-\n"


def test_command_reads_with_another_model(folder, capsys):
    build_model(bias=100 * np.eye(10)[6]).save("sixes.keras")
    assert main(["--model", "sixes.keras", "seven.png"]) == 0
    assert main(["--model", "sixes.keras", "--number", "17.png"]) == 0
    assert capsys.readouterr().out == "seven.png\t6\t1.0000\n17.png\t66\n"


@pytest.mark.parametrize(
    ("activation", "bias", "message"),
    [("softmax", np.nan, "answers are not finite numbers: its "), (None, 0, "answers are no probabilities: end it ")],
    ids=["diverged", "without softmax"],
)
def test_command_names_the_model_whose_answers_are_none(folder, capsys, activation, bias, message):
    layer = keras.layers.Dense(10, activation, bias_initializer=keras.initializers.Constant(bias))
    keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), layer]).save("odd.keras")
    assert main(["--model", "odd.keras", "seven.png"]) == 1
    assert capsys.readouterr().err.startswith(f"odd.keras: the model's {message}")


@pytest.fixture
def unsure(monkeypatch):
    """The command reads every digit with a probability of 0.8, and every number as one sure digit and one of 0.5."""

    class Unsure:
        def __init__(self, model):
            pass

        def __call__(self, file):
            return predict.Prediction(7, np.where(np.arange(10) == 7, 0.8, 0))

    def read_number(file, classifier):
        digits = [ReadDigit(7, p, (0, 0, 8, 20), np.zeros((28, 28), np.uint8)) for p in (0.99, 0.5)]
        return Number(np.zeros((28, 28), np.uint8), 1.0, [], "", [digits])

    monkeypatch.setattr(predict, "Classifier", Unsure)
    monkeypatch.setattr(predict, "read_number", read_number)


@pytest.mark.parametrize(("limit", "doubtful"), [("0.9", True), ("0.8", False)])
def test_command_marks_a_doubtful_digit(unsure, capsys, limit, doubtful):
    assert main(["--json", "--doubtful", limit, "seven.png"]) == 0
    assert json.loads(capsys.readouterr().out)["doubtful"] is doubtful


def test_command_marks_each_doubtful_digit_of_a_number(unsure, capsys):
    assert main(["--number", "--json", "--doubtful", "0.9", "page.png"]) == 0
    digits = json.loads(capsys.readouterr().out)["digits"]
    assert [each["doubtful"] for each in digits] == [False, True]


def test_command_marks_nothing_unless_asked_to(unsure, capsys):
    assert main(["--json", "seven.png"]) == 0
    assert main(["--number", "--json", "page.png"]) == 0
    assert "doubtful" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--json", "--doubtful", "90"], "90 is no probability: give a number from 0 to 1"),
        (["--json", "--doubtful", "high"], "high is no probability: give a number from 0 to 1"),
        (["--number", "--doubtful", "0.9"], "add --json"),
    ],
    ids=["no probability", "no number", "no JSON"],
)
def test_command_refuses_marks_that_it_cannot_make(capsys, options, message):
    with pytest.raises(SystemExit):
        main([*options, "page.png"])
    assert message in capsys.readouterr().err


@pytest.mark.slow
def test_command_answers_where_the_output_has_no_code_for_a_files_name(folder):
    shutil.copy(folder / "seven.png", folder / "sieben_é.png")
    command = [sys.executable, "-m", "mnist_utils.predict", "sieben_é.png", "three.jpg"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    lines = [line.split("\t")[:2] for line in done.stdout.splitlines()]
    assert (lines, done.returncode) == ([["sieben_\\xe9.png", "7"], ["three.jpg", "3"]], 0)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
def test_command_ends_without_a_traceback_when_nobody_reads_on(folder):
    command = [sys.executable, "-m", "mnist_utils.predict", *["seven.png"] * 2]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.close()  # as `head` does
    assert (process.stderr.read(), process.wait()) == ("", 1)


@pytest.mark.slow
def test_command_is_quiet_in_a_terminal(folder):
    command = [sys.executable, "-m", "mnist_utils.predict", "seven.png", "notes.txt", "three.jpg"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert [line.split("\t")[:2] for line in done.stdout.splitlines()] == [["seven.png", "7"], ["three.jpg", "3"]]
    assert done.stderr.startswith("notes.txt: not an image")
    assert done.stderr.count("\n") == 1
    assert done.returncode == 1
