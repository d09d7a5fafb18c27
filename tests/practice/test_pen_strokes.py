"""Digits of real writers: all are there, by source, and they are drawn onto the canvas."""

from collections import Counter

import numpy as np
import pytest

from mnist_utils.practice import SOURCES, load_written_digits, make_written_digits, sample_written_digit


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
