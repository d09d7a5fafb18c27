"""Pieces of ink: which is most like a digit, and which are written together."""

import numpy as np
from reading.pictures import draw_seven

from mnist_utils.reading.components import find_components, gap, may_be_writing, score_digit
from mnist_utils.reading.paper import contrast_of_drawing


def components(page):
    return find_components(page > 0, contrast_of_drawing(page))


def test_they_come_by_their_size_with_diagonal_neighbours_and_without_specks():
    page = np.zeros((300, 300), np.uint8)
    page[10:30, 10:30] = page[30:60, 30:60] = 255  # touch at a corner
    page[100:120, 100:140] = page[200, 200] = 255
    large, small = components(page)
    assert (large.area, small.area) == (400 + 900, 800)
    assert small.box == (slice(100, 120), slice(100, 140))
    assert (small.side, small.thickness, small.level) == (40, 20, 1)
    assert gap(small, [large]) == np.hypot(40, 40)


def test_a_digit_is_more_like_one_than_a_blot_or_a_dark_frame():
    page = np.zeros((600, 600), np.uint8)
    page[100:380, 250:530] = draw_seven()
    page[400:520, 20:200] = 255
    page[:, 590:] = page[590:] = 255
    found = components(page)
    best = max(found, key=lambda each: score_digit(each, page.shape))
    assert best.box[0].start == 100 + 56
    frame = next(each for each in found if each.touches_border(page.shape))
    assert not may_be_writing(frame, best, page.shape)


def test_another_pen_may_write_another_digit_but_no_part_of_the_same():
    page = np.zeros((140, 300), np.uint8)
    page[30:110, 50:64] = page[30:110, 200:204] = 255
    thick, thin = components(page)
    assert may_be_writing(thin, thick, page.shape, several=True)
    assert not may_be_writing(thin, thick, page.shape)


def test_a_digit_at_the_edge_counts_where_others_lie_further_inside():
    page = np.zeros((600, 600), np.uint8)
    page[300:380, 250:264] = page[300:380, 586:] = page[0:80, 300:314] = 255
    page[:, 0:8] = 255  # a table
    frame, *found = components(page)
    inside = next(each for each in found if not each.touches_border(page.shape))
    at_edges = [each for each in found if each is not inside]
    assert all(may_be_writing(each, inside, page.shape, several=True) for each in at_edges)
    assert not may_be_writing(frame, inside, page.shape, several=True)
    assert not any(may_be_writing(each, inside, page.shape) for each in at_edges), "where one digit is looked for"
    assert not may_be_writing(at_edges[0], at_edges[1], page.shape, several=True), "no digit lies further inside"
