"""What the book claims from scores must follow from published formulas, and must not be claimed where it doesn't."""

import numpy as np
import pytest
from scipy import stats

from mnist_utils.comparison import compare, mcnemar, summarize, wilson_interval
from mnist_utils.evaluation import CrossValidation

BASELINE = [0.98, 0.981, 0.982, 0.979, 0.98]
DEEPER = [0.99, 0.988, 0.989, 0.99, 0.9885]


def cross_validation(name, scores, **settings):
    settings = {"n_rows": 60_000, "n_folds": 5, "split_seed": 1, "epochs": 10, "seed": 1} | settings
    return CrossValidation(name=name, scores=scores, histories=[], settings=settings, versions={}, seconds=1.0)


def test_summary_is_the_line_that_the_tutorial_prints():
    # The five scores that the tutorial of 2019 reports, with its mean and standard deviation.
    scores = [0.98558, 0.99842, 0.99992, 1.0, 1.0]
    assert str(summarize(scores)) == "mean=99.678 std=0.563, n=5"


def test_wilson_interval_solves_wilsons_equation():
    # Wilson's bounds are the proportions p from which the observed one lies z standard errors of p away.
    low, high = wilson_interval(9_909, 10_000)
    z = stats.norm.ppf(0.975)
    for p in (low, high):
        assert abs(0.9909 - p) == pytest.approx(z * np.sqrt(p * (1 - p) / 10_000))
    assert low < 0.9909 < high


def test_wilson_interval_stays_inside_0_and_1_and_is_not_empty_at_the_border():
    assert wilson_interval(10, 10) == (pytest.approx(0.7225, abs=1e-4), 1.0)
    low, high = wilson_interval(0, 10)
    assert low == pytest.approx(0)
    assert high == pytest.approx(1 - 0.7225, abs=1e-4)


def test_wilson_interval_widens_with_the_confidence():
    low, high = wilson_interval(990, 1_000)
    wider_low, wider_high = wilson_interval(990, 1_000, confidence=0.99)
    assert wider_low < low < high < wider_high


@pytest.mark.parametrize(("successes", "n"), [(11, 10), (-1, 10), (0, 0)])
def test_wilson_interval_refuses_impossible_counts(successes, n):
    with pytest.raises(ValueError, match=f"{successes} of {n} is no proportion"):
        wilson_interval(successes, n)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95])
def test_wilson_interval_refuses_what_is_no_level_of_confidence(confidence):
    with pytest.raises(ValueError, match="give a level between 0 and 1"):
        wilson_interval(5, 10, confidence)


def test_compare_is_the_paired_t_test_with_the_corrected_variance():
    comparison = compare(BASELINE, DEEPER)
    plain = stats.ttest_rel(DEEPER, BASELINE)
    # With 5 folds the variance is 1/5 + 1/4 in place of 1/5 times that of the differences.
    widening = np.sqrt((1 / 5 + 1 / 4) / (1 / 5))
    interval = plain.confidence_interval(0.95)
    assert comparison.mean == pytest.approx(np.mean(DEEPER) - np.mean(BASELINE))
    assert comparison.high - comparison.low == pytest.approx(widening * (interval.high - interval.low))
    assert (comparison.low + comparison.high) / 2 == pytest.approx(comparison.mean)
    assert comparison.p_value == pytest.approx(2 * stats.t.sf(plain.statistic / widening, df=4))


def test_compare_keeps_the_difference_of_each_fold():
    assert compare(BASELINE, DEEPER).differences == pytest.approx([0.01, 0.007, 0.007, 0.011, 0.0085])


def test_compare_claims_what_the_interval_shows_whichever_comes_first():
    claim = "deeper is better than baseline by 0.87 points (95 % interval 0.54 to 1.20, 5 folds)"
    assert str(compare(BASELINE, DEEPER, names=("baseline", "deeper"))) == claim
    assert str(compare(DEEPER, BASELINE, names=("deeper", "baseline"))) == claim


