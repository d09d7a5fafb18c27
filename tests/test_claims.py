"""The conclusions that the chapters' prose draws must hold in what the last full-scale run recorded.

A test here fails after a `make run` whose numbers no longer support a sentence: then the sentence has to change.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from chapters import TOC
from scipy import stats
from scipy.spatial.distance import cdist
from sklearn.datasets import load_digits
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import KFold, cross_val_score, train_test_split
from sklearn.svm import SVC

from mnist_utils import paths
from mnist_utils.comparison import compare, summarize, wilson_interval
from mnist_utils.evaluation import CrossValidation
from mnist_utils.predict import Classifier
from mnist_utils.reading import load_image

PROJECT = Path(__file__).resolve().parents[1]
IMAGES = PROJECT / "notebooks" / "images"


@pytest.fixture(scope="module")
def results() -> dict[str, CrossValidation]:
    return {name: CrossValidation.load(name) for name in ("baseline", "batch_norm", "deeper")}


def last(result: CrossValidation, key: str) -> np.ndarray:
    return np.array([history[key][-1] for history in result.histories])


def first(result: CrossValidation, key: str) -> np.ndarray:
    return np.array([history[key][0] for history in result.histories])


def test_every_result_is_of_a_full_scale_run(results):
    for result in results.values():
        assert result.settings["n_rows"] == 60000
        assert result.settings["epochs"] == 10
        assert result.settings["batch_size"] == 32
        assert len(result.scores) == 5


def test_baseline_folds_agree_within_a_few_tenths_of_a_point(results):
    assert np.ptp(results["baseline"].scores) < 0.005


def test_two_of_the_baselines_scores_are_equal_and_one_stands_apart(results):
    *four, highest = sorted(results["baseline"].scores)
    assert len({round(score, 6) for score in (*four, highest)}) == 4
    assert highest - max(four) > max(four) - min(four)


def test_baseline_held_out_rows_look_better_in_the_first_epoch(results):
    assert (first(results["baseline"], "val_accuracy") > first(results["baseline"], "accuracy")).all()


def test_baseline_reads_nearly_all_training_rows_and_misreads_more_than_one_in_a_hundred_others(results):
    assert (last(results["baseline"], "accuracy") > 0.999).all()
    assert (last(results["baseline"], "val_accuracy") < 0.99).all()


def test_baseline_overfits_mildly(results):
    """Training loss goes towards zero; held-out loss stays, and held-out accuracy does not fall."""
    assert (last(results["baseline"], "loss") < 0.005).all()
    for history in results["baseline"].histories:
        assert history["val_loss"][-1] > 10 * history["loss"][-1]
        assert history["val_accuracy"][-1] > max(history["val_accuracy"]) - 0.002


def test_no_difference_is_shown_between_batch_normalization_and_baseline(results):
    assert compare(results["baseline"], results["batch_norm"]).better is None


def test_batch_normalization_is_ahead_in_the_first_epoch_and_equal_at_the_end(results):
    assert first(results["batch_norm"], "accuracy").mean() > first(results["baseline"], "accuracy").mean() + 0.01
    assert abs(last(results["batch_norm"], "accuracy").mean() - last(results["baseline"], "accuracy").mean()) < 0.0005


def test_batch_normalization_is_shown_to_be_ahead_after_the_first_epoch(results):
    comparison = compare(first(results["baseline"], "val_accuracy"), first(results["batch_norm"], "val_accuracy"))
    assert comparison.better == "B"


def test_under_the_stricter_rule_the_lead_after_the_first_epoch_is_not_shown(results):
    leads = [first(results[name], "val_accuracy") for name in ("baseline", "batch_norm")]
    assert compare(*leads, confidence=1 - 0.05 / 2).better is None


def test_deeper_leads_batch_normalization_in_every_fold_and_the_wider_interval_holds_zero(results):
    scores = results["batch_norm"].scores, results["deeper"].scores
    assert min(np.subtract(*scores[::-1])) > 0
    assert compare(*scores, confidence=1 - 0.05 / 3).better is None
    assert compare(*scores, confidence=0.95).better == "B"


def test_of_three_comparisons_at_once_that_of_deeper_and_baseline_shows_a_difference(results):
    comparison = compare(results["baseline"], results["deeper"], confidence=1 - 0.05 / 3)
    assert comparison.better == "deeper"


def test_deeper_is_ahead_in_every_fold_by_more_than_batch_normalization_in_any(results):
    deeper = np.subtract(results["deeper"].scores, results["baseline"].scores)
    batch_norm = np.subtract(results["batch_norm"].scores, results["baseline"].scores)
    assert deeper.min() > max(0, batch_norm.max())


def test_box_of_the_deeper_model_lies_clear_of_the_other_two(results):
    lower_quartile = np.quantile(results["deeper"].scores, 0.25)
    for other in ("baseline", "batch_norm"):
        assert lower_quartile > np.quantile(results[other].scores, 0.75)


def test_single_pairs_of_epochs_mislead_about_batch_normalization_and_none_about_depth(results):
    def pairs_in_the_wrong_order(worse: str, better: str) -> int:
        last = {name: [history["val_accuracy"][-5:] for history in results[name].histories] for name in (worse, better)}
        return sum((np.subtract.outer(b, a) < 0).sum() for a, b in zip(last[worse], last[better], strict=True))

    assert pairs_in_the_wrong_order("baseline", "deeper") == 0
    assert pairs_in_the_wrong_order("baseline", "batch_norm") >= 10


@pytest.mark.parametrize("name", ["baseline", "batch_norm", "deeper"])
def test_held_out_accuracy_rises_to_the_end_in_the_mean_by_less_and_less(results, name):
    curve = np.mean([history["val_accuracy"] for history in results[name].histories], axis=0)
    assert curve[-3:].mean() > curve[2:5].mean() > curve[0]
    assert curve[-1] - curve[5] < curve[5] - curve[0]


def test_the_harness_is_faster_with_all_three_models():
    found = json.loads(paths.input_path("results/benchmark.json").read_text())
    comparisons = {comparison["model"]: comparison for comparison in found["comparisons"]}
    assert set(comparisons) == {"baseline", "batch_norm", "deeper"}
    assert all(comparison["ratio"] > 1 for comparison in comparisons.values())
    assert all(found["equal_to_the_bit"].values())


@pytest.fixture(scope="module")
def final() -> dict:
    return json.loads(paths.input_path("results/final.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier("final_model")


def test_the_chosen_model_has_the_highest_mean(results):
    assert max(results, key=lambda name: np.mean(results[name].scores)) == "deeper"


def test_the_tests_interval_contains_the_mean_of_the_cross_validation(results, final):
    low, high = final["interval"]
    assert low <= np.mean(results["deeper"].scores) <= high


def test_the_committed_model_is_the_one_that_was_tested_and_is_sometimes_sure_and_wrong(final, classifier, true_mnist):
    _, (X_test, y_test) = true_mnist
    probabilities = classifier.predict_proba(X_test)
    wrong = probabilities.argmax(axis=1) != y_test
    assert len(y_test) - wrong.sum() == final["correct"]
    sure = probabilities.max(axis=1)
    errors = [int(wrong[sure >= threshold].sum()) for threshold in (0, 0.9, 0.99, 0.999)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] > 0


def test_both_final_trainings_read_nearly_all_of_their_training_images():
    text = printed("05_finalize", "plain = define_deeper()")
    assert len(percents(text)) == 2
    assert min(percents(text)) > 99.5


def test_own_pictures_are_misread_as_they_are_and_read_in_mnists_format(classifier):
    """Chapter 6: dark ink on white, and a small digit in a corner."""
    for name in ("paper_3", "corner_8"):
        squeezed = load_image(IMAGES / f"{name}.png")
        assert classifier.predict_proba(squeezed).argmax() != int(name[-1])
    for name in ("paper_3", "corner_8", "thin_5"):
        assert classifier(IMAGES / f"{name}.png").digit == int(name[-1])


def test_blank_paper_and_noise_are_no_digits_to_the_classifier(classifier):
    assert classifier(np.full((100, 100), 255, dtype="uint8")).digit is None
    assert classifier(np.random.default_rng(0).random((28, 28))).digit is None


def printed(chapter: str, code: str) -> str:
    """Return what the cell with this piece of code printed in the recorded run."""
    notebook = json.loads((PROJECT / "notebooks" / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    (cell,) = (cell for cell in notebook["cells"] if cell["cell_type"] == "code" and code in "".join(cell["source"]))
    return "".join(line for output in cell["outputs"] for line in output.get("text", []))


@pytest.mark.parametrize(
    ("chapter", "code", "names"),
    [
        ("02_baseline", 'summarize_performance(baseline.scores, name="baseline")', ["baseline"]),
        ("03_batch_normalization", "summarize_performance(", ["baseline", "batch_norm"]),
        ("04_deeper_model", "summarize_performance(results)", ["baseline", "batch_norm", "deeper"]),
        ("05_finalize", "summarize(result)", ["baseline", "batch_norm", "deeper"]),
    ],
)
def test_a_chapter_shows_the_scores_that_were_recorded_last(results, chapter, code, names):
    # A chapter that was not run again after an earlier one would still show that one's old scores.
    text = printed(chapter, code)
    assert re.findall(r"mean=.*", text) == [str(summarize(results[name])) for name in names]


def test_the_tutorials_means_of_2021_lie_within_our_intervals_and_those_of_2019_above():
    rows = re.findall(r"(\d+\.\d+) +(\d+\.\d+) +\d+\.\d+ +(\S+) to (\S+)", printed("04_deeper_model", "leaky:8.3f"))
    assert len(rows) == 3
    for leaky, honest, low, high in np.array(rows, float):
        assert low < honest < high < leaky


def test_the_final_models_interval_holds_the_tutorials_score(final):
    low, high = final["interval"]
    assert low < 0.99090 < high


def test_chapter_2_says_what_chapter_10_prints_of_other_seeds():
    means = re.search(
        r"baseline +mean of each seed: \[(\S+) (\S+) (\S+)\]", printed("10_difference", "mean of each seed")
    )
    first, *others = (f"{float(mean):.2f}" for mean in means.groups())
    text = (PROJECT / "notebooks" / "02_baseline.ipynb").read_text(encoding="utf-8")
    assert f"are {' and '.join(others)} %, and with the seed of this chapter {first} %" in text


def test_nearest_mean_takes_4_for_9_most_often_and_5_and_8_for_3_rather_than_for_each_other(true_mnist):
    (X, y), _ = true_mnist
    X_fit, X_held_out, y_fit, y_held_out = train_test_split(X, y, test_size=10_000, random_state=1)
    means = np.stack([X_fit[y_fit == digit].mean(axis=0) for digit in range(10)])
    answers = cdist(X_held_out.reshape(-1, 784), means.reshape(10, 784)).argmin(axis=1)
    taken = confusion_matrix(y_held_out, answers)
    np.fill_diagonal(taken, 0)
    assert np.unravel_index(taken.argmax(), taken.shape) == (4, 9)
    assert taken[5, 3] > 2 * taken[5, 8]
    assert taken[8, 3] > 2 * taken[8, 5]
    assert [taken[digit].argmax() for digit in (9, 7, 3, 0)] == [4, 9, 5, 5]
    distances = cdist(*2 * [means.reshape(10, 784)])
    np.fill_diagonal(distances, np.inf)
    assert sum(taken.argmax(axis=1) == distances.argmin(axis=1)) == 6, "most, and not all"


def test_own_images_models_interval_on_mnist_lies_above_the_final_models(final):
    text = printed("13_other_hands", 'print_accuracy("MNIST\'s test images"')
    accuracy, low = (float(number) / 100 for number in re.search(r"([\d.]+)% +\(([\d.]+)%", text).groups())
    assert accuracy > final["correct"] / final["n"]
    assert low > final["interval"][1]


def test_rounding_to_8_bits_moves_the_answers_far_more():
    text = printed("15_in_the_browser", "answers = predict_rounded(form)")
    moved = {form: float(number) for form, number in re.findall(r"(\w+) +a probability moved by (\S+)", text)}
    assert moved["int16"] < moved["float16"]
    assert moved["int8"] / moved["int16"] > 50


def test_in_the_browser_blocks_of_four_save_time_and_the_first_prediction_takes_longest():
    found = json.loads(paths.input_path("results/browser.json").read_text("utf-8"))
    median = {name: times["median"] for name, times in found["milliseconds"].items()}
    # Only what holds on any machine, because `make bench` writes its times.
    assert median["a prediction"] < median["without blocks of four"]
    assert found["first_ms"] > median["a prediction"]


def test_what_the_ablation_says_of_each_step():
    text = printed("12_own_handwriting", 'if case != "all steps":')
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for line in text.splitlines():
        if not line.startswith(" "):
            found[line] = {}
        elif "p =" in line:
            step, accuracy, p_value = re.search(r"no (\w+) +([\d.]+)%   p = ([\d.e-]+)", line).groups()
            found[list(found)[-1]][step] = float(accuracy), float(p_value)
    assert len(found) == 4
    for name, steps in found.items():
        assert steps["box"][1] < 0.05
        assert steps["mass"][1] > 0.05
        assert steps["stroke"][1] > 0.05
        if name.startswith("photos"):
            assert steps["polarity"][0] < 30
            assert steps["crop"][0] < 70
    assert found["drawn"]["crop"][1] < 0.05
    assert found["8x8 digits"]["crop"][1] > 0.05 / 20


def test_the_detector_is_no_perfect_one():
    text = printed("14_whole_pages", 'print_accuracy("one digit", taken_for_one[whole_check])')
    one, none = (float(share) for share in re.findall(r"(?:digit|none) +([\d.]+)%", text))
    assert 80 < one < 95
    assert 80 < none < 95


def test_two_workers_are_faster_than_one():
    text = printed("11_scaling_out", "alone.seconds / there.seconds")
    assert float(re.search(r"ratio +([\d.]+)", text)[1]) > 1


def test_the_learning_rate_decides_in_the_grid():
    text = printed("11_scaling_out", 'print(f"{result.name:24}mean')
    means = {rate: [] for rate in ("0.001", "0.01")}
    for rate, mean in re.findall(r"filters, rate ([\d.]+) +mean ([\d.]+)%", text):
        means[rate].append(float(mean))
    assert min(means["0.01"]) > max(means["0.001"])


def test_the_refit_helps():
    text = printed("13_other_hands", 'print_accuracy("after", after == y_score)')
    assert float(re.search(r"after +([\d.]+)%", text)[1]) > 98
    assert float(re.search(r"p = ([\d.e-]+)", text)[1]) < 0.05


def percents(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"([\d.]+) ?%", text)]


def test_bytes_do_not_train_and_no_other_scaling_is_shown_to_differ():
    text = printed("07_pixel_scaling", "comparison in comparisons.values()")
    assert text.startswith("0 to 1 is better than bytes by ")
    assert text.count("No difference shown") == 4
    scores, ones = (
        line.partition(":")[2].split() for line in printed("07_pixel_scaling", "share of ones").splitlines()
    )
    assert scores == ones
    assert percents(printed("07_pixel_scaling", "bytes, rate 0.000001: "))[0] > 97
    filters, units = map(
        int,
        re.search(
            r"bytes +dead: (\d+) of 32 filters, (\d+) of 100",
            printed("07_pixel_scaling", "dead: {filters} of 32 filters"),
        ).groups(),
    )
    assert filters == 32
    assert units > 95


def test_what_the_chapter_on_differences_concludes():
    parts = printed("10_difference", '"standard deviations in points"')
    difference = next(line for line in parts.splitlines() if line.startswith("batch_norm - baseline"))
    assert "folds 0.000*" in difference
    assert parts.count("repeats 0.000*") == 3
    verdicts = printed("10_difference", ": {verdict(low, high)}").splitlines()
    assert ["practically equal" in line for line in verdicts] == [True, True, False]
    assert "differs by more than the margin" in verdicts[2]
    leaks = printed("10_difference", "95 % interval for scaling")
    one_model, scaling, interval = (
        float(x)
        for x in re.search(
            r"one model: ([\d.]+) points\nscaling: ([-\d.]+) points.*\n.* ± ([\d.]+) points", leaks
        ).groups()
    )
    assert one_model > 2
    assert abs(scaling) < interval


def test_the_short_answer_on_differences():
    """Chapter 10: "in 25 % of the experiments", "in 5 %", "0.06 points with one seed, and is 0.02 with three", 2.5."""
    equal_models = dict(
        re.findall(r"^(.+?) +([\d.]+)% +[\d.]+%$", printed("10_difference", "many = simulate_folds("), re.MULTILINE)
    )
    assert round(float(equal_models["mean > std of the folds"])) == 25
    assert round(float(equal_models["corrected t interval"])) == 5
    leads = printed("10_difference", "x 5 folds: {mean:+.3f}")
    one_seed, _, three_seeds = map(float, re.findall(r"all together +\d x 5 folds: ([-+.\d]+)", leads))
    assert (round(one_seed, 2), round(three_seeds, 2)) == (0.06, 0.02)
    holm = dict(
        re.findall(r"^(.+?) +[\d.]+ +[\d.]+ +([\d.]+)$", printed("10_difference", "by_bonferroni[i]"), re.MULTILINE)
    )
    assert [pair for pair, p_value in holm.items() if float(p_value) < 0.05] == ["deeper \N{MINUS SIGN} baseline"]
    leak = re.search(r"one model: ([\d.]+) points", printed("10_difference", "95 % interval for scaling"))[1]
    assert round(float(leak), 1) == 2.5


def test_the_network_leaves_the_linear_model_behind_as_images_are_added():
    rows = re.findall(r"([\d,]+) +([\d.]+)% +([\d.]+)%", printed("16_another_data_set", 'print("images  "'))
    network, linear = np.array([[float(share) for share in row[1:]] for row in rows]).T
    assert abs(network[0] - linear[0]) < 3
    assert 100 - network[-1] < (100 - linear[-1]) / 3
    assert printed("16_another_data_set", "for name in simple:").count("No difference shown") == 2


def test_what_the_chapter_on_the_learning_rate_says():
    rates = {
        rate: float(mean)
        for rate, mean in re.findall(
            r"rate ([\d.]+) +mean=([\d.]+)", printed("08_learning_rate", "for rate, result in by_rate.items():")
        )
    }
    assert max(rates, key=rates.get) == "0.03"
    assert rates["0.03"] - rates["0.1"] > 3 > 10 * (rates["0.03"] - rates["0.01"])
    assert max(rates["0.3"], rates["1.0"]) < 12
    wandering = dict(re.findall(r"([a-z ]+?) +wandering ([\d.]+)", printed("08_learning_rate", "].mean():.2f} points")))
    wandering = {name: float(points) for name, points in wandering.items()}
    assert 2 * wandering["cosine decay"] < wandering["constant"]
    assert max(wandering["one cycle"], wandering["step decay"]) < wandering["constant"]
    intervals = re.findall(
        r"^(.+?) +([-+.\d]+) points, ([-+.\d]+) to ([-+.\d]+)$",
        printed("08_learning_rate", "change = compare(*pair"),
        re.MULTILINE,
    )
    assert len(intervals) == 3
    for name, *bounds in intervals:
        mean, low, high = map(float, bounds)
        assert mean == pytest.approx(wandering[name] - wandering["constant"], abs=0.011)
        assert high < 0 if name == "cosine decay" else low < 0 < high
    schedules = printed("08_learning_rate", "for name, result in by_schedule.items():\n    print(f")
    assert schedules.count("No difference shown") == 3
    assert printed("08_learning_rate", 'for name in ("128, rate 0.01", "128, rate 0.04")').count("No difference") == 2
    verdict = printed("08_learning_rate", 'names=("SGD", "Adam")')
    lead, low, high = map(
        float, re.search(r"SGD is better than Adam by (\S+) .* interval (\S+) to (\S+),", verdict).groups()
    )
    # With the interval that allows for all 16 pairs of rates, for any digits that the printed ones may stand for.
    wider = stats.t.ppf(1 - 0.05 / 16 / 2, df=4) / stats.t.ppf(0.975, df=4)
    assert lead + 0.005 < ((high - low) / 2 - 0.005) * wider
    assert 0.4 < (high - low) / 2 * wider < 0.42  # "a little more than 0.4 points to either side"


def test_bytes_at_the_smallest_rate_are_shown_to_be_behind_as_the_sixth_comparison():
    comparisons = printed("07_pixel_scaling", "comparison in comparisons.values()").splitlines()
    assert len([line for line in comparisons if "interval" in line]) == 5
    verdict = printed("07_pixel_scaling", "confidence=1 - 0.05 / 6")
    assert verdict.startswith("0 to 1 is better than bytes, rate 0.000001 by ")
    errors = [100 - share for share in percents(printed("07_pixel_scaling", "bytes, rate 0.000001: "))]
    assert errors[2] / errors[0] == pytest.approx(5, abs=0.1)


def test_what_the_chapter_on_depth_and_width_says():
    shown = re.findall(r"^(.+) is better than plain", printed("09_depth_and_width", "print(comparison)"), re.MULTILINE)
    assert shown == ["2 blocks"]
    fronts = printed("09_depth_and_width", "pareto_front(cost, mean_error))")
    assert all(line.endswith("3 blocks") for line in fronts.splitlines())
    assert printed("09_depth_and_width", "confidence=1 - 0.05 / len(pairs)").count("No difference shown") == 3
    assert printed("09_depth_and_width", "confidence=1 - 0.05 / 2)").count("No difference shown") == 2


def test_held_out_loss_falls_to_the_end_in_the_shallow_models_and_not_after_the_fourth_epoch_in_the_deeper(results):
    curves = {
        name: np.mean([history["val_loss"] for history in result.histories], axis=0) for name, result in results.items()
    }
    for name in ("baseline", "batch_norm"):
        assert curves[name][-3:].mean() < curves[name][3:6].mean()
        assert curves[name][2:].max() - curves[name][-1] < curves[name][0] - curves[name][1]
    assert curves["deeper"][4:].mean() > curves["deeper"][3]


def test_deeper_lies_above_the_other_two_curves_from_the_second_epoch_on_and_no_curve_climbs_smoothly(results):
    curves = {
        name: np.mean([history["val_accuracy"] for history in result.histories], axis=0)
        for name, result in results.items()
    }
    assert max(curves, key=lambda name: curves[name][0]) == "batch_norm"
    assert (curves["deeper"][1:] > np.maximum(curves["baseline"], curves["batch_norm"])[1:]).all()
    assert all((np.diff(curve) < 0).any() for curve in curves.values())


def test_the_interval_of_batch_normalization_leaves_room_for_a_fraction_of_a_point_only(results):
    comparison = compare(results["baseline"], results["batch_norm"])
    assert -0.005 < comparison.low < 0 < comparison.high < 0.005


def test_the_models_wander_by_about_the_same_in_the_last_five_epochs(results):
    wandering = [
        np.mean([np.ptp(history["val_accuracy"][-5:]) for history in result.histories]) for result in results.values()
    ]
    assert max(wandering) < 1.5 * min(wandering)


def scores_of_folds(chapter: str, code: str) -> list[float]:
    """Return the scores, in percent, that the harness or the plain loop printed while the cell with this code ran."""
    return [float(score) for score in re.findall(r"^> ([\d.]+)", printed(chapter, code), re.MULTILINE)]


def test_the_plain_loop_with_fit_gives_other_scores_and_nearly_the_same_mean(results):
    by_fit = scores_of_folds("02_baseline", "fit_scores, _ = evaluate_in_turn(")
    by_harness = 100 * np.array(results["baseline"].scores)
    assert (np.round(by_harness, 3) != by_fit).any()
    assert abs(np.mean(by_fit) - by_harness.mean()) < 0.02


def test_one_model_for_all_folds_climbs_and_reads_new_images_worse():
    leaky = scores_of_folds("02_baseline", "one_model = define_baseline()")
    honest = scores_of_folds("02_baseline", "(define_baseline, X_small, y_small, epochs=3)")
    promised, deserved = percents(printed("02_baseline", "honest_accuracy = one_model.evaluate("))
    assert leaky == sorted(leaky)
    assert max(honest) < deserved < promised - 4


def test_the_linear_model_makes_several_errors_for_each_one_of_the_network():
    linear, network = percents(printed("02_baseline", "linear_errors, errors ="))
    assert linear > 3 * network
    # "A number of ten digits is read wrong more often than right."
    assert (1 - linear / 100) ** 10 < 0.5


def test_a_short_training_changes_the_filters_by_less_than_a_tenth():
    (change,) = percents(printed("02_baseline", "change = np.abs(after - before)"))
    assert 0 < change < 10


def test_the_recipe_reads_every_drawing_and_shrinking_about_half():
    text = printed("06_predict", "drawings, labels = load_drawn_digits()")
    read = {name: int(right) / int(n) for name, right, n in re.findall(r"(\w[\w ]*?) +(\d+) of (\d+)", text)}
    assert 0.4 < read["only shrunk"] < 0.6
    assert read["follow_recipe"] == read["to_mnist"] == 1


def test_the_bare_model_takes_noise_for_a_digit_with_a_high_probability():
    text = printed("06_predict", "noise, straight to the model")
    assert float(re.search(r"straight to the model: \d \(([\d.]+)\)", text)[1]) > 0.5
    assert text.count("nothing to read") == 2


def test_the_short_answer_on_pixel_scaling():
    text = printed("07_pixel_scaling", "define_baseline, scale(X_train)")
    scores = {
        name: [float(score) for score in re.findall(r"> ([\d.]+)", lines)]
        for name, lines in re.findall(r"^([^>\n]+)\n((?:> .*\n?)+)", text, re.MULTILINE)
    }
    assert len(scores) == 5
    means = {name: np.mean(values) for name, values in scores.items()}
    assert abs(means["0 to 1"] - 98.6) < 0.05
    assert abs(means["centred"] - means["0 to 1"]) < 0.05
    for name in ("standardized", "per image"):
        assert 0.15 < means["0 to 1"] - means[name] < 0.25
        assert (np.array(scores[name]) < scores["0 to 1"]).all()


def test_what_the_grid_found():
    text = printed("11_scaling_out", 'print(f"{result.name:24}mean')
    rows = {
        (filters, rate): tuple(map(float, (mean, low, high)))
        for filters, rate, mean, low, high in re.findall(
            r"(\d+) filters, rate ([\d.]+) +mean ([\d.]+)%, from ([\d.]+)% to ([\d.]+)%", text
        )
    }
    assert max(rows, key=rows.get) == ("32", "0.01")
    narrow, wide = rows["16", "0.01"], rows["32", "0.01"]
    assert 3 * abs(wide[0] - narrow[0]) < min(narrow[2] - narrow[1], wide[2] - wide[1])
    assert rows["32", "0.001"][1] > rows["16", "0.001"][2]
    verdicts = " ".join(printed("11_scaling_out", "answer = compare(tutorial, result").split())
    assert verdicts.count("32 filters, rate 0.01 is better than") == 2
    assert verdicts.count("No difference shown") == 1


def test_some_test_images_have_ink_in_the_last_two_rows_or_columns(true_mnist):
    """Chapter 15: the network does not see these lines of pixels."""
    _, (X_test, _) = true_mnist
    inked = X_test[:, 26:].any(axis=(1, 2)) | X_test[:, :, 26:].any(axis=(1, 2))
    assert 0.02 < inked.mean() < 0.2


def test_six_networks_agree_on_the_recipe_and_two_corrections_on_what_is_shown():
    pairs = printed("10_difference", "pairs of {kind}")
    assert re.findall(r"(\d+) of (\d+) below", pairs) == [("0", "6"), ("9", "9")]
    table = re.findall(r"([\d.]+) +([\d.]+) +([\d.]+)$", printed("10_difference", "by_bonferroni[i]"), re.MULTILINE)
    plain, bonferroni, holm = np.array(table, float).T
    assert (plain < 0.05).sum() == 2
    assert (bonferroni < 0.05).sum() == (holm < 0.05).sum() == 1
    assert (holm <= bonferroni).all()


def test_intervals_that_the_questions_name():
    assert [round(bound, 2) for bound in wilson_interval(45, 50)] == [0.79, 0.96]
    assert [round(100 * bound, 2) for bound in wilson_interval(9, 10_000)] == [0.05, 0.17]


def test_without_shuffled_folds_the_svc_reads_fewer_of_the_small_digits():
    X, y = load_digits(return_X_y=True)
    shuffled = cross_val_score(SVC(gamma=0.001), X, y, cv=KFold(5, shuffle=True, random_state=1))
    assert cross_val_score(SVC(gamma=0.001), X, y).mean() < shuffled.mean() - 0.01


def test_the_steps_of_the_tutorial_have_a_section_each():
    page = (PROJECT / "book" / "intro.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+) \| (.+) \|$", page.split("| Step of the tutorial |")[1], re.MULTILINE)
    assert len(rows) >= 20
    assert [step for step, section in rows if "](" not in section] == []


def test_cards_have_the_titles_of_their_pages():
    page = (PROJECT / "book" / "intro.md").read_text(encoding="utf-8")
    cards = re.findall(r"\{grid-item-card\} \d+ · (.+)\n:link: \.\./(\S+)", page)
    assert len(cards) >= 14
    for title, link in cards:
        cells = json.loads((PROJECT / f"{link}.ipynb").read_text(encoding="utf-8"))["cells"]
        assert "".join(cells[0]["source"]).startswith(f"# {title}\n")


def test_cards_stand_below_the_parts_of_the_table_of_contents():
    page = (PROJECT / "book" / "intro.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### (.+?)\n(.*?)(?=^##)", page, re.MULTILINE | re.DOTALL))
    cards = {
        caption: re.findall(r"\{grid-item-card\}.+\n:link: \.\./(\S+)", text) for caption, text in sections.items()
    }
    parts = [part for part in TOC["parts"] if part.get("numbered")]
    assert cards == {part["caption"]: [chapter["file"] for chapter in part["chapters"]] for part in parts}


def test_the_short_answer_on_depth_and_width():
    text = "".join(
        printed("09_depth_and_width", title)
        for title in ('"Width of', '"Number of blocks"', '"Size of the filters"', '"Units of', '"The tutorial')
    )
    error = {name.strip(): 100 - float(mean) for name, mean in re.findall(r"^(.+?) mean=([\d.]+)", text, re.MULTILINE)}
    assert len(error) == 13
    for name in ("2 blocks", "3 blocks"):
        assert error[name] < error["plain"] * 2 / 3
    assert min(error, key=error.get) == "3 blocks"
    assert error["128 filters"] > error["plain"]
    full = dict(re.findall(r"(\w[\w ]*?) +mean error ([\d.]+)", printed("09_depth_and_width", "mean error {error")))
    assert (full["2 blocks"], full["deeper"]) == ("0.98", "0.99")


def test_how_the_errors_of_network_and_linear_model_shrink():
    """Chapter 16: "from 14 to 3 %", "only from 16 to 13 %", and close together with 300 images."""
    rows = re.findall(r"[\d,]+ +([\d.]+)% +([\d.]+)%", printed("16_another_data_set", 'print("images  "'))
    network, linear = 100 - np.array(rows, float).T
    assert [round(network[0]), round(network[-1])] == [14, 3]
    assert [round(linear[0]), round(linear[-1])] == [16, 13]


def test_two_settings_of_the_support_vector_machine_have_the_same_mean_on_the_small_digits():
    ours = re.search(r"SVC +mean=(\S+)", printed("09_depth_and_width", "load_digits(return_X_y=True)"))[1]
    examples = re.search(r"support vectors +mean (\S+)%", printed("16_another_data_set", "simple = {"))[1]
    assert ours == examples == "99.05"


def test_the_short_answer_on_another_data_set():
    """Chapter 16: 86 and 84 % with 300 images, 97 and 87 % with 10,000, 98 and 99 % on the small digits."""
    rows = re.findall(r"([\d,]+) +([\d.]+)% +([\d.]+)%", printed("16_another_data_set", 'print("images  "'))
    by_size = {n: [round(float(share)) for share in shares] for n, *shares in rows}
    assert (by_size["300"], by_size["10,000"]) == ([86, 84], [97, 87])
    small_digits = dict(
        re.findall(r"^(.+?) +mean ([\d.]+)%", printed("16_another_data_set", "simple = {"), re.MULTILINE)
    )
    assert [round(float(small_digits[name])) for name in ("network", "support vectors")] == [98, 99]
    by_number = printed("16_another_data_set", "for n, linear, network in zip(").splitlines()
    assert by_number[0].startswith("No difference shown between linear on 300 and network on 300")
    assert [line.partition(" is better than linear on ")[0] for line in by_number[1:]] == [
        "network on 1,000",
        "network on 3,000",
        "network on 10,000",
    ]
    verdicts = printed("16_another_data_set", "for name in simple:")
    assert "No difference shown between support vectors and network" in verdicts


# What the text below these cells of the solutions says: how many differences are shown, and how many are not.
VERDICTS = {
    "02_baseline filters-compare": (0, 3),
    "02_baseline dropout-gap": (0, 1),
    "02_baseline scalings-compare": (0, 2),
    "03_batch_normalization before-after": (0, 1),
    "03_batch_normalization batch-size-compare": (0, 4),
    "04_deeper_model single-compare": (0, 1),
    "04_deeper_model lenet-compare": (0, 3),
    "04_deeper_model define-third": (0, 1),
    "04_deeper_model decay-run": (0, 1),
    "04_deeper_model define-normalized": (0, 1),
    "07_pixel_scaling ex1-code": (0, 1),
    "07_pixel_scaling ex2-code": (0, 1),
    "07_pixel_scaling ex4-code": (1, 1),
    "07_pixel_scaling ex6-code": (0, 1),
    "08_learning_rate rmsprop": (1, 0),
    "08_learning_rate deeper": (0, 1),
    "08_learning_rate warm-up": (0, 1),
    "09_depth_and_width e1-code": (0, 1),
    "09_depth_and_width e2-code": (1, 0),
    "09_depth_and_width e3-code": (0, 1),
    "09_depth_and_width e4-code": (0, 1),
    "09_depth_and_width e6-code": (0, 1),
    "10_difference folds": (1, 1),
    "16_another_data_set compare-sizes": (0, 1),
    "16_another_data_set deeper": (0, 4),
}


@pytest.mark.parametrize("place", VERDICTS)
def test_a_solution_reads_the_verdicts_that_its_cell_printed(place):
    chapter, name = place.split()
    notebook = json.loads((PROJECT / "solutions" / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    (cell,) = (cell for cell in notebook["cells"] if cell["id"] == name)
    text = "".join(line for output in cell["outputs"] for line in output.get("text", []))
    text = " ".join(text.split())  # a verdict may be printed on two lines
    assert (text.count(" is better than "), text.count("No difference shown between ")) == VERDICTS[place]
