"""Digits of which the recording kept only a part are left out, by a rule on the strokes alone."""

from collections import Counter

import numpy as np
import pytest

from mnist_utils.practice import WrittenDigit, is_whole, load_written_digits

BAR = [(0.2, 0), (0.25, 0.5), (0.2, 1)]
L_SHAPE = [(0.3, 0), (0, 1), (0.9, 1)]


def write(digit: int, *strokes: list[tuple[float, float]]) -> WrittenDigit:
    return WrittenDigit(digit, "nobody", 0, [np.array(stroke, float) for stroke in strokes])


def lying(stroke: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(y, x) for x, y in stroke]


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        (write(1, BAR), True),
        (write(0, BAR), False),
        (write(4, BAR), False),
        (write(4, BAR, lying(BAR)), True),
        (write(1, lying(BAR)), False),
        (write(1, lying(BAR), BAR), True),
        (write(1, [(0, 1), (1, 0.2)]), True),  # leans far, but does not lie
        (write(4, L_SHAPE), False),
        (write(4, [*L_SHAPE, (0.8, 0.3), (0.8, 1)]), True),
        (write(6, L_SHAPE), True),  # it may be a 6 that was not closed
    ],
    ids=["1", "bar as 0", "bar as 4", "two bars", "lying 1", "1 with a foot", "leaning 1", "L as 4", "4", "L as 6"],
)
def test_a_single_stroke_is_no_whole_digit_if_it_cannot_be_what_its_label_says(
    written: WrittenDigit, whole: bool
) -> None:
    assert is_whole(written) is whole


def test_only_one_source_holds_parts_of_digits_and_few() -> None:
    written = load_written_digits()
    left_out = Counter((each.source, each.digit) for each in written if not is_whole(each))
    assert left_out == {("ibm", 0): 15, ("ibm", 1): 16, ("ibm", 4): 39}


def test_digits_are_left_out_only_where_that_is_asked_for() -> None:
    assert len(load_written_digits(["ibm"])) - len(load_written_digits(["ibm"], whole_only=True)) == 70
    strokes = [each.strokes for each in load_written_digits(["ibm"], whole_only=True)]
    kept = [each.strokes for each in load_written_digits(["ibm"]) if is_whole(each)]
    for one, other in zip(strokes, kept, strict=True):
        for stroke, same in zip(one, other, strict=True):
            np.testing.assert_array_equal(stroke, same)
