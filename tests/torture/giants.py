"""Files that look harmless and unpack to something huge, and others that keep a decoder busy for long."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image
from reading.pictures import draw_seven

LIMIT = (7_745, 7_745)  # just below 60 megapixels: these must be read


def _save(mode: str, size: tuple[int, int], format: str, colour: object = 0, **options: object) -> bytes:
    file = io.BytesIO()
    image = Image.new(mode, size, colour)
    image.paste(Image.fromarray(draw_seven(min(1000, *size), 40)).convert("L"), (0, 0))
    image.save(file, format, **options)
    return file.getvalue()


def _png(width: int, height: int, *chunks: tuple[bytes, bytes], bits: int = 8, colour: int = 2) -> bytes:
    """Return a PNG file with this header and these chunks."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n"
    for name, data in ((b"IHDR", header), *chunks, (b"IEND", b"")):
        content += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return content


def _zeros(n_bytes: int) -> bytes:
    """Return so many zeros, compressed."""
    compressor = zlib.compressobj(9)
    parts = [compressor.compress(bytes(1_000_000)) for _ in range(n_bytes // 1_000_000)]
    return b"".join([*parts, compressor.flush()])


def _grow_jpeg(scans: int) -> bytes:
    """Return a progressive JPEG whose last scan comes again and again: each costs the time of a whole picture."""
    content = _save("L", (8_000, 7_000), "JPEG", progressive=True)
    last = content.rindex(b"\xff\xda")
    return content[:last] + content[last:-2] * scans + content[-2:]


def _loop_tiff() -> bytes:
    """Return a TIFF whose list of pictures leads back to the first one."""
    content = bytearray(_save("L", (40, 40), "TIFF"))
    (first,) = struct.unpack_from("<I", content, 4)
    (entries,) = struct.unpack_from("<H", content, first)
    struct.pack_into("<I", content, first + 2 + 12 * entries, first)
    return bytes(content)


def _many_frames(format: str) -> bytes:
    frames = [Image.fromarray(np.roll(draw_seven(40, 5), i, axis=1)) for i in range(40)] * 50
    file = io.BytesIO()
    frames[0].save(file, format, save_all=True, append_images=frames[1:], duration=1)
    return file.getvalue()


def _pfm(values: np.ndarray) -> bytes:
    return b"Pf %d %d -1.0\n" % values.shape[::-1] + values.astype("<f4").tobytes()


GIANTS: dict[str, Callable[[], bytes]] = {
    "PNG, 20,000 x 20,000, 1 bit": lambda: _save("1", (20_000, 20_000), "PNG"),
    "PNG, 20,000 x 20,000, header only": lambda: _png(20_000, 20_000),
    "PNG, 2,147,483,647 x 2,147,483,647, header only": lambda: _png(2**31 - 1, 2**31 - 1),
    "PNG, 0 x 0": lambda: _png(0, 0),
    "PNG, 60,000,000 x 1": lambda: _save("L", (60_000_000, 1), "PNG"),
    "PNG, 1 x 20,000": lambda: _save("L", (1, 20_000), "PNG"),
    "PNG, 20,000 x 1": lambda: _save("RGB", (20_000, 1), "PNG"),
    "PNG, 60 megapixels, RGBA": lambda: _save("RGBA", LIMIT, "PNG", (9, 99, 199, 100), compress_level=1),
    "PNG, 60 megapixels, 16 bits": lambda: _save("I;16", LIMIT, "PNG", compress_level=1),
    "PNG, half a gigabyte of text": lambda: _png(28, 28, (b"zTXt", b"a\0\0" + _zeros(500_000_000))),
    "PNG, half a gigabyte of colour profile": lambda: _png(28, 28, (b"iCCP", b"a\0\0" + _zeros(500_000_000))),
    "PNG, half a gigabyte in 28 x 28 pixels": lambda: _png(28, 28, (b"IDAT", _zeros(500_000_000))),
    "GIF, 20,000 x 20,000": lambda: _save("L", (20_000, 20_000), "GIF"),
    "GIF, 60 megapixels": lambda: _save("L", LIMIT, "GIF"),
    "GIF, 2,000 frames": lambda: _many_frames("GIF"),
    "TIFF, 20,000 x 20,000, 1 bit": lambda: _save("1", (20_000, 20_000), "TIFF", compression="group4"),
    "TIFF, 60 megapixels, CMYK": lambda: _save("CMYK", LIMIT, "TIFF", compression="tiff_lzw"),
    "TIFF, 60 megapixels, floats": lambda: _save("F", LIMIT, "TIFF", compression="tiff_lzw"),
    "TIFF, 2,000 pictures": lambda: _many_frames("TIFF"),
    "TIFF, its list of pictures goes in a circle": _loop_tiff,
    "WebP, 10,000 x 10,000": lambda: _save("L", (10_000, 10_000), "WEBP", quality=1, method=0),
    "WebP, 60 megapixels": lambda: _save("RGBA", LIMIT, "WEBP", (9, 99, 199, 100), quality=1, method=0),
    "WebP, 2,000 frames": lambda: _many_frames("WEBP"),
    "BMP, 20,000 x 20,000, 1 bit": lambda: _save("1", (20_000, 20_000), "BMP"),
    "BMP, 60 megapixels": lambda: _save("L", LIMIT, "BMP"),
    "JPEG, 20,000 x 20,000": lambda: _save("L", (20_000, 20_000), "JPEG"),
    "JPEG, 60 megapixels, CMYK": lambda: _save("CMYK", LIMIT, "JPEG"),
    "JPEG, 60 megapixels, progressive": lambda: _save("RGB", LIMIT, "JPEG", progressive=True),
    "JPEG, 65,500 x 900": lambda: _save("L", (65_500, 900), "JPEG"),
    "PPM, 60 megapixels, red, green, blue": lambda: b"P6 7745 7745 255\n" + bytes(3 * 7_745 * 7_745),
    "PPM, sizes of 2,000 digits": lambda: b"P5 " + b"9" * 2_000 + b" 1 255\n",
    "PPM, one endless word": lambda: b"P3 " + b"9" * 5_000_000,
    "PFM, NaN": lambda: _pfm(np.full((28, 28), np.nan)),
    "PFM, infinities": lambda: _pfm(np.where(draw_seven(28, 3) > 0, np.inf, -np.inf)),
    "PFM, largest floats": lambda: _pfm(np.where(draw_seven(28, 3) > 0, 3.4e38, -3.4e38)),
}
SLOW_DECODERS: dict[str, Callable[[], bytes]] = {
    "JPEG, 1,500 scans": lambda: _grow_jpeg(1_500),
}
