"""Make things go wrong, and write down what was survived: `make torture`.

It runs the tests below ``tests/torture``, one area after another, each in a process of its own: ``test_images.py`` is
the area ``images``. After each area it writes what its tests counted into ``results/torture.json``, and the table that
the page *What the software promises* shows, ``results/torture.md``. ``--area images`` runs a single area, and leaves
what is written of the others, so that all of it can be run in parts. With options of pytest's, such as ``--share 0.01``
or ``-k giants``, it is a try and writes nothing. Its exit status is 1 if a test failed.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from result_files import read_entries

PROJECT = Path(__file__).resolve().parents[1]
sys.path += [str(PROJECT), str(PROJECT / "benchmarks")]

from machine import describe  # noqa: E402

from mnist_utils.paths import write_whole  # noqa: E402

RESULTS = PROJECT / "results" / "torture.json"
TABLE = PROJECT / "results" / "torture.md"
FIELDS = ("tried", "survived", "at_stake", "kept", "date")  # what the table says of an area
AREAS = {
    "images": "pictures",
    "canvas": "messages to the canvas",
    "page": "events at the canvas on a page",
    "results": "models and results",
    "data": "MNIST on your disk",
    "training": "training",
}


class Counts:
    """A plugin of pytest's: adds up what the tests report.

    Attributes
    ----------
    counts : Counter
        The sums of what the tests counted (see ``tests/torture/conftest.py``).
    failed : list of str
        Names of the tests that failed, or that are known to fail.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add one test's report: pytest calls this after its set-up, its run and its tear-down."""
        if report.failed or (report.skipped and hasattr(report, "wasxfail")):
            self.failed.append(report.nodeid)
        if report.when == "teardown":
            for name, counts in report.user_properties:
                if name == "torture":
                    self.counts.update(counts)


def run_area(area: str, options: list[str]) -> int:
    """Run an area's tests in this process; without options, write down what they counted.

    Parameters
    ----------
    area : str
        One of `AREAS`.
    options : list of str
        Further options for pytest.

    Returns
    -------
    int
        The exit status: pytest's.
    """
    counts, start = Counts(), time.perf_counter()
    file = PROJECT / "tests" / "torture" / f"test_{area}.py"
    status = pytest.main(["-m", "torture", str(file), *options], plugins=[counts])
    times = os.times()
    found = {
        **counts.counts,
        "failed": counts.failed,
        "date": date.today().isoformat(),
        "seconds": round(time.perf_counter() - start),
        # Of this process and of those that it started and waited for. Those of the fork server are not among them.
        "processor_seconds": round(times.user + times.system + times.children_user + times.children_system),
        "machine": describe(),
    }
    print(json.dumps({area: found}, indent=1))
    if not options and status in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        record(area, found)
    return int(status)


def record(area: str, found: dict[str, object]) -> None:
    """Write down what an area's tests counted, in place of what was written of it before.

    Parameters
    ----------
    area : str
        One of `AREAS`.
    found : dict
        As `run_area` makes it.

    Raises
    ------
    ValueError
        If what was written before cannot be read. It stays as it is.
    """
    before = read_entries(RESULTS, FIELDS)
    results = {name: {**before, area: found}[name] for name in AREAS if name in before or name == area}
    for path, text in ((RESULTS, json.dumps(results, indent=1) + "\n"), (TABLE, to_table(results))):
        with write_whole(path) as scratch:
            scratch.write_text(text, encoding="utf-8")


def to_table(results: dict[str, dict]) -> str:
    """Return what was found as a table in Markdown.

    Parameters
    ----------
    results : dict of str to dict
        What ``results/torture.json`` holds.

    Returns
    -------
    str
        One row for each of `AREAS`, also for those that have not been run yet.
    """
    lines = ["| What goes wrong | Cases tried | Survived | Something at stake | Nothing lost | Run |"]
    lines.append("|---|---:|---:|---:|---:|---|")
    for area, words in AREAS.items():
        found = results.get(area)
        if found is None:
            lines.append(f"| {words} | | | | | not yet |")
            continue
        numbers = [f"{found[name]:,}" for name in ("tried", "survived", "at_stake", "kept")]
        lines.append(f"| {words} | {' | '.join(numbers)} | {found['date']} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Run the areas; return the exit status.

    Parameters
    ----------
    arguments : list of str
        ``--area`` and options of pytest's.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If what was written of earlier runs cannot be read. Then nothing is run, unless it is a try.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--area", choices=AREAS, help="run this one only")
    known, options = parser.parse_known_args(arguments)
    if not options:
        read_entries(RESULTS, FIELDS)
    if known.area:
        return run_area(known.area, options)
    # pytest's 5: no test was left by the options, such as -k.
    statuses = [
        subprocess.run([sys.executable, __file__, "--area", name, *options], check=False).returncode for name in AREAS
    ]
    return int(any(status not in (0, 5) for status in statuses))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
