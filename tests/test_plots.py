"""Figures show the numbers they were given, on the axes they were given, and can be read without colour."""

from types import SimpleNamespace

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba

from mnist_utils import plots
from mnist_utils.comparison import compare
from mnist_utils.evaluation import CrossValidation
from mnist_utils.models import define_baseline
from mnist_utils.predict import Prediction
from mnist_utils.quiet import keras

SCORES = [0.985, 0.986, 0.984, 0.9875, 0.983]
HISTORY = {
    "loss": [0.2, 0.1, 0.05],
    "accuracy": [0.93, 0.96, 0.98],
    "val_loss": [0.15, 0.12, 0.11],
    "val_accuracy": [0.95, 0.97, 0.975],
}
PROBABILITIES = np.full(10, 0.01, dtype=np.float32)
PROBABILITIES[7] = 0.91


@pytest.fixture(autouse=True)
def close_figures(monkeypatch):
    monkeypatch.setattr(plt, "show", lambda *_: pytest.fail("a plot function must leave showing to its caller"))
    yield
    plt.close("all")


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (12, 28, 28), dtype=np.uint8)


def legend_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def ticks_of(ax):
    return [label.get_text() for label in ax.get_xticklabels()]


# Conventions that every figure keeps

SINGLE = {
    "architecture": lambda ax=None: plots.plot_architecture(define_baseline(), ax),
    "performance": lambda ax=None: plots.summarize_performance(SCORES, ax),
    "comparison": lambda ax=None: plots.plot_comparison(compare(SCORES, SCORES[::-1]), ax),
    "confusion": lambda ax=None: plots.plot_confusion([0, 1, 2], [0, 2, 2], ax),
    "probabilities": lambda ax=None: plots.plot_probabilities(PROBABILITIES, ax),
}
GRIDS = {
    "images": lambda axes=None: plots.plot_images(np.zeros((2, 28, 28)), axes=axes),
    "diagnostics": lambda axes=None: plots.summarize_diagnostics([HISTORY], axes=axes),
    "misread": lambda axes=None: plots.plot_misread(np.zeros((2, 28, 28)), [1, 2], [PROBABILITIES] * 2, axes=axes),
}


@pytest.mark.parametrize("draw", SINGLE.values(), ids=SINGLE)
def test_draws_on_the_axes_given_and_returns_them(draw):
    _, ax = plt.subplots()
    assert draw(ax) is ax
    assert ax.has_data()
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize("draw", GRIDS.values(), ids=GRIDS)
def test_draws_on_the_grid_given_and_returns_it(draw):
    _, axes = plt.subplots(2)
    assert list(draw(axes)) == list(axes)
    assert all(ax.has_data() for ax in axes)
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize("draw", (SINGLE | GRIDS).values(), ids=SINGLE | GRIDS)
def test_new_figure_has_an_opaque_light_ground(draw):
    # Jupyter takes the figure's own ground; a transparent one would put black text on a dark page.
    with plt.rc_context({"figure.facecolor": "none"}):
        figure = np.ravel(draw())[0].figure
    assert figure.get_facecolor() == to_rgba("white")


# Architecture


def test_areas_are_the_numbers_of_parameters_and_of_outputs():
    ax = plots.plot_architecture(define_baseline())
    areas = {"parameters": [], "numbers handed on": []}
    for square in ax.patches:
        assert square.get_width() == square.get_height()
        areas[square.get_label()].append(round(square.get_width() ** 2))
    assert areas["parameters"] == [0, 320, 0, 540_900, 1_010]  # input, convolution, pooling, dense, dense
    assert areas["numbers handed on"] == [28 * 28, 26 * 26 * 32, 13 * 13 * 32, 100, 10]
    assert [text.get_text() for text in ax.texts][1] == "Conv2D 26x26x32"


