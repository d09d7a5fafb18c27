"""Open any picture: a file, a Pillow image or an array becomes an upright picture in grey."""

import mmap
import re
import stat
import warnings
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from PIL import ExifTags, Image, ImageOps

from mnist_utils.reading.mnist_format import IMAGE_SIDE

__all__ = ["PAGE_SIDE", "WORKING_SIDE", "PictureLike", "load_image", "open_grey"]

PictureLike: TypeAlias = str | Path | Image.Image | ArrayLike
"""What can be opened as a picture."""

# Pillow reads more, but starts another program, Ghostscript, for EPS, and its rare decoders are little tested.
# JPEG stands for MPO, too: several JPEG pictures in one file, as some cameras make them.
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
MAX_PIXELS = 60_000_000  # in a file: they take 1 GiB at most (a WebP needs 16 bytes for each while it is decoded)
# Scans of a progressive JPEG, each of which costs the time of a whole picture. Programs that save JPEG make about ten.
MAX_SCANS = 16
MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # what begins a part of a JPEG; the rest stands within a scan
END_OF_PICTURE, START_OF_SCAN = b"\xff\xd9", b"\xff\xda"
LYING = (5, 6, 7, 8)  # orientations of a camera that lay on its side
WORKING_SIDE = 800  # pixels: the larger side of a larger picture is averaged down to this
PAGE_SIDE = 1_600  # pixels: the same for a page of small digits
WHITES = (255, 65_535)  # in files of 16 or 32 bits: the first that no value exceeds
MIN_OPACITY = 0.5  # from this alpha value on, a pixel counts as seen
PLAIN_MODES = {"LAB": "RGB", "La": "LA"}  # Pillow turns these modes into grey only by another one
MID_GREY = 128  # ink darker than this gets white paper, brighter ink black paper
# A colour channel is read if it spreads over this many times the grey levels of the brightness, and this many more:
MIN_SPREAD_RATIO, MIN_SPREAD_GAIN = 1.6, 8


def load_image(file: str | Path) -> np.ndarray:
    """Load an image file as the tutorial does: grey, squeezed to 28 x 28 pixels, scaled to 0 ... 1.

    Nothing else is done to it: it fits only pictures that already look like MNIST's. For others:
    :func:`~mnist_utils.reading.one_digit.to_mnist`.

    In a file of 16 or 32 bits, 65535 is white, or 255 if no value is above it. Of floats, 1 is white if none is above
    it. So the same picture gives the same image, whatever its file's type. Values beyond 0 ... 65535 are stretched:
    the smallest becomes black, the largest white.

    Parameters
    ----------
    file : path
        PNG, JPEG, GIF, BMP, TIFF, WebP or PPM, of at most 60 megapixels.

    Returns
    -------
    ndarray of float32, shape (1, 28, 28, 1)
        One image, as a model takes it, from 0 (black) to 1 (white).

    Raises
    ------
    OSError
        If there is no such file (FileNotFoundError), it is a folder (IsADirectoryError), or may not be read.
    ValueError
        If the file holds no image, too large a one, or values that are not finite.
    """
    picture, _ = _open_file(Path(file))
    picture = _to_plain_mode(picture)
    if picture.mode.startswith(("I", "F")):  # 16 or 32 bits: Pillow would cut their values off at 255
        picture = _from_array(_divide_by_white(np.asarray(picture)), f"{file}: this picture")
    picture = picture.convert("L")
    if picture.size != (IMAGE_SIDE, IMAGE_SIDE):
        picture = picture.resize((IMAGE_SIDE, IMAGE_SIDE), Image.Resampling.BILINEAR)
    return (np.asarray(picture, dtype=np.float32) / 255).reshape(1, IMAGE_SIDE, IMAGE_SIDE, 1)


