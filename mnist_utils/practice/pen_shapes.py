"""Shapes of the ten digits as pen strokes, written down as text.

Each shape is named by what is peculiar to it. A stroke bends smoothly through key points ``x,y``, in percent of the
digit's height, x to the right and y down. At a point before ``/`` it has a corner: ``"34,17 54,0 / 52,100"`` goes up to
the right, turns sharply, and goes down.

The model for pictures of one's own trains on :data:`TRAINING_SHAPES`, and is measured on :data:`TEST_SHAPES`, which it
never saw.
"""

import numpy as np

__all__ = ["TEST_SHAPES", "TRAINING_SHAPES", "Shapes", "key_points"]

Shapes = dict[int, dict[str, list[str]]]
"""For each digit the strokes of its shapes, by the name of the shape."""

TEST_SHAPES: Shapes = {
    0: {
        "round, begun and ended at the top": ["50,0 15,20 5,50 15,82 45,100 75,82 85,50 75,18 50,0"],
        "begun at the upper right, its end crossing its beginning": [
            "70,12 45,0 15,20 3,55 20,90 50,100 80,80 88,45 75,12 45,3"
        ],
        "narrow": ["50,0 28,20 22,50 30,82 50,100 70,82 76,50 70,18 50,0"],
    },
    1: {
        "a plain bar": ["50,0 50,100"],
        "with a flag": ["34,17 54,0 / 52,100"],
        "with a flag and a foot": ["31,19 50,0 / 50,100", "22,100 80,100"],
    },
    2: {
        "round at the top, with a straight foot": ["10,25 25,5 55,0 80,15 80,40 50,72 10,100 / 90,100"],
        "with a loop at the lower left": ["10,22 35,2 70,8 75,38 45,75 20,97 6,88 22,77 50,90 75,100 95,92"],
        "angular, like a Z": ["12,12 50,1 80,14 76,34 12,98 / 90,96"],
    },
    3: {
        "two bows": ["12,12 45,0 75,15 70,38 40,47 / 75,58 82,80 50,100 10,88"],
        "flat at the top": ["12,2 80,2 / 40,42 / 75,52 82,78 50,100 10,90"],
        "a small upper and a large lower bow": ["18,10 45,0 68,18 42,40 / 82,62 50,100 8,85"],
    },
    4: {
        "open at the top": ["20,2 8,55 / 90,52", "68,0 66,100"],
        "closed": ["62,0 5,65 / 95,65", "62,0 62,100"],
        "open and round": ["15,0 10,30 30,50 78,42", "82,2 72,100"],
    },
    5: {
        "in one stroke": ["80,2 25,2 / 20,42 / 55,38 82,62 65,93 35,100 8,90"],
        "its top bar drawn last": ["25,5 20,45 / 60,40 82,68 55,98 10,92", "25,5 85,2"],
        "round, like an S": ["85,5 50,0 25,10 22,33 50,43 78,60 70,90 40,100 10,90"],
    },
    6: {
        "with a bent back": ["70,2 35,25 12,60 20,92 50,100 80,82 70,60 40,55 15,75"],
        "with a straight back": ["50,0 25,40 14,72 30,97 62,97 80,76 62,57 35,60 17,78"],
    },
    7: {
        "plain": ["10,5 88,3 / 40,100"],
        "with a bar": ["10,5 88,3 / 40,100", "32,50 84,48"],
        "with a serif and a bent stem": ["12,20 12,5 / 85,4 / 60,45 45,100"],
    },
    8: {
        "in one stroke": ["75,15 45,0 20,20 45,47 80,75 50,100 18,78 45,50 78,24 70,8"],
        "two circles": [
            "50,0 25,8 20,25 30,42 50,46 70,42 78,25 73,8 50,0",
            "50,46 22,56 12,74 25,94 50,100 76,94 87,74 78,56 50,46",
        ],
    },
    9: {
        "with a straight stem": ["78,22 55,2 22,15 22,40 52,48 78,22 / 72,100"],
        "with a bent tail": ["80,22 50,0 18,22 35,48 70,40 82,18 / 85,50 70,90 30,100"],
    },
}
"""Shapes to measure a model on."""

