"""Anything at all sent to the canvas: it goes on, keeps what was drawn and saved, and tells what was wrong."""

import numpy as np
import pytest
import traitlets
from hypothesis import strategies as st

from mnist_utils.canvas import DigitCanvas, load_folder

pytestmark = [pytest.mark.torture, pytest.mark.slow]

SIDE = 280
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=50),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
lengths = st.sampled_from([0, 1, SIDE * SIDE - 1, SIDE * SIDE, SIDE * SIDE + 1, 2 * SIDE * SIDE])
inks = st.tuples(lengths, st.integers(0, 255)).map(lambda case: bytes([case[1]]) * case[0])
names = st.sampled_from(["ink", "label", "labels", "pen", "message", "probabilities", "reads", "collects"])
others = st.sampled_from(["classifier", "folder", "prediction", "value", "comm", "_esm", "_css", "keys", "close"])
states = st.dictionaries(names | others, anything | inks, max_size=4)
messages = st.one_of(
    states.map(lambda state: {"method": "update", "state": state}),
    anything.map(lambda content: {"method": "custom", "content": content}),
    st.just({"method": "custom", "content": {"kind": "save"}}),
    st.just({"method": "request_state"}),
)


def a_bar() -> np.ndarray:
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[50:230, 130:152] = 255
    return image


def test_messages_of_any_content_leave_a_canvas_that_works(tmp_path, tally, try_cases):
    def classify(image: np.ndarray) -> np.ndarray:
        return np.eye(10)[4]

    canvas = DigitCanvas(classify, collect=tmp_path)
    traits = {"labels": list("0123456789"), "label": "4"}
    saved = 0

    def send(message: dict) -> None:
        nonlocal saved
        tally.at_stake += 1
        try:
            canvas.comm.handle_msg({"content": {"data": message}, "buffers": []})
        except (traitlets.TraitError, ValueError) as error:
            assert str(error)
        assert canvas.classifier is classify
        assert canvas.folder == tmp_path
        assert len(canvas.ink) in (0, SIDE * SIDE)
        # It goes on: the page draws, Python reads, the button saves, and all that was saved can be read.
        canvas.set_state(traits)
        canvas.ink = a_bar().tobytes()
        assert canvas.prediction == 4
        canvas.comm.handle_msg({"content": {"data": {"method": "custom", "content": {"kind": "save"}}}, "buffers": []})
        assert canvas.message.startswith("Saved as "), canvas.message
        saved += 1
        assert len(list((tmp_path / "4").glob("[!.]*.png"))) >= saved
        tally.kept += 1
        if saved > 50:
            assert len(load_folder(tmp_path)[0]) >= saved
            for file in tmp_path.glob("*/*.png"):
                file.unlink()
            saved = 0

    try_cases(2000, messages, send)
