"""Draw the picture that other sites show beside a link to the book: `python scripts/draw_share_card.py`.

It shows digits that people could have drawn: ten of those on which *Your own handwriting* measures. It is committed,
because it changes only with the book's name or with this program.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import yaml
from PIL import Image

from mnist_utils.plots import ORANGE
from mnist_utils.practice import load_drawn_digits

PROJECT = Path(__file__).resolve().parents[1]
CARD = PROJECT / "book" / "_static" / "share_card.png"
WIDTH, HEIGHT = 1200, 630  # pixels: the size that sites ask for
GROUND = "#14213d"  # the logo's
PALETTE = 32  # colours: a palette makes the file small


def draw_card(path: Path) -> None:
    """Draw the digits 0 to 9 in two rows, with the book's name below, as a PNG file of 1200 by 630 pixels."""
    config = yaml.safe_load((PROJECT / "_config.yml").read_text(encoding="utf-8"))
    images, labels = load_drawn_digits()
    figure = plt.figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor=GROUND)
    grid = figure.add_gridspec(2, 5, left=0.13, right=0.87, top=0.93, bottom=0.34, hspace=0.08, wspace=0.08)
    for digit, place in enumerate(grid):
        ax = figure.add_subplot(place)
        ax.imshow(images[labels == digit][0], cmap="gray")
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_color(ORANGE)
    figure.text(0.5, 0.17, config["title"], color="white", size=32, ha="center", va="center", weight="bold")
    figure.savefig(path, facecolor=GROUND)
    plt.close(figure)
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(PALETTE)
    small.save(path, optimize=True)


if __name__ == "__main__":
    draw_card(CARD)
    print(f"{CARD.relative_to(PROJECT)}: {CARD.stat().st_size / 1000:.0f} kB")
