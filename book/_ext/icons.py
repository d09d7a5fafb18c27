"""Sphinx extension: the icons that the pages show, in a style sheet of some kilobytes.

The theme brings all icons of Font Awesome, twice: as a script of 540 kB (compressed), which ``_templates/layout.html``
leaves out, and as fonts of 270 kB. This extension writes ``icons.css``. It holds fonts with the few icons of this book
and says for which characters they are. For any other icon, a browser still loads the theme's font.
"""

import base64
import io
from pathlib import Path
from typing import Any

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

STYLE = "icons.css"
# The icons of the theme's buttons, also of those that only the published book has, such as the rocket.
ICONS = frozenset(
    {"angle-down", "angle-left", "angle-right", "arrow-up", "bars", "chevron-down", "circle-half-stroke", "code"}
    | {"download", "expand", "file", "file-pdf", "github", "lightbulb", "list", "magnifying-glass", "moon", "play"}
    | {"rocket", "sun"}
)
RULE = """\
@font-face {{
  font-family: "{family}";
  font-weight: {weight};
  unicode-range: {characters};
  src: url("data:font/woff;base64,{data}") format("woff");
}}
"""


def make_rule(path: Path, icons: frozenset[str] = ICONS) -> str:
    """Return a style sheet's rule with a font that holds only some icons; an empty text if the font has none of them.

    Parameters
    ----------
    path : pathlib.Path
        The font with all icons, a TrueType file. Its glyphs have the icons' names.
    icons : frozenset of str
        The names of the icons to keep.
    """
    font = TTFont(path)
    codes = sorted(code for code, name in font.getBestCmap().items() if name in icons)
    if not codes:
        return ""
    # All names of the font stay, its author's among them.
    subsetter = Subsetter(Options(name_IDs=["*"], glyph_names=True, hinting=False))
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    font.flavor = "woff"
    file = io.BytesIO()
    font.save(file)
    return RULE.format(
        family=font["name"].getBestFamilyName(),
        weight=font["OS/2"].usWeightClass,
        characters=", ".join(f"U+{code:X}" for code in codes),
        data=base64.b64encode(file.getvalue()).decode(),
    )


def write_style(app: Sphinx) -> None:
    """Write the style sheet beside the others, and let each page load it."""
    if app.builder.format != "html":
        return
    fonts = [
        font
        for folder in app.builder.theme.get_theme_dirs()
        for font in sorted(Path(folder).glob("static/vendor/fontawesome/**/*.ttf"))
    ]
    style = Path(app.outdir) / "_static" / STYLE
    style.parent.mkdir(parents=True, exist_ok=True)
    style.write_text("".join(make_rule(font) for font in fonts), encoding="utf-8")
    app.add_css_file(STYLE)


def setup(app: Sphinx) -> dict[str, Any]:
    """Write when the theme is known."""
    app.connect("builder-inited", write_style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
