"""The canvas as Python sees it: what the browser sends, what is read, what is saved."""

import re

import ipywidgets
import numpy as np
import pytest
import traitlets
from PIL import Image

from mnist_utils.canvas import DigitCanvas
from mnist_utils.predict import Prediction
from mnist_utils.quiet import keras


def a_bar(left: int = 130) -> np.ndarray:
    """A drawing of a 1."""
    image = np.zeros((280, 280), np.uint8)
    image[50:230, left : left + 22] = 255
    return image


def one_hot(digit: int) -> np.ndarray:
    return np.eye(10)[digit]


class Listener:
    """A classifier that remembers what it was given."""

    def __init__(self, answer):
        self.answer = answer
        self.given = []

    def __call__(self, image):
        self.given.append(image)
        return self.answer


def test_the_browsers_part_needs_no_loader_and_no_other_site():
    # What VS Code asks of a widget, too: a module without `require`, and nothing to fetch.
    sent = DigitCanvas().get_state(["_esm", "_css"])
    code, style = sent["_esm"], sent["_css"]
    assert "export" in code
    assert not re.search(r"\brequire\b|https?:|@import|\bimport\b|\bfetch\b", code + style)


def test_the_drawing_reaches_python_as_arrays():
    canvas = DigitCanvas()
    canvas.ink = a_bar(left=30).tobytes()
    np.testing.assert_array_equal(canvas.image, a_bar(left=30))
    assert canvas.digits.shape == (28, 28)
    assert canvas.digits.dtype == np.uint8
    assert canvas.value is canvas.digits
    rows, columns = np.nonzero(canvas.digits)
    assert np.ptp(rows) == 19  # the box of 20 pixels, wherever it was drawn
    assert columns.mean() == pytest.approx(14, abs=1)


def test_any_callable_is_given_the_image_and_answers_probabilities():
    classifier = Listener(one_hot(4))
    canvas = DigitCanvas(classifier)
    canvas.ink = a_bar().tobytes()
    assert len(classifier.given) == 1
    assert classifier.given[0].shape == (28, 28)
    assert classifier.given[0].dtype == np.uint8
    assert canvas.prediction == 4
    assert canvas.probabilities == one_hot(4).tolist()


def test_a_prediction_is_understood():
    canvas = DigitCanvas(lambda image: Prediction(7, one_hot(7).astype(np.float32)))
    canvas.ink = a_bar().tobytes()
    assert canvas.prediction == 7


def test_a_classifier_that_finds_nothing_to_read():
    canvas = DigitCanvas(lambda image: Prediction(None, np.zeros(10, np.float32)))
    canvas.ink = a_bar().tobytes()
    assert canvas.prediction is None
    assert canvas.probabilities == []


@pytest.mark.parametrize("which", ["model", "predict"])
def test_a_keras_model_is_given_a_minibatch_as_in_training(which):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.layers.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    )
    canvas = DigitCanvas(model if which == "model" else model.predict)
    canvas.ink = a_bar().tobytes()
    expected = model.predict(canvas.digits.reshape(1, 28, 28, 1) / np.float32(255), verbose=0)[0]
    np.testing.assert_allclose(canvas.probabilities, expected, rtol=1e-5)


@pytest.mark.parametrize("ink", [b"", bytes(280 * 280)])
def test_a_blank_canvas_has_no_prediction(ink):
    classifier = Listener(one_hot(4))
    canvas = DigitCanvas(classifier)
    canvas.ink = a_bar().tobytes()
    canvas.ink = ink
    assert len(classifier.given) == 1
    assert canvas.prediction is None
    assert canvas.probabilities == []
    assert not canvas.digits.any()
    assert not canvas.image.any()


def test_clear_from_python():
    canvas = DigitCanvas(lambda image: one_hot(4))
    canvas.ink = a_bar().tobytes()
    canvas.clear()
    assert canvas.ink == b""
    assert canvas.prediction is None


def test_another_classifier_reads_what_is_drawn():
    canvas = DigitCanvas(lambda image: one_hot(4))
    canvas.ink = a_bar().tobytes()
    canvas.classifier = lambda image: one_hot(1)
    assert canvas.prediction == 1


def test_observers_find_all_traits_up_to_date():
    canvas = DigitCanvas(lambda image: one_hot(4))
    seen = []
    canvas.observe(lambda change: seen.append((change.new, canvas.probabilities, canvas.digits.any())), "prediction")
    canvas.ink = a_bar().tobytes()
    assert seen == [(4, one_hot(4).tolist(), True)]


