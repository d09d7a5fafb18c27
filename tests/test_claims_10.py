"""What the chapter *Is the difference real?* says must hold in what its cells printed, and in the recorded results.

A test here fails after a `make run` whose numbers no longer support a sentence: then the sentence has to change.
"""

import itertools
import re

import numpy as np
import pytest
from recorded import numbers, read_printed
from scipy import stats

from mnist_utils.comparison import compare
from mnist_utils.evaluation import CrossValidation


@pytest.fixture(scope="module")
def printed() -> dict[str, str]:
    return read_printed("notebooks/10_difference")


@pytest.fixture(scope="module")
def curves() -> dict[str, np.ndarray]:
    """The held-out accuracy in percent of each recorded model: a row for each fold, a column for each epoch."""
    return {
        name: 100 * np.array([history["val_accuracy"] for history in CrossValidation.load(name).histories])
        for name in ("baseline", "batch_norm", "deeper")
    }


def test_other_random_numbers_alone_move_the_mean_of_five_folds_by_some_hundredths_of_a_point(printed):
    """Chapter 2 says the same, of the plain loop and the harness."""
    for line in printed["seeds"].splitlines():
        means = numbers(line)
        assert len(means) == 3
        assert 0.01 <= np.ptp(means) < 0.1


def test_fold_4_is_the_best_of_the_baseline_and_within_a_hundredth_of_the_best_of_the_normalized_model(curves):
    assert curves["baseline"][:, -1].argmax() == 3
    assert curves["batch_norm"][:, -1].max() - curves["batch_norm"][3, -1] < 0.01


def test_the_interval_gets_narrower_by_the_second_repeat_and_a_little_wider_by_the_third(printed):
    by_way = np.reshape([numbers(line)[-3:] for line in printed["repeat-intervals"].splitlines()], (2, 3, 3))
    for one, two, three in by_way:
        widths = [high - low for _, low, high in (one, two, three)]
        assert widths[1] < 0.75 * widths[0]
        assert widths[1] < widths[2] < 1.25 * widths[1]
        assert three[0] == pytest.approx(one[0] / 3, abs=0.01)  # "to a third of what chapter 3 measured"
        assert max(abs(bound) for bound in three[1:]) < 0.65 * max(abs(bound) for bound in one[1:])
        assert all(low < 0 < high for _, low, high in (one, two, three))


def test_the_difference_is_about_a_quarter_of_the_floor_and_only_the_second_way_gets_below_it(printed):
    difference, floors, pooled, by_fold = printed["floors"].splitlines()
    size, (floor, fold_floor) = numbers(difference)[0], numbers(floors)
    assert size / floor == pytest.approx(0.25, abs=0.05)
    assert fold_floor == 0
    assert "not by" in pooled
    assert 24 <= numbers(by_fold)[0] < 100  # "some dozens of repeats"


def test_the_last_epoch_is_the_best_in_most_folds_so_that_the_leak_of_the_best_epoch_is_tiny(printed, curves):
    last_is_best = {name: int((rows[:, -1] == rows.max(axis=1)).sum()) for name, rows in curves.items()}
    assert last_is_best == {"baseline": 5, "batch_norm": 4, "deeper": 3}
    for line in printed["best-epoch"].splitlines()[1:]:
        best_minus_last, best_minus_chosen, half = numbers(line)
        assert best_minus_chosen < half or half == 0  # "the interval contains zero", for two of the models
        assert best_minus_last == best_minus_chosen < 0.05  # the other folds choose the last epoch, too
        assert (best_minus_last == 0) == line.startswith("baseline")


def test_nine_of_fifteen_mcnemar_p_values_stay_below_5_percent_by_bonferroni(printed):
    """The picture shows each of the nine as "< 0.001". From the accuracies we compute how large it can be at most."""
    n_rows = 10_000
    errors = [n_rows - round(numbers(line)[-1] / 100 * n_rows) for line in printed["six-networks"].splitlines()]
    largest = []
    for first, second in itertools.product(errors[:3], errors[3:]):
        # p is largest if no row is read wrong by both: then each error is a row that only the other one reads right.
        largest.append(stats.binomtest(min(first, second), first + second).pvalue)
    assert len(largest) == 9
    assert max(largest) < 0.001
    assert numbers(printed["mcnemar-count"].splitlines()[0])[:2] == [0, 6]


def test_the_winner_of_twenty_is_better_than_their_mean_and_its_reported_score_almost_a_point_too_good(printed):
    reported, deserved, mean = (numbers(line)[-1] for line in printed["winner"].splitlines())
    assert 0.5 < reported - deserved < 1  # "almost a point too good"
    assert deserved > mean


def test_a_winners_score_is_too_good_in_three_of_four_draws_and_its_gain_is_larger_than_that(printed):
    curse, share, gain = (numbers(line)[-1] for line in printed["curse"].splitlines())
    assert share == pytest.approx(75, abs=5)
    assert curse == pytest.approx(1, abs=0.15)
    assert gain > curse


def test_one_model_for_all_folds_reports_all_rows_right_and_deserves_about_94_percent(printed):
    honest, one_model, _ = printed["run-loops"].splitlines()
    reported, deserved = np.split(np.array(numbers(one_model)), 2)
    assert reported[-1] == 100
    assert deserved[-1] == pytest.approx(94, abs=0.5)
    assert reported[-1] - deserved[-1] == pytest.approx(6, abs=0.5)  # "the last fold alone"
    assert max(numbers(honest)) < 95


def test_the_scalings_of_all_rows_and_of_a_folds_rows_differ_from_the_third_or_fourth_decimal_on(printed):
    of_all, *of_folds = (numbers(line)[-2:] for line in printed["scaling-numbers"].splitlines())
    assert 0.00005 < np.abs(np.subtract(of_folds, of_all)).max() < 0.001


def test_the_interval_of_the_first_leak_would_contain_zero_though_its_last_two_folds_cannot_be_luck(printed):
    loops = {}
    for line in printed["run-loops"].splitlines():
        name, reported, deserved = re.match(r"(.*?) *reported \[(.*)\] deserved \[(.*)\]", line).groups()
        loops[name] = np.array([reported.split(), deserved.split()], float)
    (leaky, fresh), honest = loops["one model"], loops["honest"]
    gaps = honest[0] - honest[1], leaky - fresh
    size = compare(*(0.5 + gap / 100 for gap in gaps))  # it takes scores from 0 to 1
    assert size.low < 0 < size.high
    assert list(leaky[-2:]) == [100, 100]
    assert fresh[-2:] == pytest.approx(94, abs=0.2)


def test_of_three_verdicts_by_a_margin_that_with_three_seeds_remains_by_bonferroni_and_all_do_by_holm(printed):
    margin, remain, p_values = 0.2, [], []
    (cell,) = (text for text in printed.values() if "practically equal" in text)
    for line in cell.splitlines():
        low, high = map(float, re.findall(r"[-+]\d\.\d+", line))
        middle, standard_error = abs(low + high) / 2, (high - low) / 2 / stats.t.ppf(0.95, df=4)  # intervals of 90 %
        p_values.append(stats.t.sf(abs(margin - middle) / standard_error, df=4))
        half = standard_error * stats.t.ppf(1 - 0.05 / 3, df=4)
        remain.append(middle + half < margin or middle - half > margin)
    assert remain == [False, True, False]
    first, *others = np.maximum.accumulate(np.sort(p_values) * [3, 2, 1])
    assert first < 0.02
    assert all(0.04 < other < 0.05 for other in others)
