"""The canvas's JavaScript: its modules under Node, and the bundles that are committed."""

import shutil
import subprocess

import pytest

from mnist_utils.paths import PROJECT

pytestmark = pytest.mark.slow  # not by its time: it needs Node.js, and npm the network for the first time


def run(*command: str) -> None:
    """Run a command in the project's folder, and fail with what it prints."""
    if shutil.which(command[0]) is None:
        pytest.fail(f"{command[0]} is missing: install Node.js 20 or later, with npm.", pytrace=False)
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}", pytrace=False)


def test_the_modules_under_node():
    run("npm", "test")


@pytest.mark.usefixtures("node_modules")
def test_the_committed_bundles_are_those_of_the_modules(tmp_path):
    """Run `npm run build` and `python -m mnist_utils.canvas` if this fails: a module has changed since."""
    run("npm", "run", "build", str(tmp_path))
    static = PROJECT / "mnist_utils" / "canvas" / "static"
    built = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert built == {path.name: path.read_text("utf-8") for path in static.glob("*.js")}
