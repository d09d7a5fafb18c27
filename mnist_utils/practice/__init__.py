"""Digits made by program, to train on and to measure on.

``pen_shapes`` and ``pen_digits`` draw digits with a pen, by rule. ``inking`` turns MNIST's digits into ink, and
``photographs`` photographs ink. The ``picture_sets`` of single digits, the pieces of ``touching`` digits, and whole
``pages`` are made of these. ``pen_strokes`` are those of real writers.
"""

from mnist_utils.practice.inking import ink_from_mnist
from mnist_utils.practice.pages import Page, make_pages, make_pages_without_digits
from mnist_utils.practice.pen_digits import PenDigit, make_pen_digits, rasterize, sample_pen_digit, sample_pen_digits
from mnist_utils.practice.pen_shapes import TEST_SHAPES, TRAINING_SHAPES
from mnist_utils.practice.pen_strokes import (
    SOURCES,
    WrittenDigit,
    load_written_digits,
    make_written_digits,
    sample_written_digit,
)
from mnist_utils.practice.photographs import Scene, photograph, sample_scene
from mnist_utils.practice.picture_sets import PictureSet, bring_to_mnist, load_drawn_digits, load_picture_sets
from mnist_utils.practice.touching import make_strips, make_touching_pieces

__all__ = [
    "SOURCES",
    "TEST_SHAPES",
    "TRAINING_SHAPES",
    "Page",
    "PenDigit",
    "PictureSet",
    "Scene",
    "WrittenDigit",
    "bring_to_mnist",
    "ink_from_mnist",
    "load_drawn_digits",
    "load_picture_sets",
    "load_written_digits",
    "make_pages",
    "make_pages_without_digits",
    "make_pen_digits",
    "make_strips",
    "make_touching_pieces",
    "make_written_digits",
    "photograph",
    "rasterize",
    "sample_pen_digit",
    "sample_pen_digits",
    "sample_scene",
    "sample_written_digit",
]
