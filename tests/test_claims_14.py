"""What the chapter *Several digits, and whole pages* and its solutions say must hold in what their cells printed.

Some of its tests are in `test_claims`. A test here fails after a `make run` whose numbers no longer support a sentence:
then the sentence has to change.
"""

import re

import pytest
from recorded import numbers, read_printed

from mnist_utils.comparison import wilson_interval
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


@pytest.fixture(scope="module")
def shares(printed) -> dict[str, tuple[float, float, float]]:
    """Share of the digits that were read and its interval, of each kind of page."""
    table = printed["cell-51"].splitlines()[1:]
    return {line[:12].strip(): tuple(float(each) for each in re.findall(r"([\d.]+)%", line)) for line in table}


def test_the_share_is_lowest_where_digits_touch_and_between_94_and_97_percent_elsewhere(shares):
    others = {kind: share for kind, (share, _, _) in shares.items() if kind != "touching"}
    assert others.pop("all") == 95.5
    assert 90 <= shares["touching"][0] < min(others.values())
    assert all(94 <= share <= 97 for share in others.values())


def test_only_the_interval_of_the_columns_reaches_down_to_that_of_the_touching_pages(shares):
    reaching = {kind for kind, (_, low, _) in shares.items() if low <= shares["touching"][2]} - {"touching"}
    assert reaching == {"columns"}


def test_a_little_less_than_half_of_the_pages_come_out_without_an_error(printed):
    whole, n = numbers(printed["pages-whole"])
    assert 0.44 < whole / n < 0.5


def test_one_in_seven_touching_digits_is_lost_and_the_table_counts_made_up_ones_too(printed, shares):
    rows = {line.split()[0]: line.split(", read right") for line in printed["touching-read"].splitlines()}
    n = {kind: numbers(counts)[0] for kind, (counts, _) in rows.items()}
    touching, free = (numbers(rows[kind][1]) for kind in ("touching", "free"))
    assert n["free"] > n["touching"], "most digits stand free"
    assert (touching[0], free[0]) == (85.4, 96.0)
    assert 1 / (1 - touching[0] / 100) == pytest.approx(7, abs=0.5)
    together = (touching[0] * n["touching"] + free[0] * n["free"]) / sum(n.values())
    assert together > shares["touching"][0]


def test_the_network_makes_more_than_half_of_the_errors_on_clean_pages_and_about_half_of_all(printed, shares):
    *_, alone = (float(share) for share in re.findall(r"([\d.]+)% read right", printed["one-by-one"]))
    assert 100 - alone == pytest.approx(2, abs=0.4)
    assert 3.5 < 100 - shares["clean"][0] < 4
    assert 0.55 < (100 - alone) / (100 - shares["clean"][0]) < 0.65
    assert (100 - alone) / (100 - shares["all"][0]) == pytest.approx(0.5, abs=0.05)


def test_about_four_in_ten_digits_on_the_pages_come_from_ibm(printed):
    _, written, everything = (numbers(line)[0] for line in printed["one-by-one"].splitlines())
    assert written / everything == pytest.approx(0.4, abs=0.05)


def test_no_digit_is_seen_in_any_of_ninety_pictures_without_one(printed):
    seen = {line[:12].strip(): numbers(line[12:]) for line in printed["no-digits"].splitlines()}
    assert sum(n for n, _ in seen.values()) == 90
    assert sum(count for _, count in seen.values()) == 0
    assert wilson_interval(0, 90)[1] == pytest.approx(0.04, abs=0.005)


def test_in_the_solution_the_mark_of_doubt_finds_no_error(solved):
    doubtful, found = map(numbers, solved["doubtful"].splitlines())
    assert (doubtful[0], *found) == (3, 0, 3)


def test_the_page_that_is_shown_has_54_digits_in_6_lines(printed):
    assert "digits found: 54, lines: 6" in printed["page-findings"]


def test_in_the_solution_a_low_bound_gives_false_alarms_and_the_highest_loses_a_page_and_gains_nothing(solved):
    rows = [numbers(line) for line in solved["belief"].splitlines()]
    bounds, pages, of_pages, alarms = zip(*rows, strict=True)
    assert bounds[1] == rules.MIN_BELIEF_ON_PAGE, "the bound of the book"
    assert pages[0] == pages[1] == of_pages[0] == pages[2] + 1
    assert alarms == (5, 1, 1)


def test_what_is_said_of_the_time_that_a_page_takes(printed):
    *lines, one_image = printed["time-table"].strip().splitlines()
    seconds = dict(tuple(numbers(line)) for line in lines)
    assert seconds[1] == pytest.approx(0.25, abs=0.02)
    assert numbers(one_image.split("'s")[1])[0] / 1e3 == pytest.approx(seconds[1] / 100, rel=0.15)
    assert 1.2 < seconds[50] / seconds[1] < 1.5
    assert seconds[100] > 2.5 * seconds[50], "a jump"
    assert seconds[300] - seconds[100] == pytest.approx(1 / 3, abs=0.05)
    assert max(seconds.values()) < 2 < 2 * seconds[300], "the aim; not on a core half as fast"
