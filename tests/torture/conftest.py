"""The torture tests count: how often they made something go wrong, and how often that was survived.

`make torture` runs them, and `scripts/run_torture.py` writes their counts down.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

collect_ignore = ["test_data.py", "test_training.py"] if os.name == "nt" else []  # no forkserver, no limits there

TESTS = Path(__file__).resolve().parents[1]
# Some tests start hundreds of processes, as copies of one that has imported what they need (`set_forkserver_preload`).
# Until Python 3.12 that one looks for modules only here, and goes on without them.
os.environ["PYTHONPATH"] = os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--share", type=float, default=1.0, help="of the torture's cases, for a quick try, such as 0.01")


@dataclass
class Tally:
    """What a test counts.

    Attributes
    ----------
    tried : int
        Cases in which something was made to go wrong.
    survived : int
        Of them those that ended as promised: in an answer, or in an error that says what to do.
    at_stake : int
        Of them those in which something lay there that could have been lost.
    kept : int
        Of these the ones after which it was still there, and whole.
    """

    tried: int = 0
    survived: int = 0
    at_stake: int = 0
    kept: int = 0


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Iterator[Tally]:
    counts = Tally()
    yield counts
    record_property("torture", asdict(counts))


@pytest.fixture(scope="session")
def scaled(request: pytest.FixtureRequest) -> Callable[[int], int]:
    """How many of so many cases to try."""
    share = request.config.getoption("--share")
    return lambda n: max(1, round(n * share))


@pytest.fixture
def try_cases(tally: Tally, scaled: Callable[[int], int]) -> Callable[[int, SearchStrategy, Callable], None]:
    """A function that lets Hypothesis make so many cases, the same ones in each run, and counts those that a check
    lets pass.
    """

    def try_all(n: int, cases: SearchStrategy, check: Callable) -> None:
        @settings(
            max_examples=scaled(n),
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(cases)
        def try_one(case: object) -> None:
            tally.tried += 1
            check(case)
            tally.survived += 1

        try_one()

    return try_all