def test_a_network_of_any_size_is_drawn_whole():
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(32, 3), keras.layers.Flatten()])
    model.add(keras.layers.Dense(300))  # six million parameters
    ax = plots.plot_architecture(model)
    left, right = ax.get_xlim()
    assert all(left <= square.get_x() and square.get_x() + square.get_width() <= right for square in ax.patches)


# Images


def test_images_are_drawn_in_order_with_their_digits(images):
    axes = plots.plot_images(images, np.arange(12) % 10, n=6, cols=3)
    assert axes.shape == (2, 3)
    assert [ax.get_title() for ax in axes.flat] == ["0", "1", "2", "3", "4", "5"]
    for ax, image in zip(axes.flat, images, strict=False):
        np.testing.assert_array_equal(ax.images[0].get_array(), image)


def test_nine_images_make_a_square(images):
    assert plots.plot_images(images).shape == (3, 3)


def test_no_more_images_are_drawn_than_asked_for(images):
    axes = plots.plot_images(images, n=5)
    assert [len(ax.images) for ax in axes.flat] == [1, 1, 1, 1, 1, 0]


def test_channel_axis_and_one_hot_labels_of_load_dataset_will_do(images):
    axes = plots.plot_images(images[..., np.newaxis], np.eye(10)[np.arange(12) % 10])
    assert axes.flat[3].get_title() == "3"
    np.testing.assert_array_equal(axes.flat[3].images[0].get_array(), images[3])


def test_a_faint_image_stays_faint():
    # Every image its own range would make noise look like ink.
    for X in (np.full((1, 28, 28), 3, np.uint8), np.full((1, 28, 28), 3 / 255)):
        low, high = plots.plot_images(X)[0, 0].images[0].get_clim()
        assert (3 if X.dtype == np.uint8 else 3 / 255) < low + 0.02 * (high - low)


def test_pixels_beyond_0_to_1_share_one_range():
    X = np.stack([np.full((28, 28), -2.0), np.full((28, 28), 3.0)])  # such as standardized pixels
    assert [ax.images[0].get_clim() for ax in plots.plot_images(X).flat] == [(-2, 3), (-2, 3)]


def test_fewer_images_than_places(images):
    axes = plots.plot_images(images[:2], axes=plt.subplots(1, 3)[1])
    assert not axes[2].images
    assert not axes[2].axison


def test_one_image_without_its_first_axis_is_refused(images):
    with pytest.raises(ValueError, match=r"X\[:1\]"):
        plots.plot_images(images[0])


def test_labels_must_match_the_images(images):
    with pytest.raises(ValueError, match="12 images and 3 labels"):
        plots.plot_images(images, [1, 2, 3])


# Learning curves


def test_learning_curves_show_every_fold_over_the_epoch():
    loss, accuracy = plots.summarize_diagnostics([HISTORY] * 5)
    assert len(loss.lines) == len(accuracy.lines) == 10
    np.testing.assert_array_equal(loss.lines[0].get_xdata(), [1, 2, 3])
    np.testing.assert_array_equal(loss.lines[0].get_ydata(), HISTORY["loss"])
    np.testing.assert_allclose(accuracy.lines[-1].get_ydata(), [95, 97, 97.5])


def test_learning_curves_are_told_apart_with_and_without_colour():
    for ax in plots.summarize_diagnostics([HISTORY] * 5):
        assert legend_of(ax) == ["training rows (5 folds)", "held-out rows (5 folds)"]
        train, held_out = ax.lines[0], ax.lines[5]
        assert (train.get_color(), held_out.get_color()) == (plots.BLUE, plots.ORANGE)
        assert train.get_linestyle() != held_out.get_linestyle()


def test_learning_curves_name_their_units():
    loss, accuracy = plots.summarize_diagnostics([HISTORY])
    assert loss.get_ylabel() == "cross-entropy in nats"
    assert (accuracy.get_ylabel(), accuracy.get_xlabel()) == ("accuracy in %", "epoch")
    accuracy.figure.canvas.draw()
    assert all(tick == int(tick) for tick in accuracy.get_xticks())


