"""Digits below a probability that the reader sets are marked as doubtful, in the picture and in the JSON."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pytest

from mnist_utils import predict
from mnist_utils.reading import Number, ReadDigit


def make_number() -> Number:
    image = np.zeros((28, 28), np.uint8)
    digits = [ReadDigit(digit, p, (10 * digit, 5, 8, 20), image) for digit, p in ((1, 0.99), (2, 0.9), (3, 0.5))]
    return Number(np.full((40, 60), 255, np.uint8), 1.0, [], "", [digits])


class Fake:
    """Reads everything as a 7, with a probability of 0.8."""

    def __init__(self, model: str) -> None:
        pass

    def __call__(self, file: str) -> predict.Prediction:
        return predict.Prediction(7, np.where(np.arange(10) == 7, 0.8, 0))


def styles(number: Number, **options: float) -> list[tuple]:
    """How the boxes are drawn: by colour and line style."""
    found = [(box.get_edgecolor(), box.get_linestyle()) for box in number.plot(**options).patches]
    plt.close("all")
    return found


def test_doubtful_digits_get_another_colour_and_another_line() -> None:
    sure, limit, doubtful = styles(make_number(), doubtful=0.9)
    assert sure == limit
    assert sure[0] != doubtful[0]
    assert sure[1] != doubtful[1]


def test_no_digit_is_doubtful_unless_the_reader_says_so() -> None:
    assert len(set(styles(make_number()))) == 1


def test_a_limit_that_is_no_probability_is_refused(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(ValueError, match="doubtful=90: give a probability from 0 to 1"):
        make_number().plot(doubtful=90)
    with pytest.raises(SystemExit):
        predict.main(["--json", "--doubtful", "90", "seven.png"])
    assert "90 is no probability: give a number from 0 to 1" in capsys.readouterr().err


def test_the_command_marks_a_digit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setattr(predict, "Classifier", Fake)
    for limit, doubtful in (("0.9", True), ("0.8", False)):
        assert predict.main(["--json", "--doubtful", limit, "seven.png"]) == 0
        assert json.loads(capsys.readouterr().out)["doubtful"] is doubtful
    assert predict.main(["--json", "seven.png"]) == 0
    assert "doubtful" not in json.loads(capsys.readouterr().out)


def test_the_command_marks_each_digit_of_a_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(predict, "Classifier", Fake)
    monkeypatch.setattr(predict, "read_number", lambda file, classifier: make_number())
    assert predict.main(["--number", "--json", "--doubtful", "0.9", "page.png"]) == 0
    digits = json.loads(capsys.readouterr().out)["digits"]
    assert [each["doubtful"] for each in digits] == [False, False, True]
    assert predict.main(["--number", "--json", "page.png"]) == 0
    assert all("doubtful" not in each for each in json.loads(capsys.readouterr().out)["digits"])


def test_marks_need_json(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        predict.main(["--number", "--doubtful", "0.9", "page.png"])
    assert "add --json" in capsys.readouterr().err
