"""The code in the book's prose runs: in its pages, in the README, and in the Markdown cells of its notebooks.

A block runs after what it needs of the code above it: imports, definitions, values. Names that are defined nowhere are
the reader's own, such as ``X_train``: `STAND_INS` has something small for each. The pictures and models that a block
names lie in its working folder. The harness makes smoke runs only.
"""

import ast
import builtins
import json
import pkgutil
import re
import runpy
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pytest
from markdown_it import MarkdownIt
from PIL import Image

from mnist_utils import paths
from mnist_utils.data import load_dataset, load_mnist, prep_pixels

PROJECT = Path(__file__).resolve().parents[1]
PICTURES = PROJECT / "notebooks" / "images"
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "book").glob("*.md"))]
NOTEBOOKS = sorted(PROJECT.glob("notebooks/*.ipynb")) + sorted(PROJECT.glob("solutions/*.ipynb"))
FOLDERS = {"my_images": "0123456789", "my_digits": "37", "letters": "AB"}  # of pictures, with their classes
N_ROWS = 300  # of MNIST, to train and to test
IPYTHON_COMMAND = re.compile(r"^( *)[%!].*", re.MULTILINE)  # such as those that prepare Colab
LOADS_MNIST = re.compile(r"\bload_(mnist|dataset|data|picture_sets)\b")
SLOW_CALL = re.compile(r"\b(fit|evaluate_model|finalize_model|export)\(")
NOT_RUN = {"cv2.VideoCapture": "needs a webcam, and opencv-python, which the book does not install"}


class Block(NamedTuple):
    """A piece of code in the prose: where it stands, its code, and the code above it in the same file."""

    place: str
    language: str
    code: str
    above: list[str]


def guess_language(code: str) -> str:
    """Return the language of an indented block, which does not say it."""
    try:
        ast.parse(code)
    except SyntaxError:
        return "console" if code.startswith("python -m ") else ""
    return "python"


def find_code(markdown: str, first_line: int = 1) -> Iterator[tuple[int, str, str]]:
    """Yield line, language and code of each fenced or indented block, also of those within directives."""
    for token in MarkdownIt().parse(markdown):
        if token.type == "code_block":
            yield first_line + token.map[0], guess_language(token.content), token.content
        elif token.type == "fence" and token.info in ("python", "console"):
            yield first_line + token.map[0] + 1, token.info, token.content
        elif token.type == "fence" and token.info.startswith("{"):
            yield from find_code(token.content, first_line + token.map[0] + 1)


def read_cells(file: Path) -> list[tuple[str, str]]:
    """Return the kind ("markdown" or "code") and the source of each cell; a page is one cell of Markdown."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        return [("markdown", text)]
    return [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(text)["cells"]]


def find_blocks() -> Iterator[Block]:
    """Yield the Python of all pages and notebooks, and the commands that run a module of the package."""
    for file in PAGES + NOTEBOOKS:
        above: list[str] = []
        for number, (kind, source) in enumerate(read_cells(file)):
            if kind == "code":
                above.append(source)
                continue
            cell = f"cell{number}:" if file.suffix == ".ipynb" else ""
            for line, language, code in find_code(source):
                if language == "python" or (language == "console" and "python -m mnist_utils" in code):
                    yield Block(f"{file.parent.name}/{file.name}:{cell}{line}", language, code, above.copy())
                if language == "python":
                    above.append(code)


def names(tree: ast.AST) -> tuple[set[str], set[str]]:
    """Return the names that code takes from elsewhere, and those that it binds."""
    loaded, bound, local = set(), set(), set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                loaded.add(name)
            case ast.Name(id=name):
                bound.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
            case ast.ExceptHandler(name=str(name)):
                bound.add(name)
            case ast.alias(name=name, asname=asname):
                bound.add((asname or name).split(".")[0])
            case ast.arg(arg=name):
                local.add(name)
    return loaded - bound - local, {tree.name} if isinstance(tree, ast.FunctionDef | ast.ClassDef) else bound


def prepare(block: Block) -> tuple[str, set[str]]:
    """Return the statements above a block that it needs, directly or not, and the names that they leave open."""
    needed, _ = names(ast.parse(block.code))
    above: list[ast.stmt] = []
    for source in block.above:
        above += ast.parse(IPYTHON_COMMAND.sub(r"\1pass", source)).body
    statements, found = [], set()
    for statement in reversed(above):
        loads, binds = names(statement)
        if binds & needed:
            statements.insert(0, ast.unparse(statement))
            needed |= loads
            found |= binds
    return "\n".join(statements), needed - found - set(dir(builtins))


def is_slow(block: Block) -> bool:
    """Tell whether a block trains, exports a model or runs a command."""
    try:
        return block.language == "console" or bool(SLOW_CALL.search(prepare(block)[0] + block.code))
    except SyntaxError:  # its test will say so
        return False


def small_mnist() -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the first rows of what Keras's download returns."""
    return [(X[:N_ROWS], y[:N_ROWS]) for X, y in load_mnist()]


def first_rows() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the first rows of MNIST in the form that the tutorial's models take."""
    X_train, y_train, X_test, y_test = (rows[:N_ROWS] for rows in load_dataset())
    return *prep_pixels(X_train, X_test), y_train, y_test


def baseline() -> Any:
    """Return a new model."""
    from mnist_utils.models import define_baseline

    return define_baseline()


ROWS_OF_MNIST: dict[str, Callable[[], object]] = {
    "X_train": lambda: first_rows()[0],
    "X_test": lambda: first_rows()[1],
    "y_train": lambda: first_rows()[2],
    "y_test": lambda: first_rows()[3],
}
STAND_INS: dict[str, Callable[[], object]] = ROWS_OF_MNIST | {
    "define_model": lambda: baseline,
    "model": baseline,
}


