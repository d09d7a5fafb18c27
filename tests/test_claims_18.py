"""What the chapter *How far can it go?* says must hold in what its cells printed.

A test here fails after a `make run` whose numbers no longer support a sentence: then the sentence has to change.
"""

import pytest
from recorded import numbers, read_printed


@pytest.fixture(scope="module")
def printed() -> dict[str, str]:
    return read_printed("notebooks/18_how_far")


def means(printed: dict[str, str]) -> dict[str, float]:
    """Return the mean accuracy of each recipe on the rows aside, in percent."""
    lines = printed["ladder"].splitlines()[1:]
    return {line[:18].strip(): sum(numbers(line[18:])[-2:]) / 2 for line in lines}


def difference(text: str, name: str) -> list[float]:
    """Return a difference and the bounds of its interval, in points."""
    line = next(line for line in text.splitlines() if line.startswith(name))
    return numbers(line[len(name) :])


def test_the_calmer_training_more_than_halves_the_errors_and_is_shown(printed):
    accuracy = means(printed)
    assert 100 - accuracy["calmer"] < (100 - accuracy["deeper model"]) / 2
    assert difference(printed["steps"], "calmer - deeper model")[1] > 0


def test_four_layers_do_harm(printed):
    gain, _, high = difference(printed["steps"], "four layers - averaged")
    assert gain == pytest.approx(-0.2, abs=0.05)
    assert high < 0


@pytest.mark.parametrize("step", ["averaged - calmer", "one layer - averaged", "more epochs - averaged"])
def test_the_other_steps_are_not_shown(printed, step):
    _, low, high = difference(printed["steps"], step)
    assert low < 0 < high


def test_the_recipe_that_is_taken_has_the_highest_mean(printed):
    accuracy = means(printed)
    assert max(accuracy, key=accuracy.get) == "more epochs"


def test_shifted_copies_gain_nothing_that_is_shown(printed):
    _, low, high = difference(printed["shifts"], "shifts - as it is")
    assert low < 0 < high


def test_all_steps_are_shown_to_be_ahead_on_the_test_set(printed):
    gain, low, _ = difference(printed["test"], "all steps - not distorted")
    assert gain == pytest.approx(0.07, abs=0.01)
    assert low > 0


def test_five_networks_together_gain_less_than_the_width_of_their_interval(printed):
    *_, mean_line, together_line, _difference = printed["test"].splitlines()
    mean = numbers(mean_line)[0]
    together, low, high = numbers(together_line)
    assert low < mean < together < high
    assert together < 99.8


def test_the_small_network_gains_from_distorted_images_and_is_ahead_of_chapter_5s(printed):
    assert difference(printed["small"], "distorted - not")[1] > 0
    mean = numbers(printed["small-test"].splitlines()[1])[0]
    assert mean == pytest.approx(99.55, abs=0.01)
    assert numbers(printed["small-test"].splitlines()[-1]) == [9596]


def test_the_fast_network_reads_99_percent_in_a_fraction_of_the_listings_time(printed):
    lines = printed["fast-test"].splitlines()
    assert min(numbers(line)[1] for line in lines) >= 99.2
    assert numbers(printed["listing"].splitlines()[-1])[0] < 20


def test_the_best_of_many_is_what_luck_makes_it(printed):
    best = numbers(printed["luck"].splitlines()[0])[-1]
    assert best == pytest.approx(99.81, abs=0.02)


def test_in_the_solutions_four_networks_together_are_better_than_any_alone_and_more_add_little():
    lines = read_printed("solutions/18_how_far")["e3-code"].splitlines()
    together = {int(numbers(line)[0]): numbers(line)[1] for line in lines}
    assert together[1] < together[2] < together[3]
    assert together[3] > 98.5  # where the best of eight alone lies
    assert abs(together[8] - together[5]) < 0.1
