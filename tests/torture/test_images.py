"""Ten thousand pictures as they should not be, at every door: each ends in an answer, or in an error that helps."""

import os
import subprocess
import sys
from pathlib import Path

import hypothesis.extra.numpy as npst
import numpy as np
import pytest
from hypothesis import strategies as st
from PIL import Image
from torture.broken_pictures import (
    RARE_MODES,
    SEVEN,
    PictureFile,
    PillowImage,
    arrays,
    picture_files,
    pillow_images,
    seeds,
    sizes,
)
from torture.doors import FILE_DOORS, PICTURE_DOORS, Doors, Fault, check
from torture.giants import GIANTS, SLOW_DECODERS

from mnist_utils.reading import to_mnist

pytestmark = [pytest.mark.torture, pytest.mark.slow]
# A giant takes seconds. The other doors open a file as the second and the third of these do.
GIANT_DOORS = ("load_image", "to_mnist", "read_number")


@pytest.fixture(scope="module")
def doors():
    doors = Doors()
    yield doors
    doors.close()


def test_files_damaged_and_mislabelled(doors, tmp_path, try_cases):
    def read(case):
        door, picture = case
        file = tmp_path / f"picture{picture.suffix}"
        file.write_bytes(picture.to_bytes())
        check(doors.ask(door, file))

    try_cases(6000, st.tuples(st.sampled_from(FILE_DOORS), picture_files), read)


def test_arrays_of_any_shape_and_type(doors, try_cases):
    door = st.sampled_from((*PICTURE_DOORS, "predict_proba"))
    try_cases(3000, st.tuples(door, arrays), lambda case: check(doors.ask(*case)))


def test_pillow_images_of_every_mode(doors, try_cases):
    try_cases(2000, st.tuples(st.sampled_from(PICTURE_DOORS), pillow_images), lambda case: check(doors.ask(*case)))


@pytest.mark.parametrize("door", PICTURE_DOORS)
@pytest.mark.parametrize("size", [(0, 0), (0, 28), (28, 0)])
def test_pillow_images_without_a_pixel(doors, tally, door, size):
    tally.tried += 1
    outcome = doors.ask(door, PillowImage("L", size, "white", 0, 0, None))
    check(outcome)
    assert outcome.kind == "refused"
    tally.survived += 1


@pytest.mark.parametrize("door", PICTURE_DOORS)
@pytest.mark.parametrize("mode", RARE_MODES)
def test_pillow_images_of_rare_modes(doors, tally, door, mode):
    tally.tried += 1
    check(doors.ask(door, PillowImage(mode, (40, 40), "seven", 0, 0, None)))
    tally.survived += 1


@pytest.mark.parametrize("door", FILE_DOORS)
def test_a_file_of_a_rare_mode(doors, tmp_path, tally, door):
    tally.tried += 1
    file = tmp_path / "picture.tif"
    file.write_bytes(PictureFile("TIFF", "LAB", (40, 40), "seven", 1, 0, (), ".tif").to_bytes())
    check(doors.ask(door, file))
    tally.survived += 1


@pytest.mark.parametrize("name", GIANTS)
def test_giants_and_decompression_bombs(doors, tmp_path, tally, name):
    file = tmp_path / "giant.png"
    file.write_bytes(GIANTS[name]())
    for door in GIANT_DOORS:
        tally.tried += 1
        check(doors.ask(door, file))
        tally.survived += 1


@pytest.mark.parametrize("name", SLOW_DECODERS)
def test_files_that_keep_a_decoder_busy(doors, tmp_path, tally, name):
    file = tmp_path / "busy.jpg"
    file.write_bytes(SLOW_DECODERS[name]())
    for door in GIANT_DOORS:
        tally.tried += 1
        outcome = doors.ask(door, file)
        check(outcome)
        assert outcome.kind == "refused"
        tally.survived += 1


class PictureWhoseFileIs:
    """An image that Pillow has opened but not loaded, whose file is then cut off, or closed."""

    def __init__(self, file: Path, fate: str) -> None:
        self.file, self.fate = file, fate

    def make(self) -> Image.Image:
        content = self.file.read_bytes()
        image = Image.open(self.file)
        if self.fate == "closed":
            image.close()
        else:
            self.file.write_bytes(content[: len(content) // 2])
        return image


@pytest.mark.parametrize("door", PICTURE_DOORS)
@pytest.mark.parametrize("fate", ["cut off", "closed"])
def test_a_pillow_image_whose_file_is_lost(doors, tmp_path, tally, door, fate):
    tally.tried += 1
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 300), np.uint8)).save(tmp_path / "picture.png")
    outcome = doors.ask(door, PictureWhoseFileIs(tmp_path / "picture.png", fate))
    check(outcome)
    assert outcome.kind == "refused"
    tally.survived += 1


