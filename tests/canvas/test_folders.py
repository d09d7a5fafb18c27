"""Labelled images in folders: what is saved is found again."""

import threading

import numpy as np
import pytest
from PIL import Image

from mnist_utils.canvas import load_folder, save_drawing
from mnist_utils.practice import rasterize, sample_pen_digits
from mnist_utils.reading import normalize_ink

ZERO, ONE = (rasterize(digit) for digit in sample_pen_digits(2))


def test_never_overwrites_even_if_many_save_at_once(tmp_path):
    save_drawing(np.full((28, 28), 99, np.uint8), tmp_path, "3")
    (tmp_path / "3/0001.png").rename(tmp_path / "3/0002.png")  # a gap: the count alone would choose 0002
    images = [np.full((28, 28), i, np.uint8) for i in range(12)]
    threads = [threading.Thread(target=save_drawing, args=(image, tmp_path, "3")) for image in images]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    saved = {Image.open(path).tobytes() for path in (tmp_path / "3").glob("*.png")}
    assert len(saved) == 13


def test_a_drawing_that_could_not_be_saved_leaves_no_half_file(tmp_path, monkeypatch):
    save = Image.Image.save

    def fail_at_the_end(image, file, **options):
        save(image, file, format="PNG")
        raise OSError("No space left on device")

    save_drawing(ONE, tmp_path, "1")
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(Image.Image, "save", fail_at_the_end)
        save_drawing(ONE, tmp_path, "1")
    assert [path.name for path in (tmp_path / "1").glob("*.png")] == ["0001.png"]
    assert save_drawing(ONE, tmp_path, "1").name == "0002.png"


@pytest.mark.parametrize("label", ["", " ", "..", "a/b", ".hidden", "a\0b", "a\nb", "\ud800", "x" * 300])
def test_a_label_that_is_no_name_of_a_folder(tmp_path, label):
    with pytest.raises(ValueError, match="name of a folder") as caught:
        save_drawing(ONE, tmp_path, label)
    assert repr(label[:60]) in str(caught.value)


def test_load_folder_reads_every_kind_of_file_that_is_read_alone(tmp_path):
    (tmp_path / "1").mkdir()
    suffixes = ("png", "jpg", "JPEG", "jfif", "bmp", "gif", "tif", "tiff", "webp", "ppm", "pgm", "pbm")
    for suffix in suffixes:
        mode = {"ppm": "RGB", "pbm": "1"}.get(suffix, "L")
        Image.fromarray(ONE).convert(mode).save(tmp_path / f"1/picture.{suffix}")
    (tmp_path / "1" / "folder.png").mkdir()  # no image, whatever its name
    X, _ = load_folder(tmp_path)
    assert len(X) == len(suffixes)


def test_load_folder_returns_what_was_saved(tmp_path):
    save_drawing(ONE, tmp_path, "1")
    save_drawing(ZERO, tmp_path, "0")
    (tmp_path / "notes.txt").write_text("not an image")
    (tmp_path / "1/.hidden.png").write_text("not an image")
    X, y = load_folder(tmp_path)
    assert X.dtype == y.dtype == np.uint8
    np.testing.assert_array_equal(y, [0, 1])
    np.testing.assert_allclose(X, [normalize_ink(drawing / 255) for drawing in (ZERO, ONE)], atol=2)


def test_load_folder_with_other_classes(tmp_path):
    for label in ("alpha", "beta"):
        save_drawing(ONE, tmp_path, label)
    _, y = load_folder(tmp_path)
    assert y.tolist() == ["alpha", "beta"]


def test_load_folder_says_what_is_wrong(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        load_folder(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match="no images"):
        load_folder(tmp_path)
    save_drawing(np.zeros((280, 280), np.uint8), tmp_path, "1")
    with pytest.raises(ValueError, match=r"0001\.png: nothing to read"):
        load_folder(tmp_path)
    (tmp_path / "0").mkdir()
    (tmp_path / "0/IMG_0001.HEIC").write_bytes(b"as an iPhone saves it")
    with pytest.raises(ValueError, match=r"IMG_0001\.HEIC: not an image that can be read"):
        load_folder(tmp_path)
