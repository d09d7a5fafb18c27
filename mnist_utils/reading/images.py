"""Own images, brought to MNIST's format (the chapter on reading your own handwriting).

MNIST's makers scaled each digit into a box of 20 x 20 pixels, kept its aspect, and placed it in 28 x 28 pixels so
that its centre of mass is at the centre. :func:`normalize_ink` is that recipe, for ink that is already separated
from the paper. :func:`to_mnist` comes from any picture to there, with the help of :mod:`mnist_utils.reading.ink`.

Filters, distances and labels are those of scikit-image and scipy.ndimage, not OpenCV's: they take the same NumPy
arrays as the rest of the book, they install as one plain wheel each everywhere, where OpenCV comes in four packages
that overwrite each other, and the area average of :func:`skimage.transform.resize_local_mean` is exact, so that the
canvas can repeat it in JavaScript.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps
from scipy import ndimage as ndi
from scipy.ndimage import distance_transform_edt
from skimage.transform import resize, resize_local_mean

from mnist_utils.reading.ink import (
    TINY,
    TINY_MARGIN,
    TINY_ZOOM,
    Ink,
    find_ink,
    find_sheet,
    group_digit,
    is_flat,
    why_unreadable,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

__all__ = [
    "Reading",
    "collect_ink",
    "load_image",
    "locate_ink",
    "measure_stroke",
    "normalize_ink",
    "plot_steps",
    "to_mnist",
]

IMAGE_SIDE = 28
BOX_SIDE = 20
WORK_SIDE = 80  # four work pixels for each pixel of the box: enough to move an outline by a quarter of a pixel
WORK_THRESHOLD = 0.499  # just off a half, so that an average of exactly a half is no matter of rounding errors
CENTRE = 14.0  # in pixel indexes: all of MNIST's centres of mass lie within 14 +- 0.52
THIN, THICK = 1.6, 4.2  # in pixels of the box; 94 % of MNIST's training images lie between
MADE_THICKER, MADE_THINNER = 2.3, 3.5  # MNIST's median is 2.5


def _fit(shape: tuple[int, int], side: int) -> tuple[int, int]:
    """Return the shape whose larger side is ``side``, aspect kept, rounded half up in whole numbers."""
    larger = max(shape)
    height, width = (max(1, (2 * n * side + larger) // (2 * larger)) for n in shape)
    return height, width


def _rescale(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Scale an image: exact area averages if its larger side shrinks, bilinear if it grows."""
    if max(shape) < max(image.shape):
        return resize_local_mean(image, shape, grid_mode=True)
    if shape == image.shape:
        return image
    return resize(image, shape, order=1, mode="edge", anti_aliasing=False)


