"""What the chapter *Other people's hands* says must hold in what its cells printed.

A test here fails after a `make run` whose numbers no longer support a sentence: then the sentence has to change.
"""

import re

import pytest
from recorded import numbers, read_printed

from mnist_utils.practice import SOURCES


@pytest.fixture(scope="module")
def printed() -> dict[str, str]:
    return read_printed("notebooks/13_other_hands")


def lines_below(text: str) -> dict[str, list[str]]:
    """Return the indented lines below each name."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith(" "):
            found[list(found)[-1]].append(line)
        else:
            found[line] = []
    return found


def test_seventy_digits_all_of_one_source_are_left_out(printed):
    counts = {line[:3]: int(numbers(line)[0]) for line in printed["pens"].splitlines()}
    assert list(counts) == list(SOURCES)
    assert sum(counts.values()) == 7_113 - 70


def test_people_whom_it_has_not_met_are_read_better_in_the_mean_of_the_sources(printed):
    before, after, difference = (numbers(line[17:]) for line in printed["hands-mean"].splitlines())
    assert after[0] > 98, "the aim"
    assert after[0] > before[0]
    assert difference[1] > 0


def test_three_sources_show_a_gain_and_ibm_none(printed):
    scores = {
        source: [numbers(line[21:]) for line in lines] for source, lines in lines_below(printed["hands-scores"]).items()
    }
    assert {source for source, (_, _, gain) in scores.items() if gain[1] > 0} == {"apb", "app", "ced"}
    assert scores["ibm"][2][1] < 0 < scores["ibm"][2][2]
    assert min(scores, key=lambda source: scores[source][1][0]) == "ibm"


def test_two_kinds_are_two_thirds_of_the_errors_on_ibm(printed):
    first, second = printed["hands-wrong-kinds"].splitlines()[:2]
    assert first.startswith("0 as 8")
    assert second.startswith("1 as 7")
    assert (numbers(first)[2] + numbers(second)[2]) / numbers(first)[3] == pytest.approx(2 / 3, abs=0.05)


def test_of_nine_intervals_one_leaves_zero_out(printed):
    shown = {
        (ingredient, line.split("  ")[2].strip())
        for ingredient, lines in lines_below(printed["ingredients-table"]).items()
        for line in lines
        if numbers(line[15:])[1] > 0 or numbers(line[15:])[2] < 0
    }
    assert shown == {("+ changed images", "MNIST's")}


def test_the_own_images_model_is_better_on_two_sets_and_worse_on_none(printed):
    p_values, gains = {}, {}
    for name, lines in lines_below(printed["own-scores"]).items():
        before, after = (numbers(line[22:])[0] for line in lines[:2])
        gains[name] = after - before
        p_values[name] = float(re.search(r"p = ([\d.e-]+)", lines[2])[1])
    assert min(gains.values()) >= 0
    assert {name for name, p in p_values.items() if p < 0.05 / 5} == {"8x8 digits", "16x16, MNIST's"}
    assert "only one is right: 0 and 7" in printed["own-scores"]
