"""The canvas in a running JupyterLab, with a live kernel."""

import contextlib
import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from drawing import SAMPLES, draw_with_finger, draw_with_mouse, ink, pen_digit
from playwright.sync_api import Browser, Locator, Page, expect
from waiting import wait_for

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[2]
CHAPTER = "03_batch_normalization.ipynb"
KERNEL_STARTS = 300_000  # ms: TensorFlow is imported on a busy machine

CELLS = [
    "from mnist_utils.canvas import DigitCanvas\nfrom mnist_utils.predict import Classifier",
    "canvas = DigitCanvas(Classifier())\ncanvas",
    "collector = DigitCanvas(collect='mine')\ncollector",
    "canvas.prediction, canvas.image.shape, canvas.digits.shape, int(canvas.image.max())",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """JupyterLab's folder, with a notebook in it."""
    folder = tmp_path_factory.mktemp("lab")
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
        for i, source in enumerate(CELLS)
    ]
    write_notebook(folder / "draw.ipynb", cells)
    write_notebook(folder / "markup.ipynb", [*cells_with_a_place(), *cells_of_each_kind()])
    shutil.copy(PROJECT / "notebooks" / CHAPTER, folder)
    return folder


def write_notebook(path: Path, cells: list[dict]) -> None:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), "utf-8")


def markdown_cells() -> list[dict]:
    """Return the Markdown cells of all chapters and solutions."""
    paths = [*sorted(PROJECT.glob("notebooks/*.ipynb")), *sorted(PROJECT.glob("solutions/*.ipynb"))]
    notebooks = [json.loads(path.read_text("utf-8")) for path in paths]
    return [cell for notebook in notebooks for cell in notebook["cells"] if cell["cell_type"] == "markdown"]


def cells_with_a_place() -> list[dict]:
    """Return the cells in which a page of the book shows a canvas."""
    return [cell for cell in markdown_cells() if '<div class="digit-canvas"' in "".join(cell["source"])]


def cells_of_each_kind() -> list[dict]:
    """Return for each directive, with its options, and for each role that is used anywhere the first cell with it."""
    kinds: dict[str, dict] = {}
    for cell in markdown_cells():
        for kind in re.findall(r"^:{3,}\{[^\n]*(?:\n:\w+:)?|\{[\w:]+\}`", "".join(cell["source"]), re.MULTILINE):
            kinds.setdefault(re.sub(r"\}.*", "", kind), cell)
    return [cell | {"id": f"kind-{number}"} for number, cell in enumerate(kinds.values())]


def answers(address: str, server: subprocess.Popen) -> bool:
    """Wait until a server answers; tell whether it does before it ends, within some minutes."""
    for _ in range(600):
        try:
            urllib.request.urlopen(address, timeout=1)
            return True
        except OSError:
            if server.poll() is not None:
                return False
            time.sleep(0.5)
    return False


@contextlib.contextmanager
def serve(settings: Path, root: Path, options: list[str]) -> Iterator[str]:
    """Start JupyterLab in a folder, with settings of its own; give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--port-retries=0"]
    command += ["--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True", *options]
    command += [f"--LabApp.user_settings_dir={settings / 'user'}", f"--LabApp.workspaces_dir={settings / 'spaces'}"]
    with (settings / "lab.log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=root)
        address = f"http://127.0.0.1:{port}"
        try:
            if not answers(f"{address}/api", server):
                pytest.fail(f"JupyterLab did not start:\n{(settings / 'lab.log').read_text()}", pytrace=False)
            yield address
        finally:
            server.terminate()
            server.wait(120)


@pytest.fixture(scope="module")
def lab(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a JupyterLab that serves the folder."""
    with serve(tmp_path_factory.mktemp("settings"), folder, []) as address:
        yield address


def test_make_lab_opens_the_chapters_and_serves_the_solutions(tmp_path: Path) -> None:
    recipe = next(line for line in (PROJECT / "Makefile").read_text("utf-8").splitlines() if "jupyter lab" in line)
    with serve(tmp_path, PROJECT, recipe.split("jupyter lab")[1].split()) as address:
        assert urllib.request.urlopen(f"{address}/").url == f"{address}/lab/tree/notebooks"
        for file in ("notebooks/01_dataset.ipynb", "solutions/01_dataset.ipynb", "book/glossary.md"):
            assert urllib.request.urlopen(f"{address}/api/contents/{file}?content=0").status == 200


@pytest.fixture(scope="module")
def notebook(lab: str, browser: Browser) -> Iterator[Page]:
    """The notebook, all its cells run."""
    context = browser.new_context(viewport={"width": 1280, "height": 1100}, has_touch=True)
    page = context.new_page()
    page.goto(f"{lab}/lab/tree/draw.ipynb?reset")
    expect(page.locator(".jp-CodeCell").first).to_be_visible(timeout=KERNEL_STARTS)
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.ready")
    page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
    expect(page.locator(".dc-surface").nth(1)).to_be_visible(timeout=KERNEL_STARTS)
    yield page
    context.close()


