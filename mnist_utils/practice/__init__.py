"""Digits made by program, to train on and to measure on.

``pen_shapes`` and ``pen_digits`` draw digits with a pen, by rule. ``inking`` turns MNIST's digits into ink, and
``photographs`` photographs ink. Of these are made the ``picture_sets`` of single digits, the ``number_pictures``, and
the pieces of ``touching`` digits.
"""

from mnist_utils.practice.inking import ink_from_mnist
from mnist_utils.practice.number_pictures import NumberPicture, make_number_pictures
from mnist_utils.practice.pen_digits import PenDigit, make_pen_digits, rasterize, sample_pen_digit, sample_pen_digits
from mnist_utils.practice.pen_shapes import TEST_SHAPES, TRAINING_SHAPES
from mnist_utils.practice.photographs import Scene, photograph, sample_scene
from mnist_utils.practice.picture_sets import PictureSet, bring_to_mnist, load_drawn_digits, load_picture_sets
from mnist_utils.practice.touching import make_touching_pieces

__all__ = [
    "TEST_SHAPES",
    "TRAINING_SHAPES",
    "NumberPicture",
    "PenDigit",
    "PictureSet",
    "Scene",
    "bring_to_mnist",
    "ink_from_mnist",
    "load_drawn_digits",
    "load_picture_sets",
    "make_number_pictures",
    "make_pen_digits",
    "make_touching_pieces",
    "photograph",
    "rasterize",
    "sample_pen_digit",
    "sample_pen_digits",
    "sample_scene",
]
