"""Digits of real writers: all are there, by source, and they are drawn onto the canvas."""

from collections import Counter

import numpy as np
import pytest

from mnist_utils.practice import (
    SOURCES,
    WrittenDigit,
    load_written_digits,
    make_written_digits,
    sample_written_digit,
)
from mnist_utils.practice.pen_strokes import is_whole


@pytest.fixture(scope="module")
def written():
    return load_written_digits()


def test_all_digits_of_all_sources_are_there(written):
    assert len(written) == 7_113
    assert {digit.source for digit in written} == set(SOURCES)
    for source in SOURCES:
        assert len(Counter(digit.digit for digit in written if digit.source == source)) == 10
    sessions = {source: {d.session for d in written if d.source == source} for source in SOURCES}
    assert not sessions["apa"] & sessions["apb"]


def test_sources_are_loaded_one_by_one_or_several(written):
    some = load_written_digits(["aga", "ibm"])
    assert {digit.source for digit in some} == {"aga", "ibm"}
    assert len(some) + len(load_written_digits(["apa", "apb", "app", "ced"])) == len(written)
    with pytest.raises(ValueError, match="no source ibn: give some of aga, "):
        load_written_digits(["aga", "ibn"])


def test_a_digit_begins_in_its_corner_and_is_one_high_or_wide(written):
    for digit in written[::50]:
        points = np.concatenate(digit.strokes)
        np.testing.assert_allclose(points.min(axis=0), 0, atol=0.01)
        assert points.max() == pytest.approx(1, abs=0.01)


def test_a_drawing_stays_on_the_canvas(written):
    rng = np.random.default_rng(0)
    for digit in written[::100]:
        drawing = sample_written_digit(digit, rng)
        points = np.concatenate(drawing.strokes)
        assert points.min() >= drawing.pen / 2
        assert points.max() <= 280 - drawing.pen / 2


def test_digits_come_in_mnists_format_and_again_in_another_size(written):
    some = written[:30]
    X, y = make_written_digits(some, repeats=2)
    assert (X.shape, X.dtype, y.dtype) == ((60, 28, 28), np.uint8, np.uint8)
    np.testing.assert_array_equal(y, [digit.digit for digit in some * 2])
    assert not np.array_equal(X[:30], X[30:])
    np.testing.assert_array_equal(make_written_digits(some, repeats=2)[0], X)


def test_many_zeros_of_ibm_have_a_second_stroke_and_hardly_any_of_the_other_sources(written):
    """The chapter explains errors by it."""

    def share(sources: tuple[str, ...]) -> float:
        return float(np.mean([len(d.strokes) > 1 for d in written if d.digit == 0 and d.source in sources]))

    assert share(("ibm",)) > 0.4
    assert share(tuple(source for source in SOURCES if source != "ibm")) < 0.05


# Digits of which the recording kept only a part: a rule on the strokes alone leaves them out


BAR = [(0.2, 0), (0.25, 0.5), (0.2, 1)]
L_SHAPE = [(0.3, 0), (0, 1), (0.9, 1)]


def write(digit: int, *strokes: list[tuple[float, float]]) -> WrittenDigit:
    return WrittenDigit(digit, "nobody", 0, [np.array(stroke, float) for stroke in strokes])


def lying(stroke: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(y, x) for x, y in stroke]


@pytest.mark.parametrize(
    ("one", "whole"),
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
def test_a_single_stroke_is_no_whole_digit_if_it_cannot_be_what_its_label_says(one, whole):
    assert is_whole(one) is whole


def test_only_one_source_holds_parts_of_digits_and_few(written):
    left_out = Counter((each.source, each.digit) for each in written if not is_whole(each))
    assert left_out == {("ibm", 0): 15, ("ibm", 1): 16, ("ibm", 4): 39}


def test_digits_are_left_out_only_where_that_is_asked_for():
    assert len(load_written_digits(["ibm"])) - len(load_written_digits(["ibm"], whole_only=True)) == 70
    strokes = [each.strokes for each in load_written_digits(["ibm"], whole_only=True)]
    kept = [each.strokes for each in load_written_digits(["ibm"]) if is_whole(each)]
    for one, other in zip(strokes, kept, strict=True):
        for stroke, same in zip(one, other, strict=True):
            np.testing.assert_array_equal(stroke, same)