class PictureThatStartsAProgram:
    """A picture that starts a program when it is read, and hides what came of it, as a decoder may."""

    def __array__(self, *_: object, **__: object) -> np.ndarray:
        try:
            subprocess.run([sys.executable, "--version"], check=True)
        except Exception:
            raise ValueError("damaged: give another picture") from None
        return SEVEN


@pytest.mark.parametrize("door", PICTURE_DOORS)
def test_a_program_that_a_picture_starts_is_seen(doors, door):
    # It counts nothing: without it, nobody would know whether the other tests could see a program.
    with pytest.raises(Fault, match="a program was to be started"):
        doors.ask(door, PictureThatStartsAProgram())
    check(doors.ask(door, SEVEN))  # it counts for its own picture only


OTHER_THINGS = {
    "None": None,
    "a number": 7,
    "bytes": b"\x89PNG",
    "a set": {1, 2},
    "a dictionary": {"image": [[0]]},
    "an empty list": [],
    "a ragged list": [[0, 1], [0]],
    "a list of texts": ["seven.png"],
    "objects": np.array([[None, 1]], dtype=object),
}


@pytest.mark.parametrize("door", PICTURE_DOORS)
@pytest.mark.parametrize("name", OTHER_THINGS)
def test_what_is_no_picture(doors, tally, door, name):
    tally.tried += 1
    outcome = doors.ask(door, OTHER_THINGS[name])
    check(outcome)
    assert outcome.kind == "refused"
    tally.survived += 1


def no_file(folder: Path, name: str) -> str:
    """Return the name of something that is no file with a picture, made if need be."""
    match name:
        case "a pipe":
            os.mkfifo(folder / "pipe.png")
            return str(folder / "pipe.png")
        case "a link to itself":
            (folder / "link.png").symlink_to(folder / "link.png")
            return str(folder / "link.png")
        case "a link to nothing":
            (folder / "link.png").symlink_to(folder / "nothing.png")
            return str(folder / "link.png")
    names = {"endless zeros": "/dev/zero", "nothing": "/dev/null", "noise": "/dev/urandom", "": "", "nul": "a\0b.png"}
    return (names | {"too long": "x" * 5_000, "an address": "https://example.org/7.png", "no text": "\udcff.png"})[name]


NO_FILES = (
    *("a pipe", "a link to itself", "a link to nothing", "endless zeros", "nothing", "noise", "", "nul", "too long"),
    *("an address", "no text"),
)


@pytest.mark.parametrize("door", FILE_DOORS)
@pytest.mark.parametrize("name", NO_FILES)
def test_names_that_lead_to_no_picture(doors, tmp_path, tally, door, name):
    tally.tried += 1
    outcome = doors.ask(door, no_file(tmp_path, name))
    check(outcome)
    assert outcome.kind == "refused"
    tally.survived += 1


def test_the_same_pixels_give_the_same_answer_whatever_their_type(try_cases):
    def read(case):
        pixels, dtype, order, flipped = case
        pixels.flat[0], pixels.flat[-1] = 0, 255  # the whole range: 16 bits are stretched over it
        expected = to_mnist(pixels).image
        dtype = np.dtype(dtype)
        if dtype.kind == "f":
            other = (pixels / 255).astype(dtype)
        elif dtype.itemsize > 1:
            other = pixels.astype(dtype)
            if pixels.size % 2 and dtype.kind == "u":
                other = other * 257  # all of 16 bits
        else:
            other = pixels.astype(dtype)
        other = np.asarray(other, order=order)
        if flipped:  # the same pixels, another way round in memory
            other = np.flip(np.flip(other).copy())
        other.flags.writeable = False
        np.testing.assert_array_equal(to_mnist(other).image, expected)

    noise = st.tuples(sizes.filter(lambda size: min(size) > 2), seeds).map(
        lambda case: np.random.default_rng(case[1]).integers(0, 256, case[0][::-1], np.uint8)
    )
    seven = sizes.filter(lambda size: min(size) > 2).map(
        lambda size: np.asarray(Image.fromarray(255 - SEVEN).resize(size)).copy()
    )
    dtypes = st.one_of(
        st.just("u1"),
        npst.unsigned_integer_dtypes(endianness="?", sizes=(16, 32, 64)),
        npst.integer_dtypes(endianness="?", sizes=(16, 32, 64)),
        npst.floating_dtypes(endianness="?", sizes=(16, 32, 64, 128)),
    )
    try_cases(1000, st.tuples(noise | seven, dtypes, st.sampled_from("CF"), st.booleans()), read)
