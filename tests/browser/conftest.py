"""Pages to draw on, for the tests in this folder. The browser itself comes from the folder above."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import keras
import pytest
from playwright.sync_api import Browser, Page

from mnist_utils import export, settings

LOADER = settings.PROJECT / "book/_static/digit_canvas/loader.js"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all that runs in a browser as slow."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page of a desktop's browser. An error in the page's scripts fails the test."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def touch_page(browser: Browser) -> Iterator[Page]:
    """An empty page of a phone's browser."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def model() -> keras.Model:
    return keras.models.load_model(settings.recorded(export.MODEL), compile=False)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a page like the book's: text, a canvas far down, and another one."""
    folder = tmp_path_factory.mktemp("site")
    export.write_page_files(folder=folder / "_static/digit_canvas")
    shutil.copy(LOADER, folder / "_static/digit_canvas")
    text = "".join(f"<p>Paragraph {i}</p>" for i in range(60))
    for name, before in (("near.html", ""), ("far.html", text)):
        (folder / name).write_text(
            "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>A page</title>"
            "<meta name='viewport' content='width=device-width, initial-scale=1'>"
            "<script src='_static/digit_canvas/loader.js'></script></head>"
            f"<body>{before}<div class='digit-canvas' id='first'>Needs JavaScript.</div>"
            f"<div class='digit-canvas' id='second'></div>{text}</body></html>",
            "utf-8",
        )
    return folder


@pytest.fixture(scope="session")
def code() -> str:
    """The canvas's code, as the book's pages load it."""
    return export.join_modules()
