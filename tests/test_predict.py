"""A classifier answers the same for a file, an array and a picture of one digit, and says clearly what it cannot read.

All but the last tests use a model whose answers can be told without training: it looks which tenth of the image's
width holds the most ink. A vertical bar at the left edge is a 0, one at the right edge a 9.
"""

import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image

from mnist_utils.data import load_mnist
from mnist_utils.predict import Classifier, main


def bar(digit, scale=1):
    """The image that the model reads as this digit: uint8, (28 scale, 28 scale)."""
    image = np.zeros((28, 28), dtype=np.uint8)
    image[4:24, np.arange(28) * 10 // 28 == digit] = 250
    return image.repeat(scale, axis=0).repeat(scale, axis=1)


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    layer = keras.layers.Dense(10, activation="softmax", use_bias=False)
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), layer])
    bands = np.eye(10)[np.arange(28) * 10 // 28]  # (28 columns, 10 digits)
    layer.set_weights([np.tile(0.1 * bands, (28, 1))])
    path = tmp_path_factory.mktemp("models") / "bars.keras"
    model.save(path)
    return path


@pytest.fixture(scope="module")
def classifier(model_file):
    return Classifier(model_file)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with an image of a 3, one of a 7, a blank one, and a text file."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(bar(3)).save("three.png")
    Image.fromarray(bar(7, scale=4)).convert("RGB").save("seven.jpg")
    Image.new("L", (28, 28)).save("blank.png")
    (tmp_path / "notes.txt").write_text("no image")
    return tmp_path


# One image


@pytest.mark.parametrize("digit", range(10))
def test_reads_the_digit(classifier, digit):
    assert classifier(bar(digit)).digit == digit


def test_answers_ten_probabilities(classifier):
    prediction = classifier(bar(3))
    assert prediction.probabilities.shape == (10,)
    assert prediction.probabilities.dtype == np.float32
    assert prediction.probabilities.sum() == pytest.approx(1)
    assert prediction.probability == prediction.probabilities[3] == prediction.probabilities.max()
    assert str(prediction) == f"3 (probability {prediction.probability:.4f})"


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
    ],
    ids=["channel", "int64", "float64", "float32 channel", "list", "colour", "picture", "colour picture"],
)
def test_every_form_of_an_image_gets_the_same_answer(classifier, form):
    image = bar(6)
    np.testing.assert_allclose(classifier(form(image)).probabilities, classifier(image).probabilities, atol=1e-6)


def test_a_file_gets_the_same_answer_as_its_pixels(classifier, folder):
    expected = classifier(bar(3)).probabilities
    np.testing.assert_array_equal(classifier("three.png").probabilities, expected)
    np.testing.assert_array_equal(classifier(folder / "three.png").probabilities, expected)


@pytest.mark.parametrize(
    "form", [np.asarray, lambda image: image / 255, Image.fromarray], ids=["uint8", "float", "PIL"]
)
def test_other_sizes_are_resized(classifier, form):
    large = classifier(form(bar(8, scale=5)))
    assert large.digit == 8
    np.testing.assert_allclose(large.probabilities, classifier(bar(8)).probabilities, atol=0.1)


@pytest.mark.parametrize("level", [0, 255])
def test_an_image_without_ink_has_no_digit(classifier, level):
    prediction = classifier(np.full((28, 28), level, np.uint8))
    assert prediction.digit is None
    assert prediction.probability == 0
    assert not prediction.probabilities.any()
    assert str(prediction) == "nothing to read"


def test_the_image_is_left_as_it_was(classifier):
    image = bar(5) / 255
    before = image.copy()
    classifier(image)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("shape", [(28,), (0, 28), (2, 28, 28), (1, 28, 28, 1)])
def test_an_array_that_is_no_single_image_is_refused(classifier, shape):
    with pytest.raises(ValueError, match=r"give \(28, 28\)"):
        classifier(np.zeros(shape))


@pytest.mark.parametrize(
    "wrong", [bar(1).astype(float), -(bar(1) / 255), bar(1).astype(int) * 2, np.full((28, 28), np.nan)]
)
def test_pixels_out_of_range_are_refused(classifier, wrong):
    with pytest.raises(ValueError, match="integers from 0 to 255 or floats from 0 to 1"):
        classifier(wrong)


def test_pixels_that_are_no_numbers_are_refused(classifier):
    with pytest.raises(ValueError, match="integers from 0 to 255"):
        classifier(np.full((28, 28), "7"))


def test_a_file_that_is_no_image_is_named(classifier, folder):
    with pytest.raises(FileNotFoundError, match=r"missing\.png"):
        classifier("missing.png")
    with pytest.raises(ValueError, match=r"notes\.txt: not an image"):
        classifier("notes.txt")


