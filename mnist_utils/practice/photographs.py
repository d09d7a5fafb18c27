"""Simulated photographs: a digit's ink on photographed paper.

The book measures on them what a reader's photo would do to a prediction, step by step, because such a photo comes
with a known digit and in any number. They are no real photographs: the book says so wherever it gives a figure.
"""

import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image
from scipy import ndimage as ndi
from skimage.transform import ProjectiveTransform, estimate_transform, resize, warp

__all__ = ["PENS", "Scene", "photograph", "sample_scene"]

PENS: dict[str, tuple[tuple[int, int, int], float]] = {
    "ballpoint": ((25, 45, 140), 0.85),
    "black felt pen": ((20, 20, 25), 0.95),
    "red pen": ((190, 30, 40), 0.9),
    "green pen": ((20, 110, 60), 0.9),
    "pencil": ((70, 70, 75), 0.55),
    "hard pencil": ((95, 95, 100), 0.35),
}
"""Colour (red, green, blue) and how much of the paper it covers, for each pen."""

LINE_COLOUR = 0.45, 0.6, 0.8  # of printed lines: red, green, blue, 0 to 1
LINE_THICKNESS = 1 / 800  # of the photo's side, but a pixel at least


@dataclass(frozen=True)
class Scene:
    """How one photograph is taken.

    Attributes
    ----------
    pen : str
        A key of :data:`PENS`.
    paper : tuple of float
        The paper's colour (red, green, blue), each 0 to 1.
    lines : {"none", "ruled", "grid"}
        What is printed on the paper.
    size : float
        Height of the ink's frame, as part of the photo's height.
    place : tuple of float
        Where that frame lies in the room left: (0, 0) top left, (1, 1) bottom right.
    turn : float
        Rotation of the paper in degrees, clockwise.
    perspective : float
        By how much of its width the paper's far edge is shorter.
    falloff : float
        Part of the light that is lost towards the dark side.
    light_angle : float
        Direction the light comes from, in radians.
    shadow : float
        Part of the light that a shadow over one side takes away; 0: no shadow.
    blur : float
        Standard deviation of the lens's blur, in pixels.
    noise : float
        Standard deviation of the sensor's noise, as part of white.
    texture : float
        Standard deviation of the paper's own brightness.
    quality : int
        JPEG quality.
    seed : int
        Seed of noise and texture.
    line_step : int or None
        Pixels from one printed line to the next; at random without it.
    """

    pen: str
    paper: tuple[float, float, float]
    lines: Literal["none", "ruled", "grid"]
    size: float
    place: tuple[float, float]
    turn: float
    perspective: float
    falloff: float
    light_angle: float
    shadow: float
    blur: float
    noise: float
    texture: float
    quality: int
    seed: int
    line_step: int | None = None


def sample_scene(seed: int, lines: bool = True) -> Scene:
    """Return the circumstances of a photograph, chosen at random.

    Parameters
    ----------
    seed : int
        The same seed gives the same scene.
    lines : bool
        If False, the paper is never ruled.

    Returns
    -------
    Scene
    """
    rng = np.random.default_rng(seed)
    brightness = rng.uniform(0.7, 1.0)
    tint = rng.uniform([0.94, 0.92, 0.82], 1.0)
    red, green, blue = (float(value) for value in brightness * tint)
    return Scene(
        pen=str(rng.choice(list(PENS))),
        paper=(red, green, blue),
        lines=str(rng.choice(["none", "ruled", "grid"], p=[0.6, 0.2, 0.2])) if lines else "none",
        size=float(rng.uniform(0.25, 0.9)),
        place=(float(rng.uniform()), float(rng.uniform())),
        turn=float(rng.normal(0, 4)),
        perspective=float(rng.uniform(0, 0.15)),
        falloff=float(rng.uniform(0, 0.6)),
        light_angle=float(rng.uniform(0, 2 * np.pi)),
        shadow=float(rng.choice([0, rng.uniform(0.15, 0.5)])),
        blur=float(rng.uniform(0.3, 1.8)),
        noise=float(rng.uniform(0.005, 0.04)),
        texture=float(rng.uniform(0.0, 0.02)),
        quality=int(rng.integers(40, 96)),
        seed=seed,
    )