TRAINING_SHAPES: Shapes = {
    0: {
        "wide": ["52,0 22,10 2,48 20,90 50,100 82,88 98,50 80,8 52,0"],
        "begun at the left": ["20,30 8,60 28,96 60,98 80,70 78,25 55,2 30,10 18,34"],
        "not quite closed": ["60,4 28,6 10,45 22,92 55,99 82,72 84,30 66,8"],
        "with a slash": ["50,0 20,15 10,50 22,88 50,100 78,86 90,50 78,14 50,0", "18,92 84,10"],
    },
    1: {
        "with a long flag": ["12,42 58,0 / 58,100"],
        "with a steep flag": ["30,34 50,0 / 49,100"],
        "with a bent flag": ["20,30 40,22 55,0 / 55,100"],
        "with a long flag and a foot": ["20,34 54,0 / 54,100", "24,99 84,100"],
        "a short flag and a wide foot": ["38,12 50,0 / 50,99", "12,100 88,98"],
        "drawn upwards": ["46,100 50,50 54,0"],
    },
    2: {
        "like a swan": ["14,28 34,2 66,4 74,32 46,66 10,98 / 50,90 92,98"],
        "with a small loop": ["16,18 44,0 76,18 60,56 22,94 10,96 18,86 48,94 88,98"],
        "straight lines": ["10,4 82,4 / 12,98 / 88,98"],
        "with a wide bow and a short foot": ["6,30 30,2 72,2 88,32 56,68 16,98 / 76,99"],
    },
    3: {
        "with an angle in the middle": ["14,6 56,0 76,20 / 36,46 / 80,68 60,98 10,94"],
        "straight at the top, a large bow": ["10,4 80,4 / 34,38 / 62,40 86,66 62,98 8,92"],
        "begun with a hook": ["18,24 26,6 56,0 76,20 62,42 38,48 / 70,52 84,76 54,100 12,84"],
        "two flat bows": ["20,4 60,0 70,24 36,46 / 74,54 78,90 40,100 16,96"],
    },
    4: {
        "open, its stem high": ["30,14 12,62 / 90,60", "66,20 62,100"],
        "open and steep": ["44,0 12,58 / 82,56", "58,36 54,100"],
        "closed, in one stroke": ["64,100 64,2 / 6,68 / 92,68"],
        "a right angle": ["14,0 14,52 / 84,52", "70,0 70,100"],
        "closed, its bar short": ["70,0 14,62 / 82,60", "70,0 68,100"],
    },
    5: {
        "straight, with a round belly": ["84,2 28,3 / 24,46 / 50,36 84,52 82,84 46,100 12,92"],
        "its top bar apart": ["30,10 26,46 / 64,42 84,70 60,98 14,96", "34,4 90,0"],
        "bent throughout": ["80,4 44,4 / 30,38 60,42 80,66 60,94 16,98"],
        "with a small belly": ["76,0 22,4 / 18,54 / 60,50 72,72 50,96 12,98"],
    },
    6: {
        "a spiral": ["74,8 44,6 16,42 14,78 40,100 72,92 78,66 50,52 24,66 18,84"],
        "like a b": ["30,0 22,40 18,84 36,100 70,94 76,68 50,54 22,66"],
        "slanted, with a small loop": ["78,0 40,34 16,74 30,98 58,94 64,74 46,66 22,80"],
    },
    7: {
        "with a low bar": ["12,6 84,4 / 44,100", "28,58 78,56"],
        "with a slanted bar": ["14,2 90,4 / 50,50 34,100", "36,60 78,46"],
        "with a hook": ["14,24 16,6 / 88,6 / 46,100"],
        "with a hook and a bar": ["10,20 14,4 / 84,6 / 42,100", "30,52 76,50"],
        "rounded": ["8,12 40,2 82,6 70,40 46,100"],
    },
    8: {
        "begun in the middle": ["50,46 22,26 32,4 64,2 76,22 50,46 20,72 34,98 66,98 80,74 50,46"],
        "a large circle below": ["50,38 34,30 32,10 50,0 66,8 66,28 50,38 20,58 20,90 50,100 82,88 80,56 50,38"],
        "begun at the upper right, not closed": ["78,12 50,0 22,18 44,44 78,68 66,98 30,96 22,70 54,42 74,18"],
        "slanted": ["80,10 56,0 34,16 48,42 66,70 44,100 14,84 26,60 58,42 80,20"],
    },
    9: {
        "with a small loop and a straight stem": ["76,30 62,4 28,8 20,36 44,50 70,38 / 78,10 / 74,100"],
        "like a g": ["78,18 46,0 18,20 28,46 60,44 78,20 / 80,70 60,98 22,90"],
        "in one bend": ["76,34 40,48 20,24 42,0 74,12 78,50 56,100"],
        "with a slanted stem": ["80,20 54,0 24,18 32,44 62,42 80,16 / 46,100"],
    },
}
"""Other shapes, to train a model on."""


def key_points(stroke: str) -> list[np.ndarray]:
    """Return the key points of a stroke.

    Parameters
    ----------
    stroke : str
        As in :data:`TEST_SHAPES`.

    Returns
    -------
    list of ndarray of float, shape (n, 2)
        The points (x, y) of each part between corners, as parts of the digit's height. A corner is the last point of
        one part, and is not repeated in the next.
    """
    return [np.array([point.split(",") for point in part.split()], float) / 100 for part in stroke.split("/")]
