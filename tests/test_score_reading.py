"""A change of a rule by which pictures are read is scored by a script."""

import numpy as np
import pytest
import score_reading

from mnist_utils.reading import rules


class Fake:
    """Reads every piece of ink as a 1."""

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return np.tile(np.eye(10)[1], (len(X), 1))


def test_the_script_scores_a_change_on_two_pictures(capsys: pytest.CaptureFixture) -> None:
    bar = np.zeros((100, 100), np.uint8)
    bar[20:80, 45:55] = 255
    cases = [
        score_reading.Case("bar", bar, "1"),
        score_reading.Case("bar", np.pad(bar, 40), "1"),
    ]
    before = score_reading.score(cases, Fake())
    with score_reading.changed({"MIN_DIGIT_SIDE": 0.5}):  # now only large digits are no specks
        after = score_reading.score(cases, Fake())
    assert (before, after) == ([1, 1], [1, 0])
    assert rules.MIN_DIGIT_SIDE < 0.5
    score_reading.print_table(cases, {"before": before, "after": after})
    assert capsys.readouterr().out.splitlines()[-1].split() == ["bar", "2", "100.00", "50.00", "0", "1"]


def test_the_script_runs_from_its_arguments(capsys: pytest.CaptureFixture) -> None:
    score_reading.main(["--pictures", "2", "--pages", "0", "--set", "MIN_DIGIT_SIDE=1"], Fake)
    rows = [line.split()[-5:] for line in capsys.readouterr().out.splitlines()[1:]]
    assert len(rows) == 4
    assert {row[0] for row in rows} == {"2"}
    assert all(row[2] == "0.00" for row in rows), "no digit is as large as its picture"


def test_added_removed_and_replaced_digits_are_errors() -> None:
    assert score_reading.edit_distance("123", "123") == 0
    assert [score_reading.edit_distance("123", read) for read in ("13", "1123", "124", "")] == [1, 1, 1, 3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("MIN_BELEIF=0.5", "there is no rule 'MIN_BELEIF'. Did you mean MIN_BELIEF"),
        ("MIN_BELIEF=much", f"MIN_BELIEF is {rules.MIN_BELIEF}: give a value of this kind"),
        ("MIN_BELIEF", f"MIN_BELIEF is {rules.MIN_BELIEF}: give a value of this kind"),
        ("PAPER_WINDOWS=0.1", f"PAPER_WINDOWS is {rules.PAPER_WINDOWS}: give a value of this kind"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused(change: str, message: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        score_reading.main(["--set", change])
    assert message in capsys.readouterr().err


def test_a_change_may_be_a_number_or_several() -> None:
    assert score_reading.parse_change("MIN_BELIEF=0.5") == ("MIN_BELIEF", 0.5)
    assert score_reading.parse_change("PAPER_WINDOWS=0.2, 0.4") == ("PAPER_WINDOWS", (0.2, 0.4))