def photograph(ink: np.ndarray, scene: Scene, side: int = 480) -> np.ndarray:
    """Photograph ink on paper.

    Parameters
    ----------
    ink : ndarray of float, shape (height, width)
        From 0, no ink, to 1; scaled to the scene's size.
    scene : Scene
        The circumstances, for example from :func:`sample_scene`.
    side : int
        Height and width of the photo, in pixels.

    Returns
    -------
    ndarray of uint8, shape (side, side, 3)
        The same ink and scene give the same photo.
    """
    rng = np.random.default_rng(scene.seed)
    sheet = _ink_paper(_place(ink, scene, side), scene, rng)
    photo = warp(sheet, _camera(side, scene), order=1, mode="edge")
    photo = ndi.gaussian_filter(photo * _light(side, scene, rng)[..., None], (scene.blur, scene.blur, 0))
    photo += rng.normal(0, scene.noise, photo.shape)
    pixels = (np.clip(photo, 0, 1) * 255).round().astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=scene.quality)
    return np.asarray(Image.open(buffer, formats=["JPEG"]))


def _place(ink: np.ndarray, scene: Scene, side: int) -> np.ndarray:
    """Return ink, 0 to 1, of the scene's size and at its place on an empty sheet, shape (side, side)."""
    height = max(8, round(scene.size * side))
    digit = resize(ink, (height, max(4, round(height * ink.shape[1] / ink.shape[0]))), anti_aliasing=True)[:side, :side]
    top, left = (round(part * (side - length)) for part, length in zip(scene.place, digit.shape, strict=True))
    placed = np.zeros((side, side))
    placed[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return placed


def _ink_paper(ink: np.ndarray, scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Return the inked sheet's colours, 0 to 1, shape (side, side, 3), in even light."""
    paper = np.asarray(scene.paper) * np.ones((*ink.shape, 1))
    grain = ndi.gaussian_filter(rng.normal(size=ink.shape), 1.5)
    paper *= 1 + scene.texture * grain[..., None] / grain.std()
    printed = _printed_lines(scene.lines, scene.line_step, len(ink), rng)[..., None]
    paper = paper * (1 - printed) + np.array(LINE_COLOUR) * printed
    colour, opacity = PENS[scene.pen]
    strength = ink * opacity * (1 + 0.15 * grain / grain.std()).clip(0, 1)
    return paper * (1 - strength[..., None]) + np.array(colour) / 255 * strength[..., None]


def _printed_lines(kind: str, step: int | None, side: int, rng: np.random.Generator) -> np.ndarray:
    """Return how much of the paper printed lines cover, 0 to 1, shape (side, side)."""
    cover = np.zeros((side, side))
    if kind == "none":
        return cover
    random_step, start = int(rng.integers(side // 16, side // 7)), int(rng.integers(0, side // 16))
    strength = rng.uniform(0.15, 0.45)
    for row in range(max(1, round(side * LINE_THICKNESS))):
        cover[start + row :: step or random_step] = strength
        if kind == "grid":
            cover[:, start + row :: step or random_step] = strength
    return cover


def _camera(side: int, scene: Scene) -> ProjectiveTransform:
    """Return where in the sheet each pixel of the photo looks."""
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], float)
    inset = scene.perspective * side / 2
    seen = corners + np.array([[inset, 0], [-inset, 0], [0, 0], [0, 0]])
    angle = np.deg2rad(scene.turn)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = side / 2
    return estimate_transform("projective", (corners - middle) @ rotation.T + middle, seen)


def _light(side: int, scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Return the light on each pixel of the photo, as part of full light, shape (side, side)."""
    rows, columns = np.mgrid[0:side, 0:side] / (side - 1) - 0.5
    towards_dark = columns * np.cos(scene.light_angle) + rows * np.sin(scene.light_angle)
    light = 1 - scene.falloff * (towards_dark + 0.7) / 1.4
    edge_of_shadow = rng.uniform(-0.3, 0.3)
    return light * (1 - scene.shadow / (1 + np.exp(-(rows + 0.4 * columns - edge_of_shadow) / 0.02)))