def test_compare_claims_no_difference_when_the_interval_holds_zero():
    comparison = compare(DEEPER, [0.991, 0.987, 0.989, 0.991, 0.988], names=("deeper", "wider"))
    assert comparison.better is None
    assert comparison.p_value > 0.05
    assert str(comparison).startswith("No difference shown between deeper and wider: wider minus deeper is 0.01 points")


def test_interval_and_p_value_agree():
    # An interval at level 1 - p ends at zero.
    comparison = compare(BASELINE, DEEPER)
    assert compare(BASELINE, DEEPER, confidence=1 - comparison.p_value).low == pytest.approx(0, abs=1e-9)


def test_noise_is_rarely_called_a_difference():
    # Two equal models, 2,000 times: at the 95 % level about one in twenty comparisons may claim something. The
    # fold scores are independent here, so the correction must make the claims rarer still.
    rng = np.random.default_rng(0)
    claims = [compare(*rng.normal(0.98, 0.001, (2, 5))).better is not None for _ in range(2_000)]
    assert np.mean(claims) < 0.03


def test_identical_scores_show_no_difference():
    comparison = compare(BASELINE, BASELINE)
    assert (comparison.mean, comparison.low, comparison.high, comparison.p_value) == (0, 0, 0, 1)
    assert comparison.better is None


def test_compare_takes_names_from_cross_validations():
    comparison = compare(cross_validation("baseline", BASELINE), cross_validation("deeper", DEEPER))
    assert comparison.better == "deeper"


@pytest.mark.parametrize(("key", "value"), [("n_rows", 400), ("n_folds", 10), ("split_seed", 2)])
def test_compare_refuses_other_folds(key, value):
    with pytest.raises(ValueError, match=f"not scored on the same folds.*{key}.*{value}"):
        compare(cross_validation("baseline", BASELINE), cross_validation("deeper", DEEPER, **{key: value}))


def test_compare_admits_settings_that_leave_the_folds_alone():
    other = cross_validation("longer", DEEPER, epochs=20, seed=5)
    assert compare(cross_validation("baseline", BASELINE), other).better == "longer"


def test_compare_wants_two_names():
    same = cross_validation("model", BASELINE), cross_validation("model", DEEPER)
    with pytest.raises(ValueError, match="Both models are called 'model'"):
        compare(*same)
    assert compare(*same, names=("old", "new")).better == "new"


def test_compare_refuses_scores_that_make_no_pairs():
    with pytest.raises(ValueError, match="5 and 4 folds"):
        compare(BASELINE, DEEPER[:4])
    with pytest.raises(ValueError, match="at least two"):
        compare([0.98], [0.99])


def test_percent_is_refused():
    with pytest.raises(ValueError, match="not percent"):
        compare(BASELINE, [98.7, 98.8, 98.9, 99.0, 98.6])


def test_mcnemar_counts_the_rows_that_tell_the_classifiers_apart():
    y_true = np.zeros(20, dtype=int)
    pred_a = np.zeros(20, dtype=int)
    pred_b = np.zeros(20, dtype=int)
    pred_a[:8] = 1  # A errs in the first eight rows,
    pred_b[7:9] = 1  # B in two: one of those and another
    result = mcnemar(y_true, pred_a, pred_b)
    assert (result.only_a, result.only_b) == (1, 7)
    # Of 8 coin throws, at most one or at least seven heads: 2 (1 + 8) of 2**8 outcomes.
    assert result.p_value == pytest.approx(18 / 256)


def test_mcnemar_of_equal_predictions_shows_nothing():
    assert mcnemar([1, 2, 3], [1, 2, 4], [1, 2, 5]).p_value == 1


def test_mcnemar_refuses_one_hot_labels():
    with pytest.raises(ValueError, match="argmax"):
        mcnemar(np.eye(3), [0, 1, 2], [0, 1, 2])