def test_a_fit_without_held_out_rows_has_one_curve():
    history = {key: HISTORY[key] for key in ("loss", "accuracy")}
    for ax in plots.summarize_diagnostics(history):
        assert legend_of(ax) == ["training rows"]


def test_what_fit_and_evaluate_model_return_will_do():
    expected = plots.summarize_diagnostics([HISTORY] * 2)[0].lines[1].get_ydata()
    cross_validation = CrossValidation("baseline", [0.98, 0.98], [HISTORY] * 2, settings={}, versions={}, seconds=1.0)
    fits = [SimpleNamespace(history=HISTORY)] * 2
    for histories in (cross_validation, fits):
        loss, _ = plots.summarize_diagnostics(histories)
        assert len(loss.lines) == 4
        np.testing.assert_array_equal(loss.lines[1].get_ydata(), expected)
    assert len(plots.summarize_diagnostics(fits[0])[0].lines) == 2


def test_one_epoch_is_visible():
    loss, _ = plots.summarize_diagnostics({key: values[:1] for key, values in HISTORY.items()})
    assert all(line.get_marker() not in ("", "None") for line in loss.lines)


@pytest.mark.parametrize("histories", [[], {}, [{}]])
def test_diagnostics_without_a_curve_are_refused(histories):
    with pytest.raises(ValueError, match="No history to draw"):
        plots.summarize_diagnostics(histories)


# Scores


def test_performance_prints_the_line_of_the_tutorial(capsys):
    # The five scores that the tutorial of 2019 reports, with its mean and standard deviation.
    plots.summarize_performance([0.98558, 0.99842, 0.99992, 1.0, 1.0])
    assert capsys.readouterr().out == "Accuracy: mean=99.678 std=0.563, n=5\n"


def test_performance_shows_every_score_in_percent():
    ax = plots.summarize_performance(SCORES, name="baseline")
    np.testing.assert_allclose(ax.lines[-1].get_ydata(), np.multiply(SCORES, 100))
    assert ticks_of(ax) == ["baseline"]
    assert ax.get_ylabel() == "accuracy in %"


def test_performance_takes_cross_validations(capsys):
    cross_validation = CrossValidation("baseline", SCORES, [HISTORY] * 5, settings={}, versions={}, seconds=1.0)
    ax = plots.summarize_performance(cross_validation)
    assert ticks_of(ax) == ["baseline"]
    assert ticks_of(plots.summarize_performance({"first": cross_validation})) == ["first"]
    assert capsys.readouterr().out.count("Accuracy: mean=98.510 std=0.156, n=5\n") == 2


def test_performance_of_several_models_side_by_side(capsys):
    ax = plots.summarize_performance({"baseline": SCORES, "deeper": [0.99, 0.991]})
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "baseline  Accuracy: mean=98.510 std=0.156, n=5",
        "deeper    Accuracy: mean=99.050 std=0.050, n=2",
    ]
    assert ticks_of(ax) == ["baseline", "deeper"]
    np.testing.assert_allclose(ax.lines[-1].get_ydata(), [99, 99.1])
    assert ax.get_title() == "Accuracy"
    assert plots.summarize_performance({"baseline": SCORES, "deeper": SCORES}).get_title() == "Accuracy (5 folds)"


def test_performance_of_no_model_is_refused():
    with pytest.raises(ValueError, match="No scores to draw"):
        plots.summarize_performance({})


def test_comparison_shows_mean_and_interval_in_points():
    comparison = compare(SCORES, np.add(SCORES, [0.005, 0.004, 0.005, 0.006, 0.005]), names=("baseline", "deeper"))
    ax = plots.plot_comparison([comparison])
    spans = [line.get_xdata() for line in ax.lines]
    assert any(np.allclose(span, [100 * comparison.low, 100 * comparison.high]) for span in spans if len(span) == 2)
    assert any(np.allclose(span, 0.5) for span in spans if len(span) == 1)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["deeper \N{MINUS SIGN} baseline"]
    assert "percentage points, with 95 % interval" in ax.get_xlabel()


