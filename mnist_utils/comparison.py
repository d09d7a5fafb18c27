"""What may be claimed from a few scores: intervals and tests, for chapters 2 to 5 and those that go further."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

if TYPE_CHECKING:
    from mnist_utils.evaluation import CrossValidation

__all__ = ["Comparison", "McNemar", "Summary", "compare", "mcnemar", "summarize", "wilson_interval"]

# The settings of a cross-validation that decide which rows each fold holds out.
FOLD_SETTINGS = ("n_rows", "n_folds", "split_seed")


@dataclass(frozen=True)
class Summary:
    """Mean and spread of the scores of one model; as text, in percent.

    Attributes
    ----------
    mean, std : float
        Accuracy, 0 to 1. The standard deviation divides by n (numpy's default, ``ddof=0``): it describes how far
        these scores lie apart and is no confidence interval.
    n : int
        Number of scores.
    """

    mean: float
    std: float
    n: int

    def __str__(self) -> str:
        """Return the line that the tutorial prints, without its "Accuracy:"."""
        return f"mean={self.mean * 100:.3f} std={self.std * 100:.3f}, n={self.n}"


def summarize(scores: CrossValidation | Sequence[float]) -> Summary:
    """Return mean and standard deviation (``ddof=0``) of one model's scores.

    Parameters
    ----------
    scores : CrossValidation or sequence of float
        Accuracy of each fold, 0 to 1.

    Returns
    -------
    Summary

    Raises
    ------
    ValueError
        If there is no score, or one is not between 0 and 1.

    Examples
    --------
    >>> print(summarize([0.98, 0.99]))
    mean=98.500 std=0.500, n=2
    """
    values = _scores_of(scores)
    return Summary(mean=float(values.mean()), std=float(values.std()), n=len(values))


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Wilson score interval of a proportion, such as an accuracy on n test images.

    It stays within 0 and 1, unlike "p plus or minus 1.96 standard errors". It also covers the true proportion about
    as often as it says near 1, where the accuracy of a good model lies.

    Parameters
    ----------
    successes : int
        Number of rows that are right.
    n : int
        Number of rows, at least 1.
    confidence : float
        Confidence level, between 0 and 1.

    Returns
    -------
    low, high : float
        Bounds of the proportion, 0 to 1.

    Raises
    ------
    ValueError
        If not ``0 <= successes <= n`` and ``1 <= n``, or the confidence level is not between 0 and 1.

    References
    ----------
    E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference, Journal of the
    American Statistical Association 22, 209-212. Computed by `scipy.stats.binomtest`.
    """
    if not 0 <= successes <= n or n < 1:  # recent versions of SciPy answer with NaN
        raise ValueError(f"{successes} of {n} is no proportion: 0 <= successes <= n and 1 <= n must hold.")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}: give a level between 0 and 1, such as 0.95.")
    interval = stats.binomtest(successes, n).proportion_ci(confidence_level=confidence, method="wilson")
    return float(interval.low), float(interval.high)


@dataclass(frozen=True)
class Comparison:
    """Model B against model A on the same folds, made by `compare`; as text, the sentence that may be claimed.

    Attributes
    ----------
    name_a, name_b : str
        Names of the models.
    differences : tuple of float
        Score of B minus score of A in each fold, as fractions: 0.01 is one percentage point.
    mean : float
        Mean of the differences.
    low, high : float
        Bounds of its confidence interval.
    p_value : float
        Two-sided p value of "no difference".
    confidence : float
        Confidence level of the interval.
    """

    name_a: str
    name_b: str
    differences: tuple[float, ...]
    mean: float
    low: float
    high: float
    p_value: float
    confidence: float

    @property
    def better(self) -> str | None:
        """Name of the better model, or None if the interval holds zero."""
        if self.low > 0:
            return self.name_b
        if self.high < 0:
            return self.name_a
        return None

    def __str__(self) -> str:
        """Return the sentence that may be claimed, in percentage points."""
        level, folds = f"{self.confidence * 100:.4g} % interval", f"{len(self.differences)} folds"
        if self.better is None:
            return (
                f"No difference shown between {self.name_a} and {self.name_b}: {self.name_b} minus {self.name_a} is "
                f"{_points(self.mean)} points ({level} {_points(self.low)} to {_points(self.high)}, {folds})"
            )
        # Told from the winner's side, so that the numbers are positive.
        worse = self.name_a if self.better == self.name_b else self.name_b
        low, high = sorted((abs(self.low), abs(self.high)))
        return (
            f"{self.better} is better than {worse} by {_points(abs(self.mean))} points "
            f"({level} {_points(low)} to {_points(high)}, {folds})"
        )


