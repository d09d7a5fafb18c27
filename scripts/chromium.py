"""Chromium on this machine, for the tests and the scripts that open a browser."""

import os
import shutil

CHROMIUM_MISSING = (
    "Chromium is missing: install Debian's package `chromium`, or name a browser's program in the environment "
    "variable CHROMIUM."
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # the network is off
]


def find_chromium() -> str | None:
    """Return the path of Chromium, or of the program that the environment variable CHROMIUM names."""
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    return next((path for name in names if name and (path := shutil.which(name))), None)
