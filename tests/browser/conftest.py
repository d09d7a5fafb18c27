"""Headless Chromium, and pages to draw on, for the tests in this folder."""

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import CHROMIUM_MISSING, FLAGS, find_chromium
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from mnist_utils import paths
from mnist_utils.canvas.page import BOOK_FOLDER
from mnist_utils.quiet import keras

# What a page shows a moment later is waited for; on a busy machine the moment is long.
expect.set_options(timeout=60_000)

DESKTOP = {"viewport": {"width": 1000, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.hookimpl(trylast=True)  # tests that were deselected by then need no browser
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say at once, and once, that the browser is missing: not after minutes, not for each test."""
    if any("browser" in getattr(item, "fixturenames", ()) for item in items) and not find_chromium():
        raise pytest.UsageError(CHROMIUM_MISSING)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium that reaches this computer only."""
    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield instance
        instance.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page of a desktop's browser. An error in the page's scripts fails the test."""
    context = browser.new_context(**DESKTOP)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def touch_page(browser: Browser) -> Iterator[Page]:
    """An empty page of a phone's browser."""
    context = browser.new_context(**PHONE)
    yield context.new_page()
    context.close()


@pytest.fixture
def code_page(page: Page) -> Page:
    """An empty page with the canvas's code, as the book's pages load it."""
    page.add_script_tag(path=paths.PROJECT / BOOK_FOLDER / "digit_canvas.js")
    return page


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files, logs nothing."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module", params=["from disk", "from a server"])
def address(request: pytest.FixtureRequest, book_html: Path) -> Iterator[str]:
    """The book's address, its pages read from disk or served on this computer."""
    if request.param == "from disk":
        yield book_html.as_uri()
        return
    handler = functools.partial(QuietHandler, directory=book_html)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def models() -> dict[str, keras.Model]:
    """The models that a canvas on a page can read with, by their names."""
    return {
        name: keras.models.load_model(paths.input_path(f"models/{name}.keras"), compile=False) for name in paths.MODELS
    }


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pages like the book's: two canvases at the top, or far down, or one with each model."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(paths.PROJECT / BOOK_FOLDER, folder / "_static/digit_canvas")
    text = "".join(f"<p>Paragraph {i}</p>" for i in range(60))
    shutil.copy(paths.PROJECT / "book/_static/custom.css", folder / "_static")
    first, second = (f"<div class='digit-canvas' id='{name}'></div>" for name in ("first", "second"))
    bodies = {
        "near.html": first + second + text,
        "far.html": text + first + second + text,
        "two_models.html": first.replace("<div", "<div data-model='final_model'") + text + second + text,
    }
    for name, body in bodies.items():
        (folder / name).write_text(
            "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>A page</title>"
            "<meta name='viewport' content='width=device-width, initial-scale=1'>"
            "<link rel='stylesheet' href='_static/custom.css'>"
            "<script src='_static/digit_canvas/loader.js' defer></script></head>"
            f"<body>{body}</body></html>",
            "utf-8",
        )
    return folder
