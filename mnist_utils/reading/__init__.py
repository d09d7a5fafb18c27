"""From any picture to MNIST's format: opening files, ink and paper, MNIST's recipe, one digit, a page of digits."""

from mnist_utils.reading.files import load_image
from mnist_utils.reading.inked_picture import find_ink
from mnist_utils.reading.mnist_format import measure_stroke, normalize_ink
from mnist_utils.reading.one_digit import Reading, to_mnist
from mnist_utils.reading.pieces import group_strokes, sort_lines
from mnist_utils.reading.several_digits import Number, ReadDigit, read_number
from mnist_utils.reading.strips import find_digits, normalize_strip

__all__ = [
    "Number",
    "ReadDigit",
    "Reading",
    "find_digits",
    "find_ink",
    "group_strokes",
    "load_image",
    "measure_stroke",
    "normalize_ink",
    "normalize_strip",
    "read_number",
    "sort_lines",
    "to_mnist",
]
