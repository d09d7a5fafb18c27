"""Pictures as they should not be: files damaged and mislabelled, arrays of any shape and type, Pillow images of any
mode. Hypothesis draws short descriptions, from which they are made.
"""

import io
import warnings
from dataclasses import dataclass
from functools import lru_cache

import hypothesis.extra.numpy as npst
import numpy as np
from hypothesis import strategies as st
from PIL import Image
from reading.pictures import draw_seven

MODES = (
    *("1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F", "LA", "PA", "RGBX", "RGBa"),
    *("I;16", "I;16L", "I;16B", "I;16N"),
)
RARE_MODES = ("LAB", "La")  # Pillow turns them into grey only by another mode
FITTING = {"1": int, "L": int, "P": int | bytes, "RGB": tuple}  # what Pillow finds in files as a transparent colour
READ_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "MPO")
# Not read on purpose: Ghostscript runs for EPS, and the decoders of the others are little tested.
REFUSED_FORMATS = ("EPS", "PDF", "ICO", "TGA", "PCX", "SGI", "IM", "JPEG2000", "DDS", "ICNS", "MSP", "SPIDER", "XBM")
SUFFIXES = (".png", ".jpg", ".gif", ".bmp", ".tif", ".webp", ".pgm", ".eps", ".pdf", ".txt", ".svg", "", ".PNG", ".exe")
CONTENTS = ("seven", "noise", "white", "black", "gradient")
SEVEN = draw_seven()

sides = st.sampled_from([1, 2, 3, 5, 16, 27, 28, 29, 40, 64, 100, 101, 200])
sizes = st.tuples(sides, sides)
seeds = st.integers(0, 10_000)


def draw(content: str, size: tuple[int, int], seed: int = 0) -> np.ndarray:
    """Return grey levels, uint8 (height, width)."""
    width, height = size
    if content == "seven":
        return np.asarray(Image.fromarray(255 - SEVEN).resize(size, Image.Resampling.BILINEAR))
    if content == "noise":
        return np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    if content == "gradient":
        return np.linspace(0, 255, width * height).reshape(height, width).astype(np.uint8)
    return np.full((height, width), 255 if content == "white" else 0, np.uint8)


def to_mode(grey: np.ndarray, mode: str, seed: int = 0) -> Image.Image:
    """Return an image of a mode: from grey levels where Pillow converts them, else of random bytes."""
    picture = Image.fromarray(grey)
    if mode == "P":
        return picture.convert("RGB").quantize(16)
    with_alpha = {"RGBa": "RGBA", "La": "LA", "PA": "LA"}
    try:
        return picture.convert(with_alpha.get(mode, "RGB" if mode in ("LAB", "HSV", "CMYK") else "L")).convert(mode)
    except ValueError:
        image = Image.new(mode, picture.size)
        image.frombytes(np.random.default_rng(seed).bytes(len(image.tobytes())))
        return image


@dataclass(frozen=True)
class PillowImage:
    """A picture of Pillow's, of any mode and with any orientation; or of no pixels."""

    mode: str
    size: tuple[int, int]
    content: str
    seed: int
    orientation: int
    transparency: object

    def make(self) -> Image.Image:
        if 0 in self.size:
            return Image.new(self.mode, self.size)
        image = to_mode(draw(self.content, self.size, self.seed), self.mode, self.seed)
        if self.content == "noise" and self.mode in ("F", "I", "RGB", "RGBA", "CMYK"):  # any bits: floats may be NaN
            image.frombytes(np.random.default_rng(self.seed).bytes(len(image.tobytes())))
        if self.orientation:
            image.getexif()[0x0112] = self.orientation
        if self.mode in FITTING and isinstance(self.transparency, FITTING[self.mode]):
            image.info["transparency"] = self.transparency
        return image


pillow_images = st.builds(
    PillowImage,
    st.sampled_from(MODES),
    sizes,
    st.sampled_from(CONTENTS),
    seeds,
    st.integers(0, 9),
    st.sampled_from([None, None, None, 0, 255, (255, 255, 255), b"\x00\xff", b""]),
)


@dataclass(frozen=True)
class PictureFile:
    """A file: a picture in some format, then damaged, under any name."""

    format: str
    mode: str
    size: tuple[int, int]
    content: str
    frames: int
    orientation: int
    damages: tuple[tuple[str, float, int], ...]
    suffix: str

    def to_bytes(self) -> bytes:
        content = _encode(self.format, self.mode, self.size, self.content, self.frames, self.orientation)
        for damage in self.damages:
            content = _damage(content, *damage)
        return content