def lay_out(code: str, folder: Path) -> None:
    """Put the pictures, the folders of pictures and the models that code names into a folder."""
    for name in FOLDERS:
        if f'"{name}"' in code:
            code += "".join(f' "{name}/{label}/{i}.png"' for label in FOLDERS[name] for i in range(5))
    for name in re.findall(r"[\w/]+\.(?:png|jpg|keras)\b", code):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".keras":
            shutil.copy(paths.input_path("models/final_model.keras"), file)
        else:
            picture = PICTURES / file.name
            Image.open(picture if picture.exists() else PICTURES / "paper_3.png").convert("L").save(file)


BLOCKS = list(find_blocks())


def cases(language: str) -> list[Any]:
    """Return the parameters of a test of all blocks in one language."""
    parameters = []
    for block in BLOCKS:
        if block.language == language:
            marks = [pytest.mark.skip(reason=reason) for text, reason in NOT_RUN.items() if text in block.code]
            marks += [pytest.mark.slow] * is_slow(block)
            parameters.append(pytest.param(block, id=block.place, marks=marks))
    return parameters


@pytest.fixture
def small_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder, and a smoke run's folder to write to; figures are not shown."""
    monkeypatch.setattr(paths, "SMOKE", tmp_path / "smoke")
    monkeypatch.setenv("MNIST_UTILS_SMOKE", str(paths.SMOKE))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plt, "show", lambda: None)
    yield tmp_path
    plt.close("all")


@pytest.mark.parametrize("block", cases("python"))
def test_python_runs(
    block: Block, small_world: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    before, missing = prepare(block)
    unknown = missing - STAND_INS.keys()
    assert not unknown, f"{block.place}: define {', '.join(sorted(unknown))}, or give the names to STAND_INS"
    if missing & ROWS_OF_MNIST.keys() or LOADS_MNIST.search(before + block.code):
        request.getfixturevalue("true_mnist")  # skips where there is none
    if "keras.datasets" in block.code:  # which would be downloaded
        from mnist_utils.quiet import keras

        monkeypatch.setattr(keras.datasets.mnist, "load_data", small_mnist)
    lay_out(before + block.code, small_world)
    # Functions of __main__ are sent to worker processes by value, as those of a notebook are.
    namespace = {"__name__": "__main__"} | {name: STAND_INS[name]() for name in missing}
    exec(compile(before, f"above {block.place}", "exec"), namespace)
    exec(compile(block.code, block.place, "exec"), namespace)


@pytest.mark.filterwarnings("ignore:'mnist_utils.* found in sys.modules")
@pytest.mark.parametrize("block", cases("console"))
def test_commands_of_the_package_run(block: Block, small_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(block.code, small_world)
    for command in re.findall(r"^python -m (mnist_utils.*)$", block.code, re.MULTILINE):
        monkeypatch.setattr(sys, "argv", command.split())
        with pytest.raises(SystemExit) as end:  # in this process: a new one imports TensorFlow once more
            runpy.run_module(sys.argv[0], run_name="__main__")
        assert not end.value.code


def test_each_exception_is_needed() -> None:
    assert [text for text in NOT_RUN if not any(text in block.code for block in BLOCKS)] == []


def test_troubleshooting_quotes_the_messages_of_the_package() -> None:
    page = (PROJECT / "book" / "troubleshooting.md").read_text(encoding="utf-8")
    tables = page.split("## An image cannot be read")[1].split("## Messages about CUDA")[0]
    source = "".join(file.read_text(encoding="utf-8") for file in PROJECT.glob("mnist_utils/**/*.py"))
    quoted = re.findall(r"^\| `(.+?)`", tables, re.MULTILINE)
    assert quoted
    assert [message for message in quoted if message not in source] == []


def test_troubleshooting_names_the_chapters_that_train() -> None:
    page = (PROJECT / "book" / "troubleshooting.md").read_text(encoding="utf-8")
    named = re.search(r"Chapters ([\d, and]+?)\s+train networks", page)
    assert named
    chapters = [file for file in NOTEBOOKS if file.parent.name == "notebooks" and file.name[0].isdigit()]
    code = {file: "".join(source for kind, source in read_cells(file) if kind == "code") for file in chapters}
    training = re.compile(r"\b(evaluate_model|finalize_model|model\.fit)\(")
    assert [int(n) for n in re.findall(r"\d+", named[1])] == [
        int(f.name[:2]) for f in chapters if training.search(code[f])
    ]


@pytest.mark.parametrize("file", PAGES + NOTEBOOKS, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_names_of_the_package_exist(file: Path) -> None:
    text = "\n".join(source for _, source in read_cells(file))
    missing = []
    for name in sorted(set(re.findall(r"\bmnist_utils(?:\.[A-Za-z_]\w*)+", text))):
        try:
            pkgutil.resolve_name(name)
        except AttributeError:
            missing.append(name)
    assert missing == []


@pytest.mark.parametrize("file", sorted(PROJECT.glob("solutions/*.ipynb")), ids=lambda file: file.stem)
def test_each_solution_repeats_its_task_in_italics_in_a_paragraph_of_its_own(file: Path) -> None:
    tasks = [
        source.split("\n\n")[1]
        for kind, source in read_cells(file)
        if kind == "markdown" and source.startswith("## Exercise ")
    ]
    assert tasks
    assert [task for task in tasks if not re.fullmatch(r"\*\S.*\*", task)] == []