def compare(
    a: CrossValidation | Sequence[float],
    b: CrossValidation | Sequence[float],
    *,
    names: tuple[str, str] | None = None,
    confidence: float = 0.95,
) -> Comparison:
    """Compare two models that were scored on the same k folds, by the corrected resampled t test.

    The training rows of any two folds overlap, so the k differences are not independent, and the usual paired t test
    finds differences that are not there. Nadeau and Bengio replace its variance of the mean, s²/k, by
    s² (1/k + n_test/n_train); in k-fold cross-validation n_test/n_train is 1/(k - 1). The statistic is compared with
    Student's t of k - 1 degrees of freedom.

    For k folds this is an approximation. The correction was derived for rows that are split at random again and
    again, with an assumed correlation of their scores, and nobody can estimate the variance of k folds without bias.
    The test tells how sure the difference is if these rows are split anew. It knows nothing of data from elsewhere.

    Parameters
    ----------
    a, b : CrossValidation or sequence of float
        Scores of the models in each fold, 0 to 1, in the same order of folds.
    names : tuple of two str, optional
        Names of the models; without it those of the CrossValidation objects, or A and B.
    confidence : float
        Confidence level of the interval. For m comparisons that are read together give ``1 - 0.05 / m`` (Bonferroni).

    Returns
    -------
    Comparison
        Of B minus A.

    Raises
    ------
    ValueError
        If the models were not scored on the same folds or have the same name, there are fewer than two folds, or a
        score or the confidence level is not between 0 and 1.

    References
    ----------
    C. Nadeau and Y. Bengio (2003), Inference for the generalization error, Machine Learning 52, 239-281.

    Y. Bengio and Y. Grandvalet (2004), No unbiased estimator of the variance of k-fold cross-validation, Journal of
    Machine Learning Research 5, 1089-1105.
    """
    _check_same_folds(a, b)
    scores_a, scores_b = _scores_of(a), _scores_of(b)
    k = len(scores_a)
    if k != len(scores_b):
        raise ValueError(f"The models were scored on {k} and {len(scores_b)} folds: compare them on the same folds.")
    if k < 2:
        raise ValueError("One fold tells nothing about the spread: compare at least two.")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}: give a level between 0 and 1, such as 0.95.")
    if names is None:
        names = getattr(a, "name", "A"), getattr(b, "name", "B")
    if names[0] == names[1]:
        raise ValueError(f"Both models are called {names[0]!r}: tell them apart by names=(..., ...).")

    differences = scores_b - scores_a
    mean = differences.mean()
    standard_error = differences.std(ddof=1) * np.sqrt(1 / k + 1 / (k - 1))
    half_width = stats.t.ppf((1 + confidence) / 2, df=k - 1) * standard_error
    if standard_error == 0:  # the same difference in every fold
        p_value = 1.0 if mean == 0 else 0.0
    else:
        p_value = 2 * stats.t.sf(abs(mean) / standard_error, df=k - 1)
    return Comparison(
        name_a=names[0],
        name_b=names[1],
        differences=tuple(differences.tolist()),
        mean=float(mean),
        low=float(mean - half_width),
        high=float(mean + half_width),
        p_value=float(p_value),
        confidence=confidence,
    )


@dataclass(frozen=True)
class McNemar:
    """Two classifiers on the same test rows, made by `mcnemar`.

    Attributes
    ----------
    only_a, only_b : int
        Rows that only A, or only B, reads right.
    p_value : float
        Two-sided exact p value of "both err equally often".
    """

    only_a: int
    only_b: int
    p_value: float

    def __str__(self) -> str:
        """Return both counts and the p value in one line."""
        return (
            f"Only A is right in {self.only_a} rows, only B in {self.only_b} (McNemar's exact p = {self.p_value:.2g})"
        )


def mcnemar(y_true: ArrayLike, pred_a: ArrayLike, pred_b: ArrayLike) -> McNemar:
    """Test whether two classifiers err equally often on the same rows: McNemar's exact (binomial) test.

    Only the rows that one reads right and the other wrong tell them apart. If both err equally often, each such row
    goes to either with probability 1/2.

    Parameters
    ----------
    y_true, pred_a, pred_b : array_like of int, shape (n,)
        The true classes, and those that A and B predict.

    Returns
    -------
    McNemar

    Raises
    ------
    ValueError
        If the shapes differ or are not ``(n,)``.

    References
    ----------
    Q. McNemar (1947), Note on the sampling error of the difference between correlated proportions or percentages,
    Psychometrika 12, 153-157. The exact form is `scipy.stats.binomtest` with p = 1/2.
    """
    y_true, pred_a, pred_b = np.asarray(y_true), np.asarray(pred_a), np.asarray(pred_b)
    shapes = y_true.shape, pred_a.shape, pred_b.shape
    if y_true.ndim != 1 or len(set(shapes)) > 1:
        raise ValueError(
            f"The shapes are {shapes[0]}, {shapes[1]} and {shapes[2]}: give three rows of classes, (n,). One-hot "
            "labels and probabilities become classes by .argmax(axis=1)."
        )
    right_a, right_b = pred_a == y_true, pred_b == y_true
    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    # With no row that tells them apart nothing speaks against equality; binomtest wants at least one.
    p_value = stats.binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    return McNemar(only_a=only_a, only_b=only_b, p_value=float(p_value))


def _points(fraction: float) -> str:
    """Return a fraction in percentage points with two decimals, never as -0.00."""
    return f"{round(fraction * 100, 2) + 0.0:.2f}"


def _scores_of(scores: CrossValidation | Sequence[float]) -> np.ndarray:
    """Return the scores of a CrossValidation or of a plain sequence as a checked float64 array of shape (k,)."""
    values = np.asarray(getattr(scores, "scores", scores), dtype=np.float64)
    if values.ndim != 1 or len(values) == 0:
        raise ValueError(f"Scores of shape {values.shape}: give the accuracy of each fold, at least one.")
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"Scores {values.tolist()}: give accuracies between 0 and 1, not percent.")
    return values


def _check_same_folds(a: CrossValidation | Sequence[float], b: CrossValidation | Sequence[float]) -> None:
    """Refuse cross-validations whose settings say that their folds differ."""
    settings_a, settings_b = getattr(a, "settings", {}), getattr(b, "settings", {})
    different = [
        f"{key} {settings_a[key]} and {settings_b[key]}"
        for key in FOLD_SETTINGS
        if key in settings_a and key in settings_b and settings_a[key] != settings_b[key]
    ]
    if different:
        raise ValueError(
            f"{a.name} and {b.name} were not scored on the same folds ({', '.join(different)}): evaluate both on the "
            "same rows, split in the same way."
        )