def test_composes_with_boxes_and_interact():
    canvas = DigitCanvas()
    assert ipywidgets.HBox([canvas]).children == (canvas,)
    means = []
    ipywidgets.interactive(lambda drawing: means.append(drawing.mean()), drawing=canvas).update()
    canvas.ink = a_bar().tobytes()
    assert means[0] == 0
    assert means[-1] > 0


def test_canvases_are_independent():
    one, other = DigitCanvas(lambda image: one_hot(4)), DigitCanvas(lambda image: one_hot(9))
    one.ink = a_bar().tobytes()
    assert other.prediction is None
    assert not other.digits.any()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (np.zeros(3), "3 numbers for 10 labels"),
        (np.full(10, np.nan), "not finite"),
        (np.arange(10) - 4, "no probabilities"),
    ],
)
def test_a_failing_classifier_is_reported_on_the_canvas(answer, message):
    canvas = DigitCanvas(lambda image: answer)
    with pytest.raises(ValueError, match=message):
        canvas.ink = a_bar().tobytes()
    assert message in canvas.message
    assert canvas.prediction is None
    canvas.classifier = lambda image: one_hot(4)
    assert canvas.message == ""


def test_wrong_arguments_are_refused():
    with pytest.raises(TypeError, match="give a Classifier"):
        DigitCanvas("final_model.keras")
    with pytest.raises(traitlets.TraitError, match="280 x 280"):
        DigitCanvas().ink = b"too short"


@pytest.mark.parametrize("ink", [10**12, [255] * 78_400, "ink", None, {"0": 255}])
def test_ink_from_the_browser_that_is_no_bytes_is_refused_before_it_takes_memory(ink):
    canvas = DigitCanvas(lambda image: one_hot(4))
    canvas.ink = a_bar().tobytes()
    with pytest.raises(traitlets.TraitError, match="Ink must come as bytes, at most 280 x 280"):
        canvas.set_state({"ink": ink})
    assert canvas.prediction == 4


# Collecting


def send(canvas: DigitCanvas, content: object) -> None:
    """Send a message as the browser does."""
    canvas.comm.handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})


def press_save(canvas: DigitCanvas) -> None:
    """Send the message that the button in the browser sends."""
    send(canvas, {"kind": "save"})


@pytest.mark.parametrize("content", [None, [], "save", 7, {}, {"kind": "erase"}, {"kind": ["save"]}])
def test_other_messages_do_nothing(tmp_path, content):
    canvas = DigitCanvas(collect=tmp_path)
    canvas.ink = a_bar().tobytes()
    send(canvas, content)
    assert (canvas.message, list(tmp_path.iterdir())) == ("", [])


def test_a_folder_that_cannot_be_written_to_is_told_on_the_canvas_and_the_drawing_stays(tmp_path):
    (tmp_path / "file").touch()
    canvas = DigitCanvas(collect=tmp_path / "file")
    canvas.ink = a_bar().tobytes()
    press_save(canvas)
    assert canvas.message.startswith(f"The drawing was not saved in {tmp_path / 'file'}: ")
    assert "Errno" not in canvas.message
    assert canvas.ink == a_bar().tobytes()


def test_collects_labelled_drawings(tmp_path):
    canvas = DigitCanvas(collect=tmp_path / "mine")
    for label, left in [("1", 20), ("1", 200), ("7", 100)]:
        canvas.label = label
        canvas.ink = a_bar(left).tobytes()
        press_save(canvas)
        assert canvas.ink == b""  # ready for the next one
    paths = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png"))
    assert paths == ["mine/1/0001.png", "mine/1/0002.png", "mine/7/0001.png"]
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "mine/1/0002.png")), a_bar(200))
    assert canvas.message.endswith("Drawings of 7 so far: 1.")


def test_a_blank_canvas_saves_nothing_and_says_so(tmp_path):
    canvas = DigitCanvas(collect=tmp_path)
    press_save(canvas)
    assert canvas.message == "The canvas is blank: draw something first."
    assert list(tmp_path.iterdir()) == []


def test_a_canvas_that_collects_nothing_refuses_to_save():
    canvas = DigitCanvas()
    canvas.ink = a_bar().tobytes()
    with pytest.raises(ValueError, match="collects no drawings"):
        canvas.save("1")
