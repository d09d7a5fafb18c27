"""Any picture is opened alike, whatever it comes as; what cannot be read is named in a sentence."""

import itertools
import re

import numpy as np
import pytest
from PIL import ExifTags, Image
from reading.pictures import alike, draw_seven

from mnist_utils.reading import files, load_image, normalize_ink, to_mnist
from mnist_utils.reading.files import open_grey

DRAWING = draw_seven()
SEVEN = normalize_ink(DRAWING / 255)
OPAQUE = np.full_like(DRAWING, 255)


@pytest.mark.parametrize(
    "picture",
    [
        DRAWING,
        DRAWING / 255,
        DRAWING > 0,
        np.dstack([DRAWING] * 3),
        np.dstack([DRAWING] * 3 + [OPAQUE]),
        DRAWING[..., np.newaxis],
        DRAWING.tolist(),
        Image.fromarray(DRAWING),
    ],
    ids=["uint8", "float", "bool", "rgb", "rgba", "channel", "list", "pillow"],
)
def test_every_kind_of_picture_gives_the_same(picture):
    np.testing.assert_array_equal(open_grey(picture)[0], DRAWING)


@pytest.mark.parametrize(
    ("dtype", "top"),
    # Floats up to 1 are no grey levels.
    [
        *itertools.product([np.uint16, np.int16, np.int32, np.int64], [1, 200, 255]),
        *itertools.product([np.float16, np.float32, np.float64], [200, 255]),
    ],
)
def test_whole_numbers_are_0_to_255_whatever_their_dtype(dtype, top):
    drawing = np.minimum(DRAWING, top)
    np.testing.assert_array_equal(open_grey(drawing.astype(dtype))[0], drawing)


@pytest.mark.parametrize("picture", [DRAWING.astype(np.uint16) * 257, DRAWING / 16 - 3, DRAWING.astype(int) - 128])
def test_values_beyond_their_range_are_stretched(picture):
    np.testing.assert_array_equal(open_grey(picture)[0], DRAWING)


@pytest.mark.parametrize("suffix", ["png", "jpg", "mpo", "gif", "bmp", "tif", "webp", "pgm"])
def test_files_of_these_formats_are_read(suffix, tmp_path):
    file = tmp_path / f"seven.{suffix}"
    Image.fromarray(DRAWING).save(file)
    assert alike(to_mnist(file).image, SEVEN) > 0.98
    assert load_image(str(file)).shape == (1, 28, 28, 1)


def test_load_image_is_the_tutorials(tmp_path):
    Image.fromarray(DRAWING).save(tmp_path / "seven.png")
    image = load_image(tmp_path / "seven.png")
    assert (image.shape, image.dtype) == ((1, 28, 28, 1), np.float32)
    assert (image.min(), image.max()) == (0, 1)


