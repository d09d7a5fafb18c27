"""Sphinx extension: what other sites show beside a link to a page, its title, its description and a picture.

``sphinxext.opengraph`` writes the tags. This module gives it what it cannot know: each page's description, which it
would take from the page's first sentences, and where the picture is.

``BOOK_ADDRESS``
    The environment variable that holds the published book's address, such as ``https://someone.github.io/some-book/``.
    Other sites want whole addresses in the tags. Unset: the addresses count from the page, so that none leads nowhere.
"""

import html
import os
from typing import Any
from urllib.parse import urljoin

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

PICTURE = "_static/share_card.png"  # scripts/draw_share_card.py draws it
START = "start.html"  # the template of the page at the book's address
PICTURE_TEXT = "The ten digits as people write them, in two rows, and the book's name"


def set_book(app: Sphinx, config: Config) -> None:
    """Take the book's name from its title, and its address from the environment."""
    config.ogp_site_name = config.html_title
    if address := os.environ.get("BOOK_ADDRESS", ""):
        config.ogp_site_url = address.rstrip("/") + "/"


def describe_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Put a page's description, its address and the picture where ``sphinxext.opengraph`` looks for a page's own."""
    if templatename == START:  # it leads to the opening page, and speaks for it
        pagename, doctree = app.config.root_doc, app.env.get_doctree(app.config.root_doc)
    if doctree is None:  # a page without a source, such as the search
        return
    address = app.config.ogp_site_url
    page, picture = app.builder.get_target_uri(pagename), PICTURE
    from_here = page if templatename == START else page.rpartition("/")[2]
    fields = {
        "og:url": urljoin(address, page) if address else from_here,
        "og:image": urljoin(address, picture) if address else context["pathto"](picture, resource=True),
        "og:image:alt": PICTURE_TEXT,
    }
    for meta in doctree.findall(nodes.meta):
        if meta.get("name") == "description":
            fields["og:description"] = html.escape(meta["content"], quote=False)
    context["meta"] = {**(context.get("meta") or {}), **fields}


def setup(app: Sphinx) -> dict[str, Any]:
    """Look at a page before ``sphinxext.opengraph`` does (with priority 500)."""
    app.setup_extension("sphinxext.opengraph")
    app.connect("config-inited", set_book)
    app.connect("html-page-context", describe_page, priority=499)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
