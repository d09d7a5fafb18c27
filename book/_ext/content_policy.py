"""Sphinx extension: each page tells the browser what it may load and run: the book's own files, and no other code.

The policy stands in the page itself, because a page from a disk has no server to send it. The theme has some code
inside of its pages. The browser runs a piece of it only if the policy names its hash, so each page's policy is written
when the page is complete.
"""

import base64
import hashlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

MARK = '<meta charset="utf-8" />\n'  # with which the theme begins the head of each page
STATEMENT = '<meta http-equiv="Content-Security-Policy"'
# A page from a disk is no "self" for every browser, hence file: as well. Styles may stand inside of a page: those of
# tables and of Keras's summaries do.
POLICY = (
    "default-src 'none'; script-src 'self' file: 'unsafe-hashes' {hashes}; style-src 'self' file: 'unsafe-inline'; "
    "img-src 'self' file: data:; font-src 'self' file: data:; connect-src 'self' file:; form-action 'self' file:; "
    "base-uri 'none'"
)


class InlineCode(HTMLParser):
    """Collects the code inside of a page: its scripts without a file, and what its buttons do.

    Attributes
    ----------
    found : set of str
        The pieces of code, exactly as they stand in the page.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.inside_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the code in an element's attributes, such as ``onclick``."""
        self.found |= {value for name, value in attrs if name.startswith("on") and value}
        self.inside_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        """Note that a script has ended."""
        self.inside_script = False

    def handle_data(self, data: str) -> None:
        """Take the code of a script."""
        if self.inside_script:
            self.found.add(data)


def make_policy(page: str) -> str:
    """Return the policy for a page, as the HTML element that states it.

    Parameters
    ----------
    page : str
        The page's HTML.
    """
    code = InlineCode()
    code.feed(page)
    code.close()
    digests = (base64.b64encode(hashlib.sha256(piece.encode()).digest()).decode() for piece in sorted(code.found))
    policy = POLICY.format(hashes=" ".join(f"'sha256-{digest}'" for digest in digests))
    return f'{STATEMENT} content="{policy}" />\n'


def add_policies(app: Sphinx, exception: Exception | None) -> None:
    """Put the policy into each page that has none yet, before anything that the page loads."""
    if exception or app.builder.format != "html":
        return
    for path in Path(app.outdir).rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        if STATEMENT not in page:
            path.write_text(page.replace(MARK, MARK + make_policy(page), 1), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the policies when all pages are written."""
    app.connect("build-finished", add_policies)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
