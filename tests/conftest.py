"""Fixtures that several test modules share: the built book, and a real browser."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

PROJECT = Path(__file__).resolve().parents[1]
CHROMIUM_MISSING = (
    "Chromium is missing: install Debian's package `chromium`, or name a browser's program in the environment "
    "variable CHROMIUM."
)


def find_chromium() -> str | None:
    """Return the path of Chromium, or of the program that the environment variable CHROMIUM names."""
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    return next((path for name in names if name and (path := shutil.which(name))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say at once, and once, that the browser is missing: not after minutes, not for each test."""
    if any("browser" in getattr(item, "fixturenames", ()) for item in items) and not find_chromium():
        raise pytest.UsageError(CHROMIUM_MISSING)


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's folder."""
    return PROJECT


@pytest.fixture(scope="session")
def book_html() -> Path:
    """The folder of the built book, built anew if a source has changed: `make book` fails on any warning."""
    build = subprocess.run(["make", "book"], cwd=PROJECT, capture_output=True, text=True, check=False)
    if build.returncode:
        pytest.fail(f"make book failed:\n{build.stdout}\n{build.stderr}", pytrace=False)
    return PROJECT / "_build" / "html"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium that reaches this computer only."""
    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(
            executable_path=find_chromium(),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # the network is off
            ],
        )
        yield instance
        instance.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile."""
    context = browser.new_context()
    yield context
    context.close()
