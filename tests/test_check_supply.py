"""What `make supply` says of the packages that the book is built on."""

import json
import re
from types import SimpleNamespace

import check_supply
import pytest
from packaging.utils import canonicalize_name


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch):
    """A function that lets each program print this."""

    def answer(text: str) -> None:
        monkeypatch.setattr(check_supply.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=text))

    return answer


def test_a_known_weakness_is_named(answer):
    clean, weak = {"name": "a", "version": "1", "vulns": []}, {"name": "b", "version": "2", "vulns": [{"id": "CVE-1"}]}
    answer(json.dumps({"dependencies": [clean, weak]}))
    assert check_supply.audit_python() == ["b 2: CVE-1"]
    answer(json.dumps({"vulnerabilities": {"c": {"severity": "high"}}}))
    assert check_supply.audit_npm() == ["c: high"]


def test_nothing_known_is_no_problem(answer):
    answer(json.dumps({"dependencies": [{"name": "a", "version": "1", "vulns": []}]}))
    assert check_supply.audit_python() == []
    answer(json.dumps({"vulnerabilities": {}}))
    assert check_supply.audit_npm() == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no such module",
        json.dumps({"dependencies": []}),
        json.dumps({"dependencies": [{"name": "a", "skip_reason": "not found"}]}),
        json.dumps({"message": "405", "error": {"summary": ""}}),
    ],
)
def test_whoever_could_not_be_asked_has_not_said_that_all_is_well(answer, text):
    answer(text)
    for audit, service in ((check_supply.audit_python, "pip-audit"), (check_supply.audit_npm, "Node.js")):
        [problem] = audit()
        assert "could not be audited" in problem
        assert service in problem


def test_the_page_lists_each_package_with_its_licence():
    rows = dict(re.findall(r"^\| ([\w.@/-]+) \| \S+ \| (.+) \|$", check_supply.PAGE.read_text("utf-8"), re.MULTILINE))
    constraints = (check_supply.PROJECT / "constraints.txt").read_text("utf-8")
    names = {canonicalize_name(name) for name in re.findall(r"^([\w.-]+)==", constraints, re.MULTILINE)}
    assert names - rows.keys() == set()
    assert rows.keys() >= check_supply.npm_packages().keys()