@pytest.fixture
def canvas(notebook: Page) -> Locator:
    """The canvas, blank."""
    canvas = notebook.locator(".dc").first
    canvas.get_by_role("button", name="Clear").click()
    expect(canvas.locator(".dc-answer")).to_have_text("Draw a digit.")
    return canvas


@pytest.mark.parametrize(("digit", "place"), SAMPLES)
@pytest.mark.parametrize("draw", [draw_with_mouse, draw_with_finger])
def test_reads_what_is_drawn(canvas, draw, digit, place):
    draw(canvas.locator(".dc-surface"), pen_digit(digit, place))
    expect(canvas.locator(".dc-answer strong")).to_have_text(str(digit))


def test_the_drawing_reaches_python(canvas, notebook):
    draw_with_mouse(canvas.locator(".dc-surface"), pen_digit(7))
    expect(canvas.locator(".dc-answer strong")).to_have_text("7")
    cell = notebook.locator(".jp-CodeCell").nth(3)
    cell.locator(".cm-content").click()
    notebook.keyboard.press("Control+Enter")
    expect(cell.locator(".jp-OutputArea-output pre")).to_have_text("(7, (280, 280), (28, 28), 255)")


def test_keys_draw_and_do_not_move_through_the_notebook(canvas, notebook):
    canvas.locator(".dc-surface").focus()
    for key in ["ArrowUp"] * 5 + [" "] + ["ArrowDown"] * 10 + [" "]:
        notebook.keyboard.press(key)
    expect(canvas.locator(".dc-answer strong")).to_have_text("1")
    expect(canvas.locator(".dc-surface")).to_be_focused()


def test_collects_a_labelled_drawing(notebook, folder):
    collector = notebook.locator(".dc").nth(1)
    draw_with_mouse(collector.locator(".dc-surface"), pen_digit(4))
    collector.get_by_role("radio", name="4").check()
    collector.get_by_role("button", name="Save").click()
    expect(collector.locator(".dc-message")).to_have_text(re.compile("Drawings of 4 so far: 1"))
    assert (folder / "mine/4/0001.png").is_file()

    collector.get_by_role("button", name="Undo").click()
    assert not ink(collector).any()  # what is saved does not come back
    expect(notebook.locator(".dc").first.locator(".dc-message")).to_have_text("")


def test_legible_in_the_dark_theme(canvas, notebook):
    notebook.evaluate("() => jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })")
    wait_for(lambda: notebook.evaluate("document.body.dataset.jpThemeLight === 'false'"))
    light = "answer => Math.min(...getComputedStyle(answer).color.match(/\\d+/g).slice(0, 3).map(Number))"
    assert canvas.locator(".dc-answer").evaluate(light) > 180


MARKUP = re.compile(r"\([\w-]+\)=|:::|^:\w+:|\{[\w:]+\}`|</", re.MULTILINE)  # label, directive, option, role, HTML


def show_cell(page: Page, index: int) -> None:
    """Scroll a notebook to one of its cells, which is rendered only then."""
    page.evaluate("i => { const n = jupyterapp.shell.currentWidget.content; return n.scrollToItem(i, 'start') }", index)


def test_a_chapter_shows_no_markup_and_keeps_its_answers_folded(lab, browser):
    source = (PROJECT / "notebooks" / CHAPTER).read_text("utf-8")
    assert MARKUP.search(source)
    page = browser.new_page(viewport={"width": 1280, "height": 1100})
    page.goto(f"{lab}/lab/tree/{CHAPTER}?reset")
    chapter = page.locator(".jp-Notebook")
    expect(chapter.get_by_role("heading", name="Batch normalization")).to_be_visible(timeout=KERNEL_STARTS)
    for cell in range(len(json.loads(source)["cells"])):
        show_cell(page, cell)
        # A cell is rendered a moment after it came into view. Its source stays in the page, hidden.
        expect(chapter).not_to_contain_text(MARKUP, use_inner_text=True)
    answers = chapter.locator("details")
    expect(answers).to_have_count(3)
    assert not answers.evaluate_all("all => all.some(one => one.open)")
    page.close()


def test_no_kind_of_markup_and_no_place_of_a_pages_canvas_shows_in_a_notebook(lab, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 1100})
    page.goto(f"{lab}/lab/tree/markup.ipynb?reset")
    expect(page.locator(".jp-MarkdownCell").first).to_be_visible(timeout=KERNEL_STARTS)
    for index in range(len(cells_with_a_place()) + len(cells_of_each_kind())):
        show_cell(page, index)
        # Until a cell is rendered, its source is seen, with the place's HTML.
        expect(page.locator(".jp-Notebook")).not_to_contain_text(MARKUP, use_inner_text=True)
    page.close()
