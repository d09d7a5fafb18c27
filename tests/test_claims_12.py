"""What the chapter *Your own handwriting* and its solutions say must hold in what their cells printed.

The ablation's test is in `test_claims`. A test here fails after a `make run` whose numbers no longer support a
sentence: then the sentence has to change.
"""

import re

import pytest
from recorded import numbers, read_printed


@pytest.fixture(scope="module")
def printed() -> dict[str, str]:
    return read_printed("notebooks/12_own_handwriting")


@pytest.fixture(scope="module")
def solved() -> dict[str, str]:
    return read_printed("solutions/12_own_handwriting")


def test_the_lowest_accuracies_are_those_of_the_8x8_digits_and_of_the_photos_of_mnists_digits(printed):
    accuracy = {line[:22].strip(): numbers(line[22:])[0] for line in printed["cell-17"].splitlines()}
    assert set(sorted(accuracy, key=accuracy.get)[:2]) == {"8x8 digits", "photos of MNIST's"}
    assert accuracy["drawn"] == 100


def test_without_polarity_the_8x8_digits_are_below_5_percent_and_not_below_their_share_of_twenty_tests(printed):
    text = printed["cell-43"]
    assert text.count("p = ") == 20
    p_value = float(re.search(r"no polarity +[\d.]+% +p = (\S+)", text)[1])
    assert 0.05 / 20 < p_value < 0.05
    smaller = sum(float(each) < p_value for each in re.findall(r"p = (\S+)", text))
    assert f"{p_value * (20 - smaller):.2f}" == "0.03", "by Holm's method"


def test_most_errors_are_on_8x8_digits(printed):
    n_pictures = {line[:18].strip(): numbers(line[18:])[0] for line in printed["cell-11"].splitlines()}
    right = re.findall(r"^(\S.+)\n +all steps +([\d.]+)%", printed["cell-43"], re.MULTILINE)
    errors = {name: n_pictures[name] * (1 - float(share) / 100) for name, share in right}
    assert len(errors) == 4
    assert errors["8x8 digits"] > 0.8 * sum(errors.values())


def test_six_photos_are_misread(printed):
    n_pictures = {line[:18].strip(): numbers(line[18:])[0] for line in printed["cell-11"].splitlines()}
    right = dict(re.findall(r"^(\S.+)\n +all steps +([\d.]+)%", printed["cell-43"], re.MULTILINE))
    photos = [name for name in right if name.startswith("photos")]
    assert sum(round(n_pictures[name] * (1 - float(right[name]) / 100)) for name in photos) == 6


def test_mass_is_worth_points_to_chapter_5s_model_and_nothing_that_is_shown_to_own_images(solved):
    rows = re.findall(r"(\w+_\w+) +with ([\d.]+)%, without ([\d.]+)%, p = (\S+)", solved["without-mass"])
    share_of_each = 0.05 / len(rows)
    shown = {
        (place // 2, model): float(before) - float(after)
        for place, (model, before, after, p_value) in enumerate(rows)
        if float(p_value) < share_of_each
    }
    assert list(shown) == [(0, "final_model")]  # on the first set, the 8x8 digits
    assert shown[0, "final_model"] == pytest.approx(5.7, abs=0.2)


def test_the_photo_that_is_looked_at_is_misread_with_little_probability_for_the_true_digit(solved):
    first, *findings = solved["worst"].splitlines()
    true, read = re.match(r"an? (\d), read as (\d)", first).groups()
    assert true != read
    assert numbers(first)[-1] < 0.1
    assert any("shadow" in finding for finding in findings)
