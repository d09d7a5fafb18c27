"""The project's own files agree with each other."""

import json
import re
import subprocess
from importlib.metadata import requires
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parents[1]


def read(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def test_the_page_on_the_machinery_has_a_line_for_each_file_of_the_package() -> None:
    listing = read("book/machinery.md").split("```text\n")[1].split("```")[0]
    package = PROJECT / "mnist_utils"
    files = {path.stem for path in package.rglob("*.py") if not path.stem.startswith("__")}
    folders = {f"{path.parent.name}/" for path in package.glob("*/*") if path.suffix in (".py", "")}
    assert set(re.findall(r"^ *(\w+/?) ", listing, re.MULTILINE)) - {"js/"} == files | folders - {"__pycache__/"}


@pytest.fixture(scope="module")
def constraints() -> dict[str, str]:
    """The versions that computed the results, by the packages' names."""
    lines = [line for line in read("constraints.txt").splitlines() if line and not line.startswith("#")]
    return dict(line.lower().split("==") for line in lines)


def test_constraints_lie_within_the_ranges_that_a_reader_installs(constraints: dict[str, str]) -> None:
    package = [text for text in requires("mnist_utils") if 'extra == "dev"' not in text and "mnist_utils" not in text]
    plain = re.findall(r"^[\w-]+>=\S+", read("requirements.txt"), re.MULTILINE)
    for requirement in map(Requirement, package + plain):
        assert requirement.specifier.contains(constraints[requirement.name.lower()]), str(requirement)


@pytest.mark.parametrize("name", ["baseline", "batch_norm", "deeper"])
def test_constraints_name_the_versions_that_computed_the_results(name: str, constraints: dict[str, str]) -> None:
    versions = json.loads(read(f"results/{name}.json"))["versions"]
    assert versions.pop("python").startswith("3.11."), "the header of constraints.txt and Binder name Python 3.11"
    assert {package: constraints[package] for package in versions} == versions


def test_citation_names_the_version_of_the_package() -> None:
    citation = yaml.safe_load(read("CITATION.cff"))
    assert f'\nversion = "{citation["version"]}"\n' in read("pyproject.toml")
    assert citation["title"] == yaml.safe_load(read("_config.yml"))["title"]


def test_each_promise_has_a_test_that_exists() -> None:
    lines = [line for line in read("book/promises.md").splitlines() if line.startswith("| ") and "Tests |" not in line]
    assert lines
    for line in lines:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", line)
        assert named, line
        for file, test in named:
            assert f"\ndef {test}(" in read(file), f"{file} has no {test}"


def test_workflows_name_the_actions_that_they_use_by_commit() -> None:
    # A tag may be moved to other code; a commit may not.
    used = [line for file in PROJECT.glob(".github/workflows/*.yml") for line in file.read_text("utf-8").splitlines()]
    used = [line.split("uses:")[1].strip() for line in used if "uses:" in line]
    assert used
    for action in used:
        assert action.startswith("./") or re.search(r"@[0-9a-f]{40}\b", action), action


def test_the_book_is_published_after_the_tests_by_jobs_with_the_least_rights() -> None:
    workflow = yaml.safe_load(read(".github/workflows/publish.yml"))
    jobs = workflow["jobs"]
    assert jobs["test"]["uses"] == "./.github/workflows/test.yml"
    # A job runs if those that it needs have passed, unless a condition of its own says otherwise.
    order = {"test": None, "build": "test", "publish": "build", "launch": "build"}
    assert {name: job.get("needs") for name, job in jobs.items()} == order
    assert not any("if" in job for job in jobs.values())
    assert workflow["permissions"] == {}, "each job names its rights"
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "test": {"contents": "read"},
        "build": {"contents": "read"},
        "publish": {"pages": "write", "id-token": "write"},
        "launch": {"contents": "write"},
    }


@pytest.mark.parametrize(
    ("job", "command"),
    [
        ("newest", "EVERY_WAY=1"),
        ("supply", "make supply"),
        ("programs", "EVERY_PROGRAM=1"),
        ("colab", "scripts/rehearse_colab.py"),
    ],
)
def test_what_takes_too_long_for_every_change_is_tried_every_week(job: str, command: str) -> None:
    workflow = yaml.safe_load(read(".github/workflows/weekly.yml"))
    assert any(command in step.get("run", "") for step in workflow["jobs"][job]["steps"])


def test_no_workflow_but_the_publishing_one_may_change_anything() -> None:
    others = [file for file in PROJECT.glob(".github/workflows/*.yml") if file.name != "publish.yml"]
    assert others
    for file in others:
        workflow = yaml.safe_load(file.read_text("utf-8"))
        assert workflow["permissions"] == {"contents": "read"}, file.name
        assert not any("permissions" in job for job in workflow["jobs"].values()), file.name


@pytest.mark.parametrize("path", sorted(PROJECT.glob(".github/ISSUE_TEMPLATE/*-*.yml")), ids=lambda path: path.stem)
def test_a_form_for_readers_asks_for_all_that_it_needs(path: Path) -> None:
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= form.keys()
    assert len({field["id"] for field in form["body"]}) == len(form["body"])
    for field in form["body"]:
        assert field["attributes"]["label"]
        assert field["validations"]["required"]
        assert (field["type"] == "dropdown") == ("options" in field["attributes"])


@pytest.mark.parametrize(
    ("path", "is_ignored"),
    [
        ("notebooks/my_digits/7/0001.png", True),
        ("my_notebooks/05_finalize.ipynb", True),
        (".cache/trainings/0123/fold_1.npz", True),
        ("figures/notebooks/02_baseline_1.png", True),
        ("notebooks/02_baseline.py", True),
        ("notebooks/19_new.ipynb", False),
        ("notebooks/images/new.png", False),
        ("results/new.json", False),
    ],
)
def test_git_leaves_alone_what_a_reader_makes(path: str, is_ignored: bool) -> None:
    done = subprocess.run(["git", "check-ignore", "--quiet", "--no-index", path], cwd=PROJECT, check=False)
    assert (done.returncode == 0) == is_ignored


def test_no_tracked_file_names_a_package_registry() -> None:
    # Written in two parts, so that this file names none either.
    hosts = [
        ".".join(parts) for parts in [("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com")]
    ]
    command = ["git", "grep", "-I", "-l", "-i", "-F", *(f"-e{host}" for host in hosts)]
    found = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert found.returncode in (0, 1), found.stderr
    assert found.stdout == ""