def open_grey(image: PictureLike, side: int = WORKING_SIDE) -> tuple[np.ndarray, float, list[str]]:
    """Open a picture, whatever it comes as: upright, in grey, and averaged down if it is large.

    Parameters
    ----------
    image : path, PIL.Image.Image or array_like
        As in :func:`~mnist_utils.reading.one_digit.to_mnist`.
    side : int
        Pixels that the larger side of the result has at most.

    Returns
    -------
    grey : ndarray of uint8, shape (height, width)
        It is a colour channel where brightness tells little.
    scale : float
        Pixels of the upright picture for one of ``grey``.
    findings : list of str
        What was found and done.

    Raises
    ------
    OSError
        If there is no such file (FileNotFoundError), it is a folder (IsADirectoryError), or may not be read.
    ValueError
        If the file or the array holds no picture, or the file too large a one.
    """
    picture, (width, height) = _open_upright(image, side)
    findings = []
    larger_side = max(width, height)
    if larger_side > side:
        findings.append(f"{width} x {height} pixels: averaged down to {side}")
        if picture.mode not in ("L", "RGB"):
            picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
        picture.thumbnail((side, side), Image.Resampling.BOX, reducing_gap=2)
    if picture.has_transparency_data and picture.convert("RGBA").getextrema()[3][0] < 255:
        picture = _fill_transparency(picture)
        findings.append("transparent background: a paper put behind")
    grey, channel = _to_grey(picture)
    if channel:
        findings.append(f"ink and paper equally bright: read in the {channel} channel")
    return grey, larger_side / max(grey.shape), findings


def _open_upright(image: PictureLike, side: int) -> tuple[Image.Image, tuple[int, int]]:
    """Return a picture as a new Pillow image of 8 bits, turned as the camera says, and its full width and height."""
    name = "The picture"
    if isinstance(image, str | Path):
        name = f"{image}: this picture"
        picture, size = _open_file(Path(image), side)
    elif isinstance(image, Image.Image):
        if 0 in image.size:
            raise ValueError(
                f"A picture of {image.width} x {image.height} pixels has nothing in it: give a larger one."
            )
        try:
            picture = ImageOps.exif_transpose(image)
        except Exception as error:  # Pillow loads the pixels only now, and its decoders raise errors of many types
            raise ValueError("The picture's file is damaged or closed: open it anew, or give its name.") from error
        size = picture.size
    else:
        try:
            array = np.asarray(image)
        except ValueError:
            raise ValueError("Rows of different lengths are no picture: give an array (height, width).") from None
        picture = _from_array(array, name)
        return picture, picture.size
    picture = _to_plain_mode(picture)
    if picture.mode.startswith(("I", "F")):  # 16 or 32 bits
        picture = _from_array(np.asarray(picture), name)
    return picture, size


def _to_plain_mode(picture: Image.Image) -> Image.Image:
    """Return a picture in a mode that Pillow turns into grey."""
    return picture.convert(PLAIN_MODES[picture.mode]) if picture.mode in PLAIN_MODES else picture


def _open_file(path: Path, side: int | None = None) -> tuple[Image.Image, tuple[int, int]]:
    """Read an image file; return the picture, and its width and height in the file. Every error begins with its name.

    With a side, it is turned upright, as the camera says, and a JPEG may come smaller, but not below this many pixels.
    The width and the height are then those of the upright picture, in the file's pixels.
    """
    name = str(path) if len(str(path)) < 300 else f"{str(path)[:300]}[cut off]"
    try:
        kind = path.stat().st_mode
        content = path.open("rb") if stat.S_ISREG(kind) else None  # to read from a pipe could wait for ever
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: no such file. Give an image file.") from None
    except OSError as error:
        raise type(error)(f"{name}: this file cannot be opened ({error.strerror}). Give an image file.") from error
    except ValueError:  # such as a null character
        raise FileNotFoundError(f"{name!r}: no file can have this name. Give an image file.") from None
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(f"{path}: this is a folder. Give an image file.")
    if content is None:
        raise ValueError(f"{path}: this is a device or a pipe. Give an image file.")
    with content, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of large and of damaged files. They get an error, or are read.
        try:
            picture = Image.open(content, formats=FORMATS)
            size = picture.size
            if side:
                picture.draft(None, (side, side))
            takes_long = _has_too_many_scans(picture, content)
            if picture.width * picture.height <= MAX_PIXELS and not takes_long:
                picture.load()
                if not side:
                    return picture, size
                lies = picture.getexif().get(ExifTags.Base.Orientation) in LYING
                return ImageOps.exif_transpose(picture), size[::-1] if lies else size
        except Image.DecompressionBombError:  # Pillow's limit is about 180 megapixels
            takes_long = False
        except Exception as error:  # Pillow's decoders raise errors of many types for damaged files
            raise ValueError(
                f"{path}: not an image that can be read. Give a PNG, JPEG, GIF, BMP, TIFF, WebP or PPM file."
            ) from error
    if takes_long:
        raise ValueError(
            f"{path}: this JPEG holds its picture more than {MAX_SCANS} times, one over the other, and would take long "
            "to read. Save it anew, as PNG."
        )
    raise ValueError(
        f"{path}: this image has more than {MAX_PIXELS // 10**6} megapixels, the limit. Scale it down, or cut out what "
        "is to be read."
    )