def _crop(ink: np.ndarray) -> np.ndarray:
    """Cut off the rows and columns without ink at the four sides."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _measure(mask: np.ndarray) -> float:
    """Return the stroke width of a work image, in pixels of the box (0 without ink)."""
    depth = distance_transform_edt(np.pad(mask, 1))
    return float(4 * depth[depth > 0].mean() - 2) * BOX_SIDE / WORK_SIDE if mask.any() else 0.0


def measure_stroke(ink: np.ndarray) -> float:
    """Measure how wide the strokes will be in the 20-pixel box.

    Across a straight stroke of n pixels, the distances to the nearest pixel without ink are 1, 2, ..., 2, 1. Their
    mean is n/4 + 1/2, so the width is 4 times the mean, less 2. The digit is scaled to 80 pixels for it.

    Parameters
    ----------
    ink : ndarray of float, shape (height, width)
        From 0, no ink, to 1.

    Returns
    -------
    float
        In pixels of the 20-pixel box; 0 without ink. MNIST's middle 90 %: 1.7 to 3.9, its median: 2.5.
    """
    if not ink.any():
        return 0.0
    ink = _crop(ink)
    return _measure(_rescale(ink, _fit(ink.shape, WORK_SIDE)) >= WORK_THRESHOLD)


def _correct_stroke(ink: np.ndarray, crop: bool) -> np.ndarray:
    """Move the strokes' outline in or out if they are far from MNIST's (steps 2.1 to 2.5 of ``normalize_ink``)."""
    mask = _rescale(ink, _fit(ink.shape, WORK_SIDE)) >= WORK_THRESHOLD
    width = _measure(mask)
    if width == 0 or THIN <= width <= THICK:
        return ink
    target = MADE_THICKER if width < THIN else MADE_THINNER
    # The grown digit is scaled to the box again, so the outline moves further than (target - width) / 2.
    growth = WORK_SIDE * (target - width) / (2 * (BOX_SIDE - target))
    margin = 1 + max(0, int(np.ceil(growth)))
    mask = np.pad(mask, margin)
    inside, outside = distance_transform_edt(mask), distance_transform_edt(~mask)
    signed = np.where(mask, inside - 0.5, 0.5 - outside)
    moved = np.clip(signed + growth + 0.5, 0, 1)
    if not moved.any():
        return ink
    return _crop(moved) if crop else moved[margin:-margin, margin:-margin]


def normalize_ink(
    ink: np.ndarray, *, crop: bool = True, stroke: bool = True, box: bool = True, mass: bool = True
) -> np.ndarray:
    """Bring clean ink into MNIST's format.

    The canvas does the same in JavaScript. So that both can agree, this is the exact specification, in float64
    throughout; a test compares them.

    1. *Crop*: keep the smallest rectangle that holds all pixels above 0.
    2. *Stroke*, all of it in a work image:

       1. Scale the crop, ``_rescale``, to ``_fit(shape, 80)``: the larger side gets 80 pixels, the other one
          ``max(1, (2 * n * 80 + larger) // (2 * larger))``, in whole numbers. The mask is what is >= 0.499.
       2. Of every pixel of the mask take the Euclidean distance to the nearest pixel outside the mask, centre to
          centre; outside the work image there is no ink. The stroke width, in pixels of the later box, is
          ``(4 * mean - 2) / 4``. If the mask is empty or the width is within 1.6 ... 4.2, this step changes
          nothing: go on with the crop of step 1.
       3. The target is 2.3 for a thinner stroke, 3.5 for a thicker one, and the outline moves by
          ``growth = 80 * (target - width) / (2 * (20 - target))`` pixels of the work image.
       4. Pad the mask with ``1 + max(0, ceil(growth))`` empty pixels on each side. The signed distance of a pixel
          is ``d - 0.5`` in the mask, d as in 2.2, and ``0.5 - e`` outside it, e its distance to the nearest pixel
          of the mask. The ink is ``signed distance + growth + 0.5``, clipped to 0 ... 1.
       5. If no ink is left, go on with the crop of step 1; otherwise crop as in step 1.

    3. *Box*: scale, ``_rescale``, to ``_fit(shape, 20)``, and divide by the largest value.
    4. *Mass*: with v the values of the box and i its row indexes, the centre of mass is at row sum(i v) / sum(v).
       The box's first row is row ``floor(14 - centre + 0.5 + 1e-6)``, at least 0, at most 28 less the box's height,
       of an image of 28 x 28 zeros. Columns alike.
    5. Multiply by 255, add 0.5, round down.

    ``_rescale`` to a larger side below the old one takes area averages: new pixel k covers the interval from
    ``k * old / new`` to ``(k + 1) * old / new`` of an axis, and an old pixel weighs as much as it overlaps it. Else it
    is bilinear: new pixel k samples at ``(k + 0.5) * old / new - 0.5``, the edge pixels repeated beyond the edge.
    Equal shapes stay as they are. Either is a matrix product for each axis.

    Parameters
    ----------
    ink : ndarray of float, shape (height, width)
        From 0, no ink, to 1. The background must be exactly 0, and strokes at least 1/80 of the digit's size wide.
    crop : bool
        If False, the whole frame is taken for the digit.
    stroke : bool
        If False, the strokes keep their width.
    box : bool
        If False, the crop is stretched over all 28 x 28 pixels, as careless shrinking does; ``mass`` is then unused.
    mass : bool
        If False, the box is placed in the middle.

    Returns
    -------
    ndarray of uint8, shape (28, 28)
        Bright ink on black. All 0 if there is no ink.
    """
    ink = np.asarray(ink, dtype=np.float64)
    if not ink.any():
        return np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    if crop:
        ink = _crop(ink)
    if stroke:
        ink = _correct_stroke(ink, crop)
    ink = _rescale(ink, _fit(ink.shape, BOX_SIDE) if box else (IMAGE_SIDE, IMAGE_SIDE))
    ink = ink / ink.max()
    image = np.zeros((IMAGE_SIDE, IMAGE_SIDE))
    top, left = (_first_index(ink.sum(axis=1 - axis), mass) for axis in (0, 1))
    image[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return np.floor(image * 255 + 0.5).astype(np.uint8)


def _first_index(profile: np.ndarray, mass: bool) -> int:
    """Return where a box begins, from its ink in each row (or column)."""
    room = IMAGE_SIDE - len(profile)
    if not mass:
        return room // 2
    centre = np.arange(len(profile)) @ profile / profile.sum()
    # The 1e-6 settles what symmetric digits would leave to rounding errors: their centre is at a half exactly.
    return int(np.clip(np.floor(CENTRE - centre + 0.5 + 1e-6), 0, room))


WORKING_SIDE = 800  # larger pictures are averaged down to this before anything else
HAIRLINE = 1 / 40  # of the digit's size: thinner strokes would not survive the scaling to the work image


@dataclass(eq=False)
class Reading:
    """What :func:`to_mnist` made of a picture.

    Attributes
    ----------
    image : ndarray of uint8, shape (28, 28), or None
        Bright ink on black; None if there is nothing to read.
    findings : list of str
        What the input doctor found and did, in order.
    steps : list of (str, ndarray)
        Title and picture of each step.
    reason : str
        Why there is nothing to read; empty if there is something.
    """

    image: np.ndarray | None
    findings: list[str] = field(default_factory=list)
    steps: list[tuple[str, np.ndarray]] = field(default_factory=list)
    reason: str = ""

    @property
    def blank(self) -> bool:
        """Whether there is nothing to read."""
        return self.image is None

    def __str__(self) -> str:
        """Return the findings in one line."""
        return "; ".join(self.findings)

    def plot(self, axes: ArrayLike | None = None) -> np.ndarray:
        """Draw the steps side by side, see :func:`plot_steps`."""
        return plot_steps(self, axes)


def plot_steps(reading: Reading, axes: ArrayLike | None = None) -> np.ndarray:
    """Draw the steps of a reading side by side.

    Parameters
    ----------
    reading : Reading
        From :func:`to_mnist`.
    axes : array_like of Axes, optional
        At least as many axes as the reading has steps; a new figure without it.

    Returns
    -------
    ndarray of Axes
        The axes drawn on.

    Raises
    ------
    ValueError
        If there are fewer axes than steps.
    """
    # Matplotlib takes long to import, and the command line draws nothing.
    import matplotlib.pyplot as plt

    count = len(reading.steps)
    if axes is None:
        figure, axes = plt.subplots(1, count, figsize=(2.2 * count, 2.6), squeeze=False, layout="constrained")
        figure.set_facecolor("white")
    drawn: list[Axes] = list(np.ravel(np.asarray(axes, dtype=object)))
    if len(drawn) < count:
        raise ValueError(f"{len(drawn)} axes for {count} steps: give one for each.")
    for ax, (title, picture) in zip(drawn, reading.steps, strict=False):
        ax.imshow(picture, cmap="gray", vmin=0, vmax=255 if picture.dtype == np.uint8 else 1)
        ax.set_title(title, fontsize="medium")
        ax.set_xticks([])
        ax.set_yticks([])
    return np.array(drawn, dtype=object)


def load_image(file: str | Path) -> np.ndarray:
    """Load an image file as the tutorial does: grey, squeezed to 28 x 28 pixels, scaled to 0 ... 1.

    Nothing else is done to it: it fits only pictures that already look like MNIST's. For others: :func:`to_mnist`.

    Parameters
    ----------
    file : path
        PNG, JPEG or what else Pillow reads.

    Returns
    -------
    ndarray of float32, shape (1, 28, 28, 1)
        One image, as a model takes it, from 0 (black) to 1 (white).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file holds no image.
    """
    picture = _open_file(Path(file)).convert("L")
    if picture.size != (IMAGE_SIDE, IMAGE_SIDE):
        picture = picture.resize((IMAGE_SIDE, IMAGE_SIDE), Image.Resampling.BILINEAR)
    return (np.asarray(picture, dtype=np.float32) / 255).reshape(1, IMAGE_SIDE, IMAGE_SIDE, 1)


def _open_file(path: Path, side: int | None = None) -> Image.Image:
    """Read an image file, with an error that names it; a JPEG may come smaller, but not below ``side`` pixels."""
    with path.open("rb") as file:
        try:
            picture = Image.open(file)
            if side is not None:
                picture.draft(None, (side, side))
            picture.load()
        # Pillow's decoders raise errors of many types for damaged files, and one of its own for giant pictures.
        except Exception as error:
            message = f"{path}: not an image that can be read. Give a PNG, a JPEG or another format of Pillow's."
            raise ValueError(message) from error
    return picture


def _from_array(array: np.ndarray) -> Image.Image:
    """Turn an array into a picture of 8 bits."""
    if array.ndim in (3, 4) and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim == 3 and array.shape[0] == 1:
        array = array[0]
    if array.size == 0 or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        raise ValueError(
            f"An array of shape {array.shape} is no single picture: give (height, width), (height, width, 3) for red, "
            "green, blue, or (height, width, 4) with transparency."
        )
    if array.dtype != np.uint8:
        array = array.astype(np.float64)
        if not np.isfinite(array).all():
            raise ValueError("The picture holds values that are not finite: replace them, for example by the paper's.")
        low, high = array.min(), array.max()
        if low < 0 or high > 1:
            array = (array - low) / max(high - low, 1e-12)
        array = np.floor(array * 255 + 0.5).astype(np.uint8)
    return Image.fromarray(array)


def _to_picture(image: str | Path | Image.Image | ArrayLike) -> Image.Image:
    """Open a picture, whatever it comes as, upright and not larger than needed."""
    if isinstance(image, str | Path):
        picture = _open_file(Path(image), WORKING_SIDE)
    elif isinstance(image, Image.Image):
        picture = image
    else:
        picture = _from_array(np.asarray(image))
    if picture.mode.startswith(("I", "F")):  # 16 or 32 bits
        picture = _from_array(np.asarray(picture).astype(np.float64))
    return ImageOps.exif_transpose(picture)


def _fill_transparency(picture: Image.Image) -> Image.Image:
    """Put a paper behind a transparent picture: unlike what is seen of it, or alike if most of it is seen."""
    picture = picture.convert("RGBA")
    alpha = np.asarray(picture.getchannel("A")) / 255
    seen = np.asarray(picture.convert("RGB").convert("L"))
    if np.mean(alpha > 0.5) > 0.5:
        ground = int(np.median(seen[alpha > 0.5]))
    else:
        ground = 255 if (seen * alpha).sum() < 128 * alpha.sum() else 0
    paper = Image.new("RGBA", picture.size, (ground, ground, ground, 255))
    paper.alpha_composite(picture)
    return paper


def _to_grey(picture: Image.Image, findings: list[str]) -> np.ndarray:
    """Return the picture in grey, uint8, in the colour channel that tells most if brightness tells little."""
    if max(picture.size) > WORKING_SIDE:
        findings.append(f"{picture.width} x {picture.height} pixels: averaged down to {WORKING_SIDE}")
        if picture.mode not in ("L", "RGB"):
            picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
        picture = picture.copy()
        picture.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.BOX, reducing_gap=2)
    if picture.has_transparency_data and picture.convert("RGBA").getextrema()[3][0] < 255:
        picture = _fill_transparency(picture)
        findings.append("transparent background: a paper put behind")
    grey = np.asarray(picture.convert("L"))
    if picture.mode in ("1", "L", "LA"):
        return grey
    channels = np.moveaxis(np.asarray(picture.convert("RGB")), -1, 0)
    spread = [float(np.subtract(*np.percentile(channel, [99, 1]))) for channel in (grey, *channels)]
    best = int(np.argmax(spread[1:]))
    if spread[best + 1] > 1.6 * spread[0] + 8:
        findings.append(f"ink and paper equally bright: read in the {('red', 'green', 'blue')[best]} channel")
        return channels[best]
    return grey


def locate_ink(
    image: str | Path | Image.Image | ArrayLike, *, polarity: bool = True, several: bool = False
) -> tuple[Ink | None, Reading, tuple[float, float, float]]:
    """Separate the ink of a picture from its paper: the first half of :func:`to_mnist`, for one digit or several.

    Parameters
    ----------
    image : path, PIL.Image.Image or array_like
        As in :func:`to_mnist`.
    polarity : bool
        If False, all that is bright is taken for ink, and black for paper.
    several : bool
        Whether the picture may hold several digits.

    Returns
    -------
    ink : Ink or None
        None if there is nothing to read.
    reading : Reading
        Findings, steps and the reason so far.
    place : tuple of float
        Left and top of the ink's array in the upright picture, and picture pixels per pixel of the array.
    """
    reading = Reading(None)
    picture = _to_picture(image)
    grey = _to_grey(picture, reading.findings)
    reading.steps.append(("picture", grey))
    scale = max(picture.size) / max(grey.shape)
    left = top = 0
    sheet = None if is_flat(grey) else find_sheet(grey)
    if sheet:
        rows, columns = sheet
        grey, top, left = grey[sheet], rows.start, columns.start
        reading.findings.append("a sheet or a screen in a wider picture: its surroundings cut off")
    place = (left * scale, top * scale, scale)
    if grey.min() == grey.max():
        reading.reason = "the picture is of one colour"
        reading.findings.append(f"nothing to read: {reading.reason}")
        return None, reading, place
    ink = find_ink(grey, polarity, several)
    if ink.contrast.shape != grey.shape:
        reading.findings.append(f"only {grey.shape[1]} x {grey.shape[0]} pixels: enlarged")
        place = (place[0] - TINY_MARGIN * scale, place[1] - TINY_MARGIN * scale, scale / TINY_ZOOM)
    reading.steps.append(("ink", np.clip(ink.contrast / ink.level, 0, 1)))
    reading.reason = why_unreadable(ink)
    if reading.reason:
        reading.findings.append(f"nothing to read: {reading.reason}")
        return None, reading, place
    if polarity:
        reading.findings.append("dark ink on light paper: inverted" if ink.dark else "light ink on a dark ground: kept")
    if not ink.flat:
        uneven = float(np.ptp(np.percentile(ink.paper, [2, 98])))
        if uneven > 0.1:
            reading.findings.append(f"uneven light or shadow, {100 * uneven:.0f} % of white: evened out")
        if ink.level < 0.3:
            reading.findings.append(f"faint ink, contrast {100 * ink.level:.0f} %: strengthened")
    if ink.lines:
        reading.findings.append(f"{ink.lines} printed {'line' if ink.lines == 1 else 'lines'}: removed")
    return ink, reading, place


def collect_ink(ink: Ink, mask: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return the ink of some strokes as :func:`normalize_ink` takes it.

    In a clean drawing (one paper colour and strokes on it, nothing else), that is the contrast to the paper divided by
    the largest one: for bright ink on black, the pixels themselves / 255. In a photo, contrasts from 20 to 80 % of the
    strokes' own become 0 to 1. Two pixels around the strokes belong to them, as their soft edge; beyond is no ink.

    Parameters
    ----------
    ink : Ink
        From :func:`locate_ink`.
    mask : ndarray of bool, shape (height, width)
        The strokes.

    Returns
    -------
    ndarray of float, shape (height, width)
        From 0, no ink, to 1.
    bool
        Whether the strokes were hairlines, and thickened to 1/40 of the digit's size.
    """
    (rows, columns) = ndi.find_objects(mask.astype(np.int8))[0]
    side = max(rows.stop - rows.start, columns.stop - columns.start)
    depth = distance_transform_edt(np.pad(mask[rows, columns], 1))
    width = 4 * depth[depth > 0].mean() - 2
    if width < side * HAIRLINE and side > 2 * BOX_SIDE:
        distance = distance_transform_edt(~mask)
        return np.clip((side * HAIRLINE - width) / 2 + 1 - distance, 0, 1), True
    soft = ink.contrast if ink.flat else np.clip((ink.contrast / ink.level - 0.2) / 0.6, 0, 1)
    return np.where(ndi.binary_dilation(mask, np.ones((3, 3)), iterations=2), soft, 0), False


def to_mnist(
    image: str | Path | Image.Image | ArrayLike,
    *,
    polarity: bool = True,
    crop: bool = True,
    stroke: bool = True,
    box: bool = True,
    mass: bool = True,
) -> Reading:
    """Bring a photo, a scan or a drawing of one digit into MNIST's format.

    A clean drawing of bright ink on pure black, as from the canvas, becomes exactly ``normalize_ink(pixels / 255)``.
    Clean is a picture in which one grey value, give or take one, holds at least half of the pixels, and at most 0.2 %
    of the others differ from it by more than 3 and are farther than max(2, side / 60) pixels from any that differs by
    more than 40 % of the largest difference. Specks below 2 % of the digit's ink are left out there as well.

    Parameters
    ----------
    image : path, PIL.Image.Image or array_like
        A file, a picture, or an array (height, width), (height, width, 3) or (height, width, 4): uint8, or floats
        from 0 to 1; numbers beyond that are stretched from their smallest to their largest.
    polarity, crop, stroke, box, mass : bool
        The steps; False leaves one out, to see what it is good for. Without ``polarity``, all that is
        bright is taken for ink; the others are those of :func:`normalize_ink`.

    Returns
    -------
    Reading
        Its ``image`` is None if there is nothing to read.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file or the array is no picture.

    Examples
    --------
    >>> drawing = np.full((100, 100), 255, dtype=np.uint8)
    >>> drawing[20:80, 45:55] = 0
    >>> print(to_mnist(drawing))
    dark ink on light paper: inverted; the digit covers 6 % of the picture: cropped
    """
    ink, reading, _ = locate_ink(image, polarity=polarity)
    if ink is None:
        return reading
    group = group_digit(ink)
    mask = np.zeros(ink.contrast.shape, bool)
    for part in group:
        mask[part.box] |= part.own
    dropped = len(ink.parts) - len(group)
    if dropped:
        reading.findings.append(f"{dropped} {'speck' if dropped == 1 else 'specks'} beside the digit: left out")
    soft, hairline = collect_ink(ink, mask)
    rows, columns = ndi.find_objects(mask.astype(np.int8))[0]
    if hairline:
        reading.findings.append("hairline strokes: thickened")
    if rows.start == 0 or columns.start == 0 or rows.stop == mask.shape[0] or columns.stop == mask.shape[1]:
        reading.findings.append("the digit touches the picture's border: a part may be missing")
    covered = (rows.stop - rows.start) * (columns.stop - columns.start) / mask.size
    if mask.shape == (IMAGE_SIDE, IMAGE_SIDE) and np.abs(normalize_ink(soft, stroke=False) / 255.0 - soft).max() < 0.01:
        reading.findings.append("already in MNIST's format: unchanged")
        stroke = False
    elif crop:
        reading.findings.append(f"the digit covers {100 * covered:.0f} % of the picture: cropped")
    if max(reading.steps[0][1].shape) < TINY:
        stroke = False  # between so few pixels, nobody knows where a stroke's outline is
    width = measure_stroke(soft) if crop else 0.0
    if stroke and width and not THIN <= width <= THICK:
        change = "thickened" if width < THIN else "thinned"
        reading.findings.append(f"strokes {width:.1f} pixels wide in the box, MNIST's are about 2.5: {change}")
    reading.image = normalize_ink(soft, crop=crop, stroke=stroke, box=box, mass=mass)
    reading.steps += [("digit", soft[rows, columns]), ("28 x 28", reading.image)]
    return reading
