"""What the script about Lighthouse says of a report."""

from run_lighthouse import GOALS, find_shortfalls


def make_report(performance: float) -> dict:
    """Return a report as Lighthouse makes it, with two audits of the performance, one of them without a weight."""
    parts = [{"id": "paint", "weight": 10}, {"id": "hint", "weight": 0}]
    categories = {name: {"score": 1, "auditRefs": []} for name in GOALS}
    categories["performance"] = {"score": performance, "auditRefs": parts}
    audits = {
        "paint": {"title": "First paint", "score": 0.5, "displayValue": "4 s"},
        "hint": {"title": "A hint", "score": 0},
    }
    return {"categories": categories, "audits": audits}


def test_score_below_its_goal_is_named_with_what_lowers_it() -> None:
    lines = find_shortfalls(make_report(performance=0.8))
    assert lines[0].startswith("performance: 0.80")
    assert [line.strip() for line in lines[1:]] == ["First paint 4 s"]


def test_nothing_is_said_of_scores_that_reach_their_goals() -> None:
    assert find_shortfalls(make_report(performance=GOALS["performance"])) == []