@lru_cache(maxsize=4000)
def _encode(format: str, mode: str, size: tuple[int, int], content: str, frames: int, orientation: int) -> bytes:
    """Return a picture as a file's bytes, in another mode where the format knows not this one."""
    image = to_mode(draw(content, size), mode)
    options: dict[str, object] = {"format": format}
    if orientation:
        exif = Image.Exif()
        exif[0x0112] = orientation
        options["exif"] = exif
    if frames > 1 and format in ("GIF", "TIFF", "WEBP", "PNG", "MPO"):
        options |= {"save_all": True, "append_images": [image.copy()] * (frames - 1)}
    if format == "PNG" and mode == "P":
        options["bits"] = 1 + size[0] % 4  # 1 to 4 bits a pixel
    if format == "TIFF":
        options["compression"] = [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"][sum(size) % 4]
    for attempt in (image, *(Image.fromarray(draw(content, size)).convert(other) for other in ("RGB", "L", "1"))):
        file = io.BytesIO()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                attempt.save(file, **options)
        except Exception:  # a format that knows not this mode, or this size
            options.pop("bits", None)
        else:
            return file.getvalue()
    return b"no picture"


def _damage(content: bytes, kind: str, place: float, seed: int) -> bytes:
    """Return a file's bytes with something done to them, at a place from 0, the beginning, to 1."""
    rng = np.random.default_rng(seed)
    at = round(place * len(content))
    some = rng.bytes(1 + seed % 40)
    match kind:
        case "cut off":
            return content[:at]
        case "beginning lost":
            return content[at:]
        case "bytes changed":
            return content[:at] + some + content[at + len(some) :]
        case "bytes inserted":
            return content[:at] + some + content[at:]
        case "bytes lost":
            return content[:at] + content[at + len(some) :]
        case "bits flipped":
            changed = bytearray(content)
            for index in rng.integers(0, max(1, len(content)), 1 + seed % 8):
                if changed:
                    changed[index] ^= 1 << int(rng.integers(8))
            return bytes(changed)
        case "header changed":  # sizes, depths and offsets stand there
            index = int(rng.integers(0, 64))
            return content[:index] + some[:4] + content[index + 4 :]
        case "zeros":
            return content[:at] + bytes(len(content) - at)
        case "twice":
            return content + content
    raise AssertionError(kind)


DAMAGES = (
    *("cut off", "beginning lost", "bytes changed", "bytes inserted", "bytes lost", "bits flipped"),
    *("header changed", "zeros", "twice"),
)
damages = st.lists(st.tuples(st.sampled_from(DAMAGES), st.floats(0, 1), seeds), max_size=3).map(tuple)
picture_files = st.builds(
    PictureFile,
    st.sampled_from(READ_FORMATS * 3 + REFUSED_FORMATS),
    st.sampled_from(MODES),
    sizes,
    st.sampled_from(CONTENTS),
    st.sampled_from([1, 1, 1, 2, 5]),
    st.integers(0, 9),
    damages,
    st.sampled_from(SUFFIXES),
)

dtypes = st.one_of(
    npst.boolean_dtypes(),
    npst.integer_dtypes(endianness="?"),
    npst.unsigned_integer_dtypes(endianness="?"),
    npst.floating_dtypes(endianness="?", sizes=(16, 32, 64, 128)),
    npst.complex_number_dtypes(),
    npst.datetime64_dtypes(max_period="s", min_period="s"),
    npst.unicode_string_dtypes(max_len=3),
    npst.byte_string_dtypes(max_len=3),
    npst.nested_dtypes(max_itemsize=32),
)
shapes = st.one_of(
    sizes,
    st.tuples(sides, sides, st.sampled_from([0, 1, 2, 3, 4, 5])),
    st.sampled_from([(28, 28), (28, 28, 1), (1, 28, 28), (1, 28, 28, 1), (2, 28, 28), (2, 28, 28, 1), (5, 28, 28, 3)]),
    npst.array_shapes(min_dims=0, max_dims=6, min_side=0, max_side=5),
    st.sampled_from([(0,), (0, 0), (28, 0), (0, 28, 3), (1, 0, 1), (784,), (1, 784), (1, 1), (1, 20_000), (20_000, 1)]),
)


@dataclass(frozen=True)
class Array:
    """An array of any shape and type: a picture's values, or any bits at all."""

    dtype: np.dtype
    shape: tuple[int, ...]
    content: str
    scale: float
    special: float | None
    seed: int
    order: str

    def make(self) -> np.ndarray:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            n = int(np.prod(self.shape, dtype=int))
            if self.content == "noise" and self.dtype.kind in "iufbc":
                bits = np.random.default_rng(self.seed).bytes(n * self.dtype.itemsize)
                if self.dtype.kind == "b":
                    bits = (np.frombuffer(bits, np.uint8) & 1).tobytes()
                array = np.frombuffer(bits, self.dtype).reshape(self.shape).copy()
            else:
                size = self.shape[1::-1] if len(self.shape) > 1 and n else (n, 1)
                grey = draw(self.content, size, self.seed) if n else np.zeros(0, np.uint8)
                values = np.resize(grey, self.shape) * self.scale
                try:
                    array = values.astype(self.dtype)
                except (ValueError, TypeError):
                    array = np.zeros(self.shape, self.dtype)
            if self.special is not None and n and self.dtype.kind in "fc":
                array.flat[self.seed % n] = self.special
        return np.asarray(array, order=self.order)


arrays = st.builds(
    Array,
    dtypes,
    shapes,
    st.sampled_from(CONTENTS),
    st.sampled_from([1.0, 1 / 255, 257.0, -1.0, 0.5, 1e-30, 1e30, 1e300]),
    st.sampled_from([None, None, None, None, float("nan"), float("inf"), float("-inf")]),
    seeds,
    st.sampled_from("CF"),
)