def _has_too_many_scans(picture: Image.Image, content: BinaryIO) -> bool:
    """Tell whether a JPEG file would keep its decoder busy, however few pixels it has."""
    if picture.format not in ("JPEG", "MPO"):
        return False
    scans = position = 0
    with mmap.mmap(content.fileno(), 0, access=mmap.ACCESS_READ) as file:
        # What stands behind the first picture does not count, such as the film of a phone's moving photo.
        while (marker := MARKER.search(file, position)) and marker[0] != END_OF_PICTURE and scans <= MAX_SCANS:
            scans += marker[0] == START_OF_SCAN
            # Each part but the very first names its length. So what lies inside of it is not searched.
            has_length = marker.start() > 0
            position = marker.end() + int.from_bytes(file[marker.end() : marker.end() + 2], "big") * has_length
    return scans > MAX_SCANS


def _divide_by_white(values: np.ndarray) -> np.ndarray:
    """Scale a file's values of 16 or 32 bits to 0 ... 1, if one of `WHITES` is their white; else leave them."""
    low, high = values.min(initial=0), values.max(initial=0)
    white = next((white for white in WHITES if low >= 0 and 1 < high <= white), None)
    return values if white is None else np.divide(values, white, dtype=np.float32)  # float64 takes twice the memory


def _from_array(array: np.ndarray, name: str) -> Image.Image:
    """Turn an array into a picture of 8 bits. Errors about its values begin with its name."""
    if array.ndim in (3, 4) and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim == 3 and array.shape[0] == 1:
        array = array[0]
    if array.size == 0 or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        raise ValueError(
            f"An array of shape {array.shape} is no single picture: give (height, width), (height, width, 3) for red, "
            "green, blue, or (height, width, 4) with transparency."
        )
    if array.dtype.kind not in "buif":
        raise ValueError(f"An array of type {array.dtype} is no picture: give integers, floats or booleans.")
    return Image.fromarray(_to_uint8(array, name))


def _to_uint8(array: np.ndarray, name: str) -> np.ndarray:
    """Scale values to 0 ... 255 by the rule in the docstring of :func:`~mnist_utils.reading.one_digit.to_mnist`."""
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds values that are not finite: replace them, for example by the paper's.")
    low, high = float(array.min()), float(array.max())
    is_whole = array.dtype.kind in "iu" or (high > 1 and all((row == row.round()).all() for row in array))
    if is_whole and low >= 0 and high <= 255:
        return array.astype(np.uint8)
    if low >= 0 and high <= 1:  # floats and booleans: integers in this range have returned
        low, high = 0.0, 1.0

    def scale(row: np.ndarray) -> np.ndarray:
        return np.floor((row.astype(np.float64) - low) / max(high - low, 1e-12) * 255 + 0.5).astype(np.uint8)

    return np.stack([scale(row) for row in array])  # row by row: floats take eight times the memory


def _fill_transparency(picture: Image.Image) -> Image.Image:
    """Put a paper behind a transparent picture: unlike what is seen of it, or alike if most of it is seen."""
    picture = picture.convert("RGBA")
    alpha = np.asarray(picture.getchannel("A")) / 255
    brightness = np.asarray(picture.convert("RGB").convert("L"))
    seen = alpha > MIN_OPACITY
    if seen.mean() > 0.5:
        ground = int(np.median(brightness[seen]))
    else:
        ground = 255 if (brightness * alpha).sum() < MID_GREY * alpha.sum() else 0
    paper = Image.new("RGBA", picture.size, (ground, ground, ground, 255))
    paper.alpha_composite(picture)
    return paper


def _to_grey(picture: Image.Image) -> tuple[np.ndarray, str]:
    """Return the brightness, or the colour channel with the most contrast if brightness has little, and its name."""
    grey = np.asarray(picture.convert("L"))
    if picture.mode in ("1", "L", "LA"):
        return grey, ""
    channels = np.moveaxis(np.asarray(picture.convert("RGB")), -1, 0)
    spread_of_grey, *spreads = (float(np.subtract(*np.percentile(each, [99, 1]))) for each in (grey, *channels))
    best = int(np.argmax(spreads))
    if spreads[best] > MIN_SPREAD_RATIO * spread_of_grey + MIN_SPREAD_GAIN:
        return channels[best], ("red", "green", "blue")[best]
    return grey, ""