@pytest.mark.parametrize(
    ("suffix", "to_type"),
    [
        ("png", lambda pixels: pixels.astype(np.uint16) * 257),
        ("pgm", lambda pixels: pixels.astype(np.int32) * 257),  # written with 16 bits
        ("tif", lambda pixels: pixels.astype(np.uint16)),
        ("tif", lambda pixels: pixels.astype(np.int32) * 257),
        ("tif", lambda pixels: pixels.astype(np.float32) / 255),
        ("tif", lambda pixels: pixels.astype(np.float32)),
    ],
    ids=["png-16", "pgm-16", "tif-16-up-to-255", "tif-32", "tif-float", "tif-float-up-to-255"],
)
@pytest.mark.parametrize("pixels", [DRAWING, DRAWING // 2 + 20], ids=["black-to-white", "greys"])
def test_load_image_gives_the_same_for_the_same_pixels_whatever_the_files_type(suffix, to_type, pixels, tmp_path):
    Image.fromarray(pixels).save(tmp_path / "seven.png")
    Image.fromarray(to_type(pixels)).save(tmp_path / f"other.{suffix}")
    np.testing.assert_array_equal(load_image(tmp_path / f"other.{suffix}"), load_image(tmp_path / "seven.png"))


def test_load_image_stretches_values_beyond_every_type_of_file(tmp_path):
    Image.fromarray(DRAWING).save(tmp_path / "seven.png")
    Image.fromarray(DRAWING.astype(np.float32) / 16 - 3).save(tmp_path / "other.tif")
    np.testing.assert_array_equal(load_image(tmp_path / "other.tif"), load_image(tmp_path / "seven.png"))


@pytest.mark.parametrize("read", [load_image, to_mnist])
def test_a_file_of_values_that_are_no_brightness_is_refused_by_its_name(read, tmp_path):
    file = tmp_path / "empty.tif"
    Image.fromarray(np.full((28, 28), np.nan, np.float32)).save(file)
    with pytest.raises(ValueError, match=f"^{re.escape(str(file))}: this picture holds values that are not finite"):
        read(file)


# How a camera stores an upright picture, by what it then writes as the orientation: where the first row and the first
# column of the file belong.
STORED = {
    1: lambda upright: upright,  # top, left
    2: lambda upright: upright[:, ::-1],  # top, right
    3: lambda upright: upright[::-1, ::-1],  # bottom, right
    4: lambda upright: upright[::-1],  # bottom, left
    5: lambda upright: upright.T,  # left, top
    6: lambda upright: upright[:, ::-1].T,  # right, top
    7: lambda upright: upright[::-1, ::-1].T,  # right, bottom
    8: lambda upright: upright[::-1].T,  # left, bottom
}


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("orientation", STORED)
def test_a_picture_is_turned_as_its_camera_says(orientation, bits, tmp_path):
    pixels = DRAWING if bits == 8 else DRAWING.astype(np.uint16) * 257
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    Image.fromarray(STORED[orientation](pixels)).save(tmp_path / "lying.png", exif=exif)
    np.testing.assert_array_equal(open_grey(tmp_path / "lying.png")[0], DRAWING)
    np.testing.assert_array_equal(open_grey(Image.open(tmp_path / "lying.png"))[0], DRAWING)


def test_load_image_leaves_a_picture_as_it_lies(tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.fromarray(DRAWING).save(tmp_path / "lying.png", exif=exif)
    Image.fromarray(DRAWING).save(tmp_path / "plain.png")
    np.testing.assert_array_equal(load_image(tmp_path / "lying.png"), load_image(tmp_path / "plain.png"))


def test_a_large_picture_is_averaged_down():
    grey, scale, findings = open_grey(np.kron(DRAWING, np.ones((4, 8), np.uint8)))
    assert (grey.shape, scale) == ((400, 800), 2.8)
    assert findings == ["2240 x 1120 pixels: averaged down to 800"]


@pytest.mark.parametrize("colour", [0, 255])
def test_ink_on_a_transparent_ground(colour):
    reading = to_mnist(np.dstack([np.full_like(DRAWING, colour)] * 3 + [DRAWING]))
    assert alike(reading.image, SEVEN) > 0.98
    assert "transparent background: a paper put behind" in reading.findings


def test_colours_of_the_same_brightness_are_told_apart():
    cover = DRAWING[..., np.newaxis] / 255
    picture = np.array([214, 40, 40]) * cover + np.array([20, 110, 60]) * (1 - cover)
    grey, _, findings = open_grey(picture.astype(np.uint8))
    assert np.ptp(grey) > 150
    assert findings == ["ink and paper equally bright: read in the red channel"]


@pytest.mark.parametrize("shape", [(0, 0), (5,), (3, 28, 28, 1), (28, 28, 2)])
def test_an_array_that_is_no_picture_is_refused(shape):
    with pytest.raises(ValueError, match="no single picture"):
        open_grey(np.zeros(shape, np.uint8))


@pytest.mark.parametrize(
    ("array", "message"),
    [(np.full((28, 28), np.nan), "not finite"), (np.full((28, 28), "7"), "give integers, floats or booleans")],
)
def test_values_that_are_no_brightness_are_refused(array, message):
    with pytest.raises(ValueError, match=message):
        open_grey(array)


@pytest.mark.parametrize("read", [load_image, to_mnist])
@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("notes.png", ValueError, "not an image that can be read. Give a PNG, JPEG"),
        ("cut_off.png", ValueError, "not an image that can be read"),
        ("drawing.eps", ValueError, "not an image that can be read"),
        ("none.png", FileNotFoundError, "no such file. Give an image file."),
        ("folder", IsADirectoryError, "this is a folder. Give an image file."),
        ("notes.png/seven.png", OSError, ""),
    ],
)
def test_what_is_no_image_is_named_in_a_sentence(read, name, error, message, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "notes.png").write_text("no picture")
    Image.fromarray(DRAWING).save(tmp_path / "drawing.eps")
    Image.fromarray(DRAWING).save(tmp_path / "cut_off.png")
    (tmp_path / "cut_off.png").write_bytes((tmp_path / "cut_off.png").read_bytes()[:-100])
    with pytest.raises(error, match=f"^{re.escape(str(tmp_path / name))}: {message}"):
        read(tmp_path / name)


@pytest.mark.parametrize("read", [load_image, to_mnist])
@pytest.mark.parametrize("width", [7_000, 10_000, 20_000])  # below, between and above the limits of Pillow's
def test_a_giant_picture_is_refused_before_its_pixels_are_loaded(read, width, tmp_path, recwarn):
    file = tmp_path / "giant.pgm"
    file.write_bytes(b"P5 %d 10000 255\n" % width)  # the header only: loading it would fail
    with pytest.raises(ValueError, match=r"giant\.pgm: this image has more than 60 megapixels, the limit"):
        read(file)
    assert not recwarn.list


@pytest.mark.parametrize("read", [load_image, to_mnist])
def test_a_jpeg_with_many_scans_is_refused_before_they_are_decoded(read, tmp_path):
    file = tmp_path / "busy.jpg"
    Image.fromarray(DRAWING).save(file, progressive=True)
    content = file.read_bytes()
    last_scan = content[content.rindex(b"\xff\xda") : -2]
    read(file)
    file.write_bytes(content[:-2] + last_scan * files.MAX_SCANS + content[-2:])
    with pytest.raises(ValueError, match=r"busy\.jpg: this JPEG holds its picture more than 16 times"):
        read(file)


def test_what_only_looks_like_scans_of_a_jpeg_is_no_reason_to_refuse_it(tmp_path):
    file = tmp_path / "moving.jpg"
    looks = b"\xff\xda\x00\x02" * 100
    Image.fromarray(DRAWING).save(file, comment=looks)  # within another part
    with file.open("ab") as opened:
        opened.write(looks)  # behind the picture, where a phone's moving photo has its film
    np.testing.assert_array_equal(to_mnist(file).image, to_mnist(Image.open(file)).image)


def test_a_giant_jpeg_is_read_smaller(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_PIXELS", 1_000_000)
    file = tmp_path / "large.jpg"
    Image.fromarray(draw_seven(2000, 170)).save(file)
    assert alike(to_mnist(file).image, SEVEN) > 0.95
    with pytest.raises(ValueError, match="the limit"):
        load_image(file)
