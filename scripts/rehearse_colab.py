"""Rehearse what a reader of Colab meets: the first cell of the notebooks, then everything that they import.

``.venv/bin/python scripts/rehearse_colab.py --quick`` takes a minute: in a new environment, the packages of this Python
stand for those that Colab has. Without ``--quick`` pip first fetches the packages `COLAB_HAS` into the new environment,
about 1 GB. Either way the cell has pip install the book's helpers and what they need beside, and TensorFlow and NumPy
must stay as they are.

The cell runs as it stands in an IPython of its own, in a temporary folder that stands for ``/content``. Git is told to
clone this repository, as it was last committed, in place of the published address. Pip needs a package index.

What it cannot rehearse: Colab itself, with its many packages in versions of its own, its graphics card and its widgets;
GitHub, and the address that publishing writes into the cell; and the chapters' code after the imports, which the tests
run elsewhere.
"""

import argparse
import ast
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

PROJECT = Path(__file__).resolve().parents[1]
ADDRESS = "https://github.com/OWNER/REPOSITORY"
COLAB_HAS = ("ipython", "ipywidgets", "tensorflow", "scikit-learn", "matplotlib", "dask[distributed]", "nbformat")
# Runs in the other Python. It reads the cell and the imports from its standard input, and prints one line for each
# notebook, and last what was found.
INSIDE = """
import importlib.metadata, json, sys, types
from IPython.core.interactiveshell import InteractiveShell

def versions():
    return {name: importlib.metadata.version(name) for name in ("tensorflow", "numpy")}

task = json.load(sys.stdin)
sys.modules["google.colab"] = types.ModuleType("google.colab")
before = versions()
shell = InteractiveShell.instance()
shell.run_cell(task["cell"]).raise_error()
for name, imports in task["imports"].items():
    shell.reset()
    for statement in imports:
        shell.run_cell(statement).raise_error()
    print(f"{name}: {len(imports)} imports", flush=True)

import mnist_utils.paths
found = {"helpers": mnist_utils.__file__, "project": str(mnist_utils.paths.PROJECT), "changed": before != versions()}
print(json.dumps(found))
"""


def find_first_cell(notebook: Path) -> str:
    """Return the source of a notebook's first code cell."""
    cells = nbformat.read(notebook, as_version=4).cells
    return next(cell.source for cell in cells if cell.cell_type == "code")


def find_imports(notebook: Path) -> list[str]:
    """Return each import statement of a notebook once, in order, also those inside of functions.

    Those of the first code cell, which prepares Colab, are not among them.
    """
    _first, *cells = (cell for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code")
    imports: dict[str, None] = {}
    for cell in cells:
        tree = ast.parse(TransformerManager().transform_cell(cell.source))
        found = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
        imports |= dict.fromkeys(map(ast.unparse, sorted(found, key=lambda node: node.lineno)))
    return list(imports)


def clones_here(project: Path, address: str = ADDRESS) -> dict[str, str]:
    """Return the environment variables by which git clones a repository of this machine in place of an address."""
    variables = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{project.as_uri()}.insteadOf"}
    return variables | {"GIT_CONFIG_VALUE_0": address}


def rehearse(folder: Path, notebooks: list[Path], quick: bool) -> list[str]:
    """Run the first cell, and the imports of notebooks after it.

    Parameters
    ----------
    folder : pathlib.Path
        Empty. A folder in it stands for ``/content``.
    notebooks : list of pathlib.Path
        All with the same first cell.
    quick : bool
        Whether this Python's packages stand for those that Colab has.

    Returns
    -------
    list of str
        What is not as it should be.

    Raises
    ------
    subprocess.CalledProcessError
        If the cell or an import failed. What it printed was shown.
    """
    cells = {find_first_cell(notebook) for notebook in notebooks}
    if len(cells) > 1:
        return [f"The notebooks begin with {len(cells)} different cells."]
    content = folder / "content"
    content.mkdir()
    environment = os.environ | clones_here(PROJECT)
    if quick:
        make_environment = ["venv", "--without-pip"]
        # What was installed as a copy is found there, pip too, but not the helpers, which were installed with -e.
        environment["PYTHONPATH"] = sysconfig.get_path("purelib")
    else:
        make_environment = ["venv"]
    subprocess.run([sys.executable, "-m", *make_environment, folder / "venv"], check=True)
    python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not quick:
        subprocess.run([python, "-m", "pip", "install", "-q", *COLAB_HAS], check=True)
    task = {
        "cell": cells.pop().replace("/content", content.as_posix()),
        "imports": {f"{notebook.parent.name}/{notebook.stem}": find_imports(notebook) for notebook in notebooks},
    }
    done = subprocess.run(
        [python, "-c", INSIDE],
        cwd=content,
        env=environment,
        input=json.dumps(task),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    *lines, last = done.stdout.splitlines() or [""]
    print(*lines, sep="\n")
    if done.returncode:
        print(last)
        done.check_returncode()
    found = json.loads(last)
    problems = []
    if found["changed"]:
        problems.append("The cell has changed the version of TensorFlow or NumPy.")
    if Path(found["project"]) != content / "book":
        problems.append(f"The helpers look for results in {found['project']}, not in the clone.")
    if not Path(found["helpers"]).is_relative_to(folder / "venv"):
        problems.append(f"The helpers were imported from {found['helpers']}, not from where pip installs.")
    return problems


def main(arguments: list[str]) -> int:
    """Rehearse in a temporary folder; return the exit status.

    Parameters
    ----------
    arguments : list of str
        ``--quick``, or nothing.

    Returns
    -------
    int
        1 if something is not as it should be.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="with this Python's packages: a minute")
    quick = parser.parse_args(arguments).quick
    notebooks = [*sorted(PROJECT.glob("notebooks/*.ipynb")), *sorted(PROJECT.glob("solutions/*.ipynb"))]
    with tempfile.TemporaryDirectory(prefix="colab_") as folder:
        problems = rehearse(Path(folder).resolve(), notebooks, quick)
    print(*problems or [f"{len(notebooks)} notebooks begin as they should."], sep="\n")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
