"""What the chapter *Several digits, and whole pages* and its solutions say must hold in what their cells printed.

Some of its tests are in `test_claims`. A test here fails after a `make run` whose numbers no longer support a sentence:
then the sentence has to change.
"""

import re

import pytest
from recorded import numbers, read_printed

from mnist_utils.comparison import wilson_interval
from mnist_utils.practice import load_written_digits
from mnist_utils.reading import rules


@pytest.fixture(scope="module")
def printed() -> dict[str, str]:
    return read_printed("notebooks/14_whole_pages")


@pytest.fixture(scope="module")
def solved() -> dict[str, str]:
    return read_printed("solutions/14_whole_pages")


def test_the_cut_gives_the_two_digits_that_were_written(printed):
    assert printed["cut-search"].strip().endswith("read as [2 3]")


def test_the_errors_on_the_page_are_a_1_read_as_7_two_3s_taken_for_an_8_and_a_3_read_as_2(printed):
    first, second, third, *others = (line.split() for line in printed["page-read"].splitlines())
    differing = [pair for pair in zip(*first, strict=True) if len(set(pair)) == 2]
    assert differing == [("1", "7")]
    assert second[0].replace("33", "8") == second[1]
    assert [pair for pair in zip(*third, strict=True) if len(set(pair)) == 2] == [("3", "2")]
    assert all(written == read for written, read in others)


def test_the_share_is_lowest_where_digits_touch_and_between_94_and_98_percent_elsewhere(printed):
    table = printed["cell-51"].splitlines()[1:]
    share = {line[:12].strip(): float(re.search(r"([\d.]+)%", line)[1]) for line in table}
    assert share.pop("all") == 95.8
    assert 90 <= share.pop("touching") < 91
    assert all(94 <= other <= 98 for other in share.values())


def test_the_network_makes_most_of_the_errors_on_clean_pages_and_about_half_of_all(printed):
    *_, alone = (float(share) for share in re.findall(r"([\d.]+)% read right", printed["one-by-one"]))
    on_pages = {
        line[:12].strip(): float(re.search(r"([\d.]+)%", line)[1]) for line in printed["cell-51"].splitlines()[1:]
    }
    assert 100 - alone == pytest.approx(2, abs=0.4)
    assert 100 - on_pages["clean"] == pytest.approx(3, abs=0.4)
    assert (100 - alone) / (100 - on_pages["clean"]) > 0.6
    assert (100 - alone) / (100 - on_pages["all"]) == pytest.approx(0.5, abs=0.08)


def test_about_four_in_ten_digits_on_the_pages_come_from_ibm():
    n_written = len(load_written_digits(["ibm"], whole_only=True))
    assert n_written / (n_written + 2000) == pytest.approx(0.4, abs=0.05)


def test_digits_are_seen_in_one_of_ninety_pictures_without_any_and_that_is_empty_paper(printed):
    seen = {line[:12].strip(): numbers(line[12:]) for line in printed["no-digits"].splitlines()}
    assert sum(n for n, _ in seen.values()) == 90
    assert {kind: count for kind, (_, count) in seen.items() if count} == {"empty paper": 1}
    low, high = wilson_interval(1, 90)
    assert low < 0.005
    assert high == pytest.approx(0.06, abs=0.002)


def test_in_the_solution_the_mark_of_doubt_finds_no_error(solved):
    doubtful, found = map(numbers, solved["doubtful"].splitlines())
    assert (doubtful[0], *found) == (3, 0, 3)


def test_in_the_solution_a_low_bound_gives_false_alarms_and_the_highest_loses_a_page_and_gains_nothing(solved):
    rows = [numbers(line) for line in solved["belief"].splitlines()]
    bounds, pages, of_pages, alarms = zip(*rows, strict=True)
    assert bounds[1] == rules.MIN_BELIEF_ON_PAGE, "the bound of the book"
    assert pages[0] == pages[1] == of_pages[0] == pages[2] + 1
    assert alarms == (5, 1, 1)
