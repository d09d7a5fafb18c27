"""Pages to draw on, for the tests in this folder. The browser itself comes from the folder above."""

from collections.abc import Iterator
from pathlib import Path

import keras
import pytest
from playwright.sync_api import Browser, Page

from mnist_utils import export, paths


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
def models() -> dict[str, keras.Model]:
    """The models that a canvas on a page can read with, by their names."""
    return {
        name: keras.models.load_model(paths.input_path(f"models/{name}.keras"), compile=False)
        for name in paths.MODELS
    }


@pytest.fixture(scope="session")
def model(models: dict[str, keras.Model]) -> keras.Model:
    """The model with which a canvas reads that names no other."""
    return models["own_images"]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pages like the book's: two canvases at the top, or far down, or one with each model."""
    folder = tmp_path_factory.mktemp("site")
    export.write_page_files(folder=folder / "_static/digit_canvas")
    text = "".join(f"<p>Paragraph {i}</p>" for i in range(60))
    first, second = (f"<div class='digit-canvas' id='{name}'>Needs JavaScript.</div>" for name in ("first", "second"))
    bodies = {
        "near.html": first + second + text,
        "far.html": text + first + second + text,
        "two_models.html": first.replace("<div", "<div data-model='final_model'") + text + second + text,
    }
    for name, body in bodies.items():
        (folder / name).write_text(
            "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>A page</title>"
            "<meta name='viewport' content='width=device-width, initial-scale=1'>"
            "<script src='_static/digit_canvas/loader.js'></script></head>"
            f"<body>{body}</body></html>",
            "utf-8",
        )
    return folder


@pytest.fixture(scope="session")
def code() -> str:
    """The canvas's code, as the book's pages load it."""
    return export.join_modules()