def test_comparison_without_a_shown_difference_is_hollow():
    shown = compare(SCORES, np.add(SCORES, [0.005, 0.004, 0.005, 0.006, 0.005]))
    ax = plots.plot_comparison([shown, compare(SCORES, SCORES[::-1])])
    points = [line for line in ax.lines if len(line.get_xdata()) == 1]
    assert [point.get_markerfacecolor() for point in points] == [plots.BLUE, "white"]


def test_comparisons_at_several_levels_are_refused():
    with pytest.raises(ValueError, match="one level"):
        plots.plot_comparison([compare(SCORES, SCORES), compare(SCORES, SCORES, confidence=0.9)])


# Errors


def test_confusion_counts_true_digits_by_row_and_colours_errors_only():
    ax = plots.plot_confusion([4, 4, 4, 4, 9], [4, 4, 4, 9, 9])
    errors = ax.images[0].get_array()
    assert errors[4, 9] == 1
    assert errors.sum() == 1
    assert errors.mask.diagonal().all()  # 4 was read right three times: no colour
    numbers = {text.get_position(): text.get_text() for text in ax.texts if text.get_text()}
    assert numbers == {(4, 4): "3", (9, 4): "1", (9, 9): "1"}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("digit read", "true digit")


def test_confusion_has_all_ten_digits_whatever_occurs():
    assert ticks_of(plots.plot_confusion([1, 2], [1, 2])) == [str(digit) for digit in range(10)]


def test_misread_digits_come_surest_first(images):
    probabilities = np.tile(PROBABILITIES, (12, 1))  # every image is read as 7
    probabilities[5, 7] = 0.99
    y_true = np.full(12, 7)
    y_true[[3, 5]] = 1, 2
    axes = plots.plot_misread(images, y_true, probabilities)
    assert [ax.get_title() for ax in axes.flat] == ["2 → 7  0.99", "1 → 7  0.91"]
    np.testing.assert_array_equal(axes.flat[0].images[0].get_array(), images[5])


@pytest.mark.parametrize("read", [-1, 10])
def test_a_confusion_with_what_is_no_digit_is_refused(read):
    with pytest.raises(ValueError, match="no digits from 0 to 9"):
        plots.plot_confusion([1, 2, 3], [1, 2, read])


def test_misread_says_when_there_is_nothing_to_draw(images):
    with pytest.raises(ValueError, match="None of the 12 images is misread"):
        plots.plot_misread(images, np.full(12, 7), np.tile(PROBABILITIES, (12, 1)))


def test_one_hot_labels_are_pointed_to_argmax(images):
    with pytest.raises(ValueError, match=r"y_true\.argmax\(axis=1\)"):
        plots.plot_misread(images, np.eye(12, 10), np.tile(PROBABILITIES, (12, 1)))


# Probabilities


@pytest.mark.parametrize("answer", [PROBABILITIES, Prediction(7, PROBABILITIES)], ids=["array", "Prediction"])
def test_probabilities_are_ten_bars_with_the_winner_in_another_colour(answer):
    ax = plots.plot_probabilities(answer)
    np.testing.assert_allclose([bar.get_height() for bar in ax.patches], PROBABILITIES)
    colours = [bar.get_facecolor() for bar in ax.patches]
    assert [colour for colour in colours if colours.count(colour) == 1] == [colours[7]]
    assert ax.texts[7].get_text() == "0.910"
    assert ax.get_title() == "Read as 7, probability 0.910"


def test_nothing_to_read_has_no_winner():
    ax = plots.plot_probabilities(Prediction(None, np.zeros(10, np.float32)))
    assert ax.get_title() == "No digit to read"
    assert len({bar.get_facecolor() for bar in ax.patches}) == 1


def test_probabilities_of_a_batch_are_refused():
    with pytest.raises(ValueError, match=r"p\[0\]"):
        plots.plot_probabilities([PROBABILITIES])