def test_a_damaged_image_is_named(classifier, folder):
    whole = (folder / "three.png").read_bytes()
    (folder / "damaged.png").write_bytes(whole[: len(whole) - 30])
    with pytest.raises(ValueError, match=r"damaged\.png: not an image"):
        classifier("damaged.png")


# Many images


def test_a_batch_gets_the_answers_of_its_images_in_order(classifier):
    digits = np.random.default_rng(0).integers(0, 10, 1_203)
    X = np.stack([bar(digit) for digit in digits])[..., np.newaxis]
    probabilities = classifier.predict(X)
    assert probabilities.shape == (1_203, 10)
    assert probabilities.dtype == np.float32
    np.testing.assert_array_equal(probabilities.argmax(axis=1), digits)
    np.testing.assert_allclose(probabilities[1_202], classifier(X[1_202]).probabilities, atol=1e-6)


def test_a_batch_is_read_in_every_form(classifier):
    X = np.stack([bar(2), bar(4)])
    expected = classifier.predict(X)
    np.testing.assert_allclose(classifier.predict(X[..., np.newaxis]), expected)
    np.testing.assert_allclose(classifier.predict(X / 255), expected, atol=1e-6)
    assert classifier.predict(X[:0]).shape == (0, 10)


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1), (2, 32, 32), (2, 28, 28, 3)])
def test_a_batch_of_another_shape_is_refused(classifier, shape):
    with pytest.raises(ValueError, match=r"give \(n, 28, 28, 1\)"):
        classifier.predict(np.zeros(shape))


# The model


def test_a_model_in_memory_will_do(model_file):
    assert Classifier(keras.models.load_model(model_file))(bar(9)).digit == 9


def test_weights_trained_on_afterwards_are_used(model_file):
    model = keras.models.load_model(model_file)
    classifier = Classifier(model)
    model.set_weights([-weights for weights in model.get_weights()])
    assert classifier(bar(9)).digit != 9


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.keras: no such file"):
        Classifier(tmp_path / "nowhere.keras")


def test_a_file_that_is_no_model_is_named(folder):
    with pytest.raises(ValueError, match=r"three\.png: not a model"):
        Classifier("three.png")


def test_a_model_of_other_shapes_is_refused():
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10)])
    with pytest.raises(ValueError, match=r"takes \(None, 8, 8, 1\)"):
        Classifier(model)


# The command


def test_command_prints_name_digit_and_probability(classifier, model_file, folder, capsys):
    assert main(["--model", str(model_file), "three.png", "seven.jpg"]) == 0
    out, err = capsys.readouterr()
    three, seven = (line.split("\t") for line in out.splitlines())
    assert three[:2] == ["three.png", "3"]
    assert float(three[2]) == pytest.approx(classifier("three.png").probability, abs=5e-5)
    assert seven[:2] == ["seven.jpg", "7"]
    assert err == ""


def test_command_answers_the_other_files_and_fails(model_file, folder, capsys):
    names = ["missing.png", "three.png", "notes.txt", str(folder), "seven.jpg"]
    assert main(["--model", str(model_file), *names]) == 1
    out, err = capsys.readouterr()
    assert [line.split("\t")[:2] for line in out.splitlines()] == [["three.png", "3"], ["seven.jpg", "7"]]
    complaints = err.splitlines()
    assert len(complaints) == 3
    for complaint, name in zip(complaints, ["missing.png", "notes.txt", str(folder)], strict=True):
        assert name in complaint


def test_command_prints_a_dash_for_a_blank_image(model_file, folder, capsys):
    assert main(["--model", str(model_file), "blank.png"]) == 0
    assert capsys.readouterr().out == "blank.png\t-\t0.0000\n"


def test_command_without_a_model_says_so(folder, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["--model", "nowhere.keras", "three.png"])
    assert exit_.value.code == 2
    assert "nowhere.keras: no such file" in capsys.readouterr().err


@pytest.mark.slow
def test_command_is_quiet_in_a_terminal(model_file, folder):
    command = [sys.executable, "-m", "mnist_utils.predict", "--model", str(model_file), "three.png", "notes.txt"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout.startswith("three.png\t3\t")
    assert done.stdout.count("\n") == 1
    assert done.stderr == "notes.txt: not an image that can be read\n"
    assert done.returncode == 1


# The book's own model


def test_the_finalized_model_reads_mnists_test_digits():
    _, (X_test, y_test) = load_mnist()
    probabilities = Classifier().predict(X_test[:1_000])
    assert (probabilities.argmax(axis=1) == y_test[:1_000]).mean() > 0.97
