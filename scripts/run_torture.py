"""Make things go wrong, and write down what was survived: `make torture`.

It runs the tests below ``tests/torture``, adds up what they counted, and writes that to ``results/torture.json``, which
*The record* shows. With options of pytest's, such as ``--share 0.01`` or ``-k images``, it is a try and writes nothing.
Its exit status is pytest's: 1 if a test failed.
"""

import json
import sys
import time
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
sys.path.append(str(PROJECT / "benchmarks"))

from machine import describe  # noqa: E402

RESULTS = PROJECT / "results" / "torture.json"


class Counts:
    """A plugin of pytest's: adds up what the tests report, for each of their files.

    Attributes
    ----------
    areas : dict of str to Counter
        For ``images``, say, the counts of the tests in ``test_images.py`` (see ``tests/torture/conftest.py``), and
        their ``seconds``.
    failed : list of str
        Names of the tests that failed.
    """

    def __init__(self) -> None:
        self.areas: defaultdict[str, Counter] = defaultdict(Counter)
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add one test's report: pytest calls this after its set-up, its run and its tear-down."""
        area = self.areas[Path(report.nodeid.split("::")[0]).stem.removeprefix("test_")]
        area["seconds"] += report.duration
        if report.failed:
            self.failed.append(report.nodeid)
        if report.when == "teardown":
            for name, counts in report.user_properties:
                if name == "torture":
                    area.update(counts)

    def to_json(self) -> dict[str, object]:
        """Return what is written down."""
        return {
            "date": date.today().isoformat(),
            "machine": describe(),
            "areas": {name: {**counts, "seconds": round(counts["seconds"])} for name, counts in self.areas.items()},
            "failed": self.failed,
        }


def main(options: list[str]) -> int:
    """Run the tests; return the exit status.

    Parameters
    ----------
    options : list of str
        Further options for pytest; without any, the counts are written down.

    Returns
    -------
    int
    """
    counts, start = Counts(), time.perf_counter()
    status = pytest.main(["-m", "torture", str(PROJECT / "tests" / "torture"), *options], plugins=[counts])
    report = counts.to_json() | {"seconds": round(time.perf_counter() - start)}
    text = json.dumps(report, indent=1) + "\n"
    print(text)
    if not options and status in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        partial = RESULTS.with_suffix(".partial")
        partial.write_text(text, encoding="utf-8")
        partial.replace(RESULTS)
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
