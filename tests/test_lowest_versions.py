"""The oldest versions that continuous integration tests with are the oldest that a reader may have."""

import re
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

if sys.version_info < (3, 11):
    pytest.skip("Python 3.10 cannot read pyproject.toml by itself", allow_module_level=True)

import tomllib

PROJECT = Path(__file__).resolve().parents[1]


def test_each_range_begins_with_the_version_that_is_tested() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = [*project["dependencies"], *(text for texts in project["optional-dependencies"].values() for text in texts)]
    texts += re.findall(r"^[\w-]+>=\S+", (PROJECT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    lowest = dict(
        re.findall(r"^([\w-]+)==(\S+)$", (PROJECT / "constraints-lowest.txt").read_text("utf-8"), re.MULTILINE)
    )
    for requirement in map(Requirement, texts):
        if requirement.name == "mnist_utils":  # the extras name each other
            continue
        floor = next(Version(part.version) for part in requirement.specifier if part.operator == ">=")
        assert Version(lowest[requirement.name]) == floor, requirement.name
