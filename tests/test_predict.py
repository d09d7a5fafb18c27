"""A classifier answers alike for a file, an array and a picture of one digit, and says clearly what it cannot read.

Digits are read with the book's own model. Where it matters which pixels a model gets, the model is a toy of random
weights: it knows no digits, but each pixel changes its answer.
"""

import struct
import subprocess
import sys
import zipfile
import zlib

import keras
import numpy as np
import pytest
from PIL import Image

from mnist_utils import paths
from mnist_utils.data import load_mnist
from mnist_utils.predict import Classifier, main

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
    return Classifier(paths.input_path("models/final_model.keras"))


@pytest.fixture(scope="module")
def toy():
    return Classifier(build_model())


@pytest.fixture(scope="module")
def mnist():
    """MNIST's first 300 test images and their labels."""
    _, (X_test, y_test) = load_mnist()
    return X_test[:300], y_test[:300]


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


def save_giant(path):
    """Write a PNG of a few bytes that claims 50 000 x 50 000 pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b""))


# One image


@pytest.mark.parametrize(("name", "digit"), DIGITS.items())
def test_the_books_pictures_are_read(classifier, name, digit):
    assert classifier(IMAGES / name).digit == digit


def test_mnists_own_images_are_read_as_well_as_in_a_batch(classifier, mnist):
    images, labels = (array[:100] for array in mnist)
    one_by_one = np.array([classifier(image).digit for image in images])
    in_a_batch = classifier.predict(images).argmax(axis=1)
    assert (one_by_one == labels).mean() > 0.97
    np.testing.assert_array_equal(one_by_one, in_a_batch)


def test_answers_ten_probabilities(classifier, seven):
    prediction = classifier(seven)
    assert prediction.probabilities.shape == (10,)
    assert prediction.probabilities.dtype == np.float32
    assert prediction.probabilities.sum() == pytest.approx(1)
    assert prediction.probability == prediction.probabilities[7] == prediction.probabilities.max()
    assert str(prediction) == f"7 (probability {prediction.probability:.4f})"


def test_an_image_in_mnists_format_reaches_the_model_as_it_is(toy, seven):
    expected = toy.model.predict(seven[np.newaxis, ..., np.newaxis] / 255, verbose=0)[0]
    np.testing.assert_allclose(toy(seven).probabilities, expected, atol=0.005)
    moved = toy.model.predict(np.roll(seven, 1)[np.newaxis, ..., np.newaxis] / 255, verbose=0)[0]
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
def test_every_form_of_an_image_gets_the_same_answer(toy, seven, form):
    np.testing.assert_allclose(toy(form(seven)).probabilities, toy(seven).probabilities, atol=0.005)


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


def test_a_photo_is_turned_upright(classifier, toy, seven, tmp_path):
    lying = Image.fromarray(np.rot90(seven))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    lying.save(tmp_path / "photo.png", exif=exif)
    assert classifier(lying).digit != 7
    np.testing.assert_array_equal(toy(tmp_path / "photo.png").probabilities, toy(seven).probabilities)


@pytest.mark.parametrize("colour", [0, 255])
def test_ink_on_a_transparent_ground_is_read(toy, seven, tmp_path, colour):
    picture = Image.new("RGBA", (28, 28), (colour, colour, colour, 0))
    picture.putalpha(Image.fromarray(seven))
    picture.save(tmp_path / "clear.png")
    np.testing.assert_allclose(toy(tmp_path / "clear.png").probabilities, toy(seven).probabilities, atol=0.005)


@pytest.mark.parametrize("size", [(90, 90), (300, 200), (200, 600)])
def test_size_and_place_of_the_digit_do_not_matter(classifier, mnist, size):
    images, labels = mnist
    for digit in range(10):
        width, height = size
        picture = Image.new("L", size)
        large = Image.fromarray(images[labels == digit][0]).resize((80, 80), Image.Resampling.BICUBIC)
        picture.paste(large, (width - 84, height - 84))
        assert classifier(picture).digit == digit


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_image_has_no_digit(classifier, level):
    prediction = classifier(np.full((28, 28), level, np.uint8))
    assert prediction.digit is None
    assert prediction.probability == 0
    assert prediction.probabilities.shape == (10,)
    assert not prediction.probabilities.any()
    assert str(prediction) == "nothing to read"


@pytest.mark.parametrize("side", [28, 200])
def test_noise_has_no_digit(classifier, side):
    noise = np.random.default_rng(0).integers(0, 256, (side, side), dtype=np.uint8)
    assert classifier(noise).digit is None


def test_the_image_is_left_as_it_was(classifier, seven):
    image = seven / 255
    before = image.copy()
    classifier(image)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("shape", [(28,), (0, 28), (2, 28, 28), (28, 28, 2), (2, 28, 28, 1)])
def test_an_array_that_is_no_single_image_is_refused(classifier, shape):
    with pytest.raises(ValueError, match=r"no single picture: give \(height, width\)"):
        classifier(np.zeros(shape))


def test_pixels_that_are_not_finite_are_refused(classifier, seven):
    image = seven / 255
    image[0, 0] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        classifier(image)


def test_a_file_that_is_no_image_is_named(classifier, folder):
    with pytest.raises(FileNotFoundError, match=r"missing\.png"):
        classifier("missing.png")
    with pytest.raises(ValueError, match=r"notes\.txt: not an image"):
        classifier("notes.txt")


def test_a_damaged_image_is_named(classifier, folder):
    whole = (folder / "seven.png").read_bytes()
    (folder / "damaged.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"damaged\.png: not an image"):
        classifier("damaged.png")


# Many images


def test_a_batch_gets_the_models_answers_in_order(toy):
    X = np.random.default_rng(1).integers(0, 256, (1_203, 28, 28, 1), dtype=np.uint8)  # more than two batches
    probabilities = toy.predict(X)
    assert probabilities.shape == (1_203, 10)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, toy.model.predict(X / 255, verbose=0), atol=1e-5)


def test_the_finalized_model_answers_as_in_keras(mnist):
    X = mnist[0][..., np.newaxis] / 255
    model = keras.models.load_model(paths.input_path("models/final_model.keras"))
    np.testing.assert_allclose(Classifier("final_model").predict(X), model.predict(X, verbose=0), atol=1e-5)


def test_a_batch_is_read_in_every_form(toy, mnist):
    X = mnist[0][:5]
    expected = toy.predict(X)
    np.testing.assert_array_equal(toy.predict(X[..., np.newaxis]), expected)
    np.testing.assert_array_equal(toy.predict(X.tolist()), expected)
    np.testing.assert_allclose(toy.predict(X / 255), expected, atol=1e-6)
    np.testing.assert_allclose(toy.predict(X > 127), toy.predict((X > 127) * np.uint8(255)), atol=1e-6)
    assert toy.predict(X[:0]).shape == (0, 10)


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1), (2, 32, 32), (2, 28, 28, 3)])
def test_a_batch_of_another_shape_is_refused(toy, shape):
    with pytest.raises(ValueError, match=r"give \(n, 28, 28, 1\)"):
        toy.predict(np.zeros(shape))


@pytest.mark.parametrize("wrong", [255.0, -1.0, 256, -1, np.nan, "7"])
def test_a_batch_of_other_pixels_is_refused(toy, wrong):
    with pytest.raises(ValueError, match="integers from 0 to 255 or floats from 0 to 1"):
        toy.predict(np.full((2, 28, 28), wrong))


# The model


def test_weights_trained_on_afterwards_are_used(seven):
    model = build_model()
    classifier = Classifier(model)
    assert classifier(seven).digit != 6
    model.set_weights(build_model(bias=100 * np.eye(10)[6]).get_weights())
    assert classifier(seven).digit == 6


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.keras: no such file"):
        Classifier(tmp_path / "nowhere.keras")


def test_a_file_that_is_no_model_is_named(folder):
    with zipfile.ZipFile("archive.keras", "w") as archive:
        archive.writestr("notes.txt", "no model")
    whole = bytearray(paths.input_path("models/final_model.keras").read_bytes())
    with zipfile.ZipFile(paths.input_path("models/final_model.keras")) as archive:
        config = archive.getinfo("config.json").header_offset + 100
    whole[config : config + 50] = bytes(50)
    (folder / "damaged.keras").write_bytes(whole)
    for name in ("seven.png", "notes.txt", "archive.keras", "damaged.keras"):
        with pytest.raises(ValueError, match=f"{name}: not a model"):
            Classifier(name)


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
    assert f"takes {takes} and answers {answers}: give one" in str(caught.value)


# The command


def test_command_prints_name_digit_and_probability(classifier, folder, capsys):
    assert main(["seven.png", "three.jpg"]) == 0
    out, err = capsys.readouterr()
    expected = [("seven.png", 7), ("three.jpg", 3)]
    assert out == "".join(f"{name}\t{digit}\t{classifier(name).probability:.4f}\n" for name, digit in expected)
    assert err == ""


@pytest.mark.parametrize("options", [[], ["--number"]], ids=["digit", "number"])
def test_command_answers_the_other_files_and_fails(folder, capsys, options):
    save_giant(folder / "giant.png")
    bad = ["missing.png", "notes.txt", str(folder), "giant.png"]
    assert main([*options, *bad, "seven.png"]) == 1
    out, err = capsys.readouterr()
    assert [line.split("\t")[:2] for line in out.splitlines()] == [["seven.png", "7"]]
    complaints = err.splitlines()
    assert len(complaints) == len(bad)
    for complaint, name in zip(complaints, bad, strict=True):
        assert name in complaint


def test_command_prints_a_dash_for_a_blank_image(folder, capsys):
    assert main(["blank.png"]) == 0
    assert capsys.readouterr().out == "blank.png\t-\t0.0000\n"


def test_command_prints_numbers(folder, capsys):
    assert main(["--number", "17.png", "lines.png", "seven.png", "blank.png"]) == 0
    out, err = capsys.readouterr()
    assert out == "17.png\t17\nlines.png\t1_7\nseven.png\t7\nblank.png\t-\n"
    assert err == ""


def test_command_reads_a_blot_as_some_number(folder, capsys):
    blot = np.full((60, 60), 255, np.uint8)
    blot[10:50, 10:50] = 0
    Image.fromarray(blot).save("blot.png")
    assert main(["--number", "blot.png"]) == 0
    name, number = capsys.readouterr().out.rstrip("\n").split("\t")
    assert name == "blot.png"
    assert number.isdigit()


def test_command_reads_with_another_model(folder, capsys):
    build_model(bias=100 * np.eye(10)[6]).save("sixes.keras")
    assert main(["--model", "sixes.keras", "seven.png"]) == 0
    assert main(["--model", "sixes.keras", "--number", "17.png"]) == 0
    assert capsys.readouterr().out == "seven.png\t6\t1.0000\n17.png\t66\n"


@pytest.mark.parametrize(
    ("model", "complaint"), [("nowhere.keras", "no such file"), ("notes.txt", "not a model that Keras can load")]
)
def test_command_without_a_model_says_so(folder, capsys, model, complaint):
    with pytest.raises(SystemExit) as exit_:
        main(["--model", model, "seven.png"])
    assert exit_.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{model}: {complaint}" in err


@pytest.mark.slow
def test_command_is_quiet_in_a_terminal(folder):
    command = [sys.executable, "-m", "mnist_utils.predict", "seven.png", "notes.txt", "three.jpg"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert [line.split("\t")[:2] for line in done.stdout.splitlines()] == [["seven.png", "7"], ["three.jpg", "3"]]
    assert done.stderr.startswith("notes.txt: not an image")
    assert done.stderr.count("\n") == 1
    assert done.returncode == 1
