"""Sphinx extension: figures that load when they are needed, keep their place until then, and open at full size.

Each picture on a page says its size, so that no text jumps when it arrives, and is loaded shortly before it is seen. A
wide one is a link to itself: on a phone, where it is drawn small, a tap shows it alone. PNG files become smaller while
the book is built; the notebooks keep them as they are.
"""

import hashlib
import html
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from docutils import nodes
from PIL import Image, ImageChops
from sphinx.application import Sphinx
from sphinx.util.images import get_image_size
from sphinx.writers.html5 import HTML5Translator

from mnist_utils.paths import write_whole

MIN_LINKED_WIDTH = 400  # pixels: a phone draws a wider picture smaller than it is
MAX_COLOUR_DIFFERENCE = 0.5  # of 255, on average: by how much 256 colours may differ from a picture


def visit_image(translator: HTML5Translator, node: nodes.image) -> None:
    """Write a picture as the theme does, with its size, and with a link to itself if it is wide."""
    size = get_image_size(Path(translator.builder.srcdir) / node["uri"])
    node.setdefault("loading", "lazy")
    type(translator).visit_image(translator, node)
    if size is None:
        return
    width, height = size
    picture = translator.body.pop().replace("<img ", f'<img width="{width}" height="{height}" ', 1)
    if width > MIN_LINKED_WIDTH and not isinstance(node.parent, nodes.reference):
        address = html.escape(node["uri"])  # as the theme has just written it, from the page
        picture = f'<a class="full-size" href="{address}">{picture.rstrip()}</a>\n'
    translator.body.append(picture)


def depart_image(translator: HTML5Translator, node: nodes.image) -> None:
    """Write nothing: a picture holds nothing."""


def shrink(source: Path, target: Path) -> None:
    """Write a picture as a PNG file with at most 256 colours, or in its own colours where 256 would show.

    Parameters
    ----------
    source, target : pathlib.Path
        The picture, a PNG file, and the file to write. Where the result is no smaller, the picture is copied.
    """
    with Image.open(source) as picture:
        colours = picture.convert("RGBA")
    if colours.getchannel("A").getextrema() == (255, 255):
        colours = colours.convert("RGB")
        few = colours.quantize(256, dither=Image.Dither.NONE)
        if np.mean(ImageChops.difference(few.convert("RGB"), colours)) < MAX_COLOUR_DIFFERENCE:
            colours = few
    colours.save(target, optimize=True)
    if target.stat().st_size >= source.stat().st_size:
        shutil.copyfile(source, target)


def shrink_pictures(app: Sphinx, exception: Exception | None) -> None:
    """Put smaller files in the place of the book's PNG files. Those made in an earlier build are taken up again."""
    if exception or app.builder.format != "html":
        return
    small = Path(app.doctreedir).parent / "small_figures"
    small.mkdir(exist_ok=True)
    for name in app.builder.images.values():
        picture = Path(app.outdir) / app.builder.imagedir / name
        if picture.suffix != ".png":
            continue
        made = small / f"{hashlib.sha256(picture.read_bytes()).hexdigest()}.png"
        if not made.exists():
            with write_whole(made) as scratch:  # a build that is stopped must leave no half of a picture
                shrink(picture, scratch)
        shutil.copyfile(made, picture)


def setup(app: Sphinx) -> dict[str, Any]:
    """Write pictures in HTML, and make their files smaller when all pages are written."""
    app.add_node(nodes.image, override=True, html=(visit_image, depart_image))
    app.connect("build-finished", shrink_pictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
