"""Look at what the book is built on: `make supply`, before each release.

It lists the licences of all packages on a page of the book, ``book/licences.md``, and asks pip-audit and npm audit
whether a weakness is known in a version that ``constraints.txt`` or ``package-lock.json`` names. Its exit status is 1
if one is known, or if nobody could be asked. ``--licences`` only writes the page.
"""

import argparse
import json
import re
import subprocess
import sys
import textwrap
from importlib.metadata import PackageMetadata, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[1]
sys.path.append(str(PROJECT))

from mnist_utils.paths import write_whole  # noqa: E402

PAGE = PROJECT / "book" / "licences.md"
HEADER = """\
---
myst:
  html_meta:
    "description": "The packages that the book's software is built on, with the licence that each one states."
---

# Licences of the packages

The book's own licences stand in [the introduction](intro.md#licence). Its software is built on the packages below. Each
licence is the one that the package itself states. `make supply` writes this page.

"""


def python_packages() -> dict[str, tuple[str, str]]:
    """Return version and licence of each package that the book, its tests and its tools need.

    Returns
    -------
    dict of str to (str, str)
        By name, sorted. A package that this system has no use for is left out.
    """
    lines = (PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    waiting = [Requirement(line) for line in lines if re.match(r"\w", line)] + [Requirement("mnist_utils[book,dev]")]
    found: dict[str, tuple[str, str]] = {}
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        try:
            package = distribution(requirement.name)
        except PackageNotFoundError:  # an optional one, or one of another system
            continue
        name = canonicalize_name(package.name)
        if name != "mnist-utils":
            found[name] = (package.version, _licence(package.metadata))
        for extra in ("", *requirement.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            for line in package.requires or []:
                needed = Requirement(line)
                if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                    waiting.append(needed)
    return dict(sorted(found.items()))


def _licence(metadata: PackageMetadata) -> str:
    """Return what a package's metadata state of its licence, in a few words."""
    kinds = [line.split(" :: ")[-1] for line in metadata.get_all("Classifier", []) if line.startswith("License :: ")]
    first_line = (metadata.get("License") or "").strip().partition("\n")[0]
    stated = metadata.get("License-Expression") or ", ".join(kinds) or textwrap.shorten(first_line, 60)
    return stated or "not stated"


def npm_packages() -> dict[str, tuple[str, str]]:
    """Return version and licence of each package of npm's, by name.

    Returns
    -------
    dict of str to (str, str)
        As ``package-lock.json`` names them, without those of single systems.
    """
    packages = json.loads((PROJECT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    return {
        path.removeprefix("node_modules/"): (package["version"], package.get("license", "not stated"))
        for path, package in packages.items()
        if path and not package.get("optional")
    }


def to_page(python: dict[str, tuple[str, str]], npm: dict[str, tuple[str, str]]) -> str:
    """Return the page that lists all packages.

    Parameters
    ----------
    python, npm : dict of str to (str, str)
        Versions and licences by name.

    Returns
    -------
    str
        In Markdown.
    """
    tables = []
    for title, packages in (("Python", python), ("JavaScript, for the tests and the bundles only", npm)):
        rows = [f"| {name} | {version} | {licence} |" for name, (version, licence) in packages.items()]
        tables.append("\n".join([f"## {title}\n", "| Package | Version | Licence |", "|---|---|---|", *rows]))
    return HEADER + "\n\n".join(tables) + "\n"


def _ask(command: list[str]) -> dict | None:
    """Return the JSON that a command prints, or None if it prints none, or says that it could not ask."""
    try:
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
        answer = json.loads(done.stdout)
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return answer if isinstance(answer, dict) and "error" not in answer else None


def audit_python() -> list[str]:
    """Return the known weaknesses of the versions in ``constraints.txt``, a sentence each, or why none can be known."""
    command = [sys.executable, "-m", "pip_audit", "-r", "constraints.txt", "--no-deps", "--disable-pip", "-f", "json"]
    answer = _ask(command)
    packages = answer["dependencies"] if answer else []
    if not packages or any("skip_reason" in package for package in packages):
        return [
            "The Python packages could not be audited: install pip-audit (pip install pip-audit), and run this where "
            "the advisory service of Python's package index can be reached."
        ]
    return [f"{each['name']} {each['version']}: {weak['id']}" for each in packages for weak in each["vulns"]]


def audit_npm() -> list[str]:
    """Return the known weaknesses of the versions in ``package-lock.json``, or why none can be known."""
    answer = _ask(["npm", "audit", "--json"])
    if answer is None or "vulnerabilities" not in answer:
        return [
            "The packages of npm could not be audited: install Node.js with npm, and run this where the advisory "
            "service of npm's registry can be reached."
        ]
    return [f"{name}: {weakness['severity']}" for name, weakness in answer["vulnerabilities"].items()]


def main(arguments: list[str]) -> int:
    """Write the page, and ask; return the exit status.

    Parameters
    ----------
    arguments : list of str
        ``--licences`` or nothing.

    Returns
    -------
    int
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--licences", action="store_true", help="only write the page of licences")
    only_licences = parser.parse_args(arguments).licences
    with write_whole(PAGE) as scratch:
        scratch.write_text(to_page(python_packages(), npm_packages()), encoding="utf-8")
    if only_licences:
        return 0
    problems = [*audit_python(), *audit_npm()]
    print("\n".join(problems or ["No weakness is known in any package."]))
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
