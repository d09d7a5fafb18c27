"""Every threshold by which a picture is read, in one place: its name, its value, its unit, and what it decides.

The chapter *Several digits, and whole pages* says on which pages they were settled. ``scripts/score_reading.py``
changes any of them and scores the change on development pictures. They are looked up where they are used, as
``rules.MIN_BELIEF``, so a change counts from the next picture on.

They are plain constants, no parameters that are handed down, because thirty functions would have to take them and pass
them on, and no caller of `read_number` ever needs two sets of them at a time. What MNIST's recipe itself prescribes
stands in :mod:`~mnist_utils.reading.mnist_format`: the canvas computes the same in JavaScript, so it is not for change.

Bounds begin with what they are, the least (``MIN_``) or the most (``MAX_``) that counts; sizes are named by what they
measure. A *side* is the larger one of height and width. A *contrast* is how much a pixel stands out from the paper, as
part of the paper's brightness.
"""

# In which size a picture is looked at (inked_picture)

SMALL_SIDE = 50  #: pixels: where the median side of a page's writing is smaller, the page is looked at in another size
LARGE_SIDE = 90  #: pixels: the same where it is larger
MIN_SIDE_TO_CHANGE = 400  #: pixels: a smaller picture keeps its size
MAX_EVEN_LIGHT = 0.1  #: of white, between the paper's dark and bright parts: with more, the doctor speaks of shadow
MAX_FAINT_LEVEL = 0.3  #: contrast of the strokes: with less, the doctor speaks of faint ink

# The sheet in a wider picture (sheet)

MIN_SIDE_WITH_SHEET = 100  #: pixels: a smaller picture shows nothing but its digit
SHEET_MAP_SIDE = 128  #: pixels: the sheet is looked for in a picture averaged down to this
MIN_SHEET_AREA = 0.06  #: of the picture's area
MAX_SHEET_AREA = 0.85  #: of the picture's area
MIN_SHEET_SIDE = 0.25  #: of the picture's side: both sides of a sheet have at least this
MIN_BRIGHT_SHARE = 0.7  #: of the area within a sheet's outline, that is bright; the rest is ink
MIN_SHEET_STEP = 0.15  #: of white, that a sheet is brighter than its surroundings
MAX_EDGES_TOUCHED = 1  #: edges of the picture that a sheet may touch
MIN_SURROUNDINGS = 0.15  #: of the picture's side, that must lie beside a sheet that touches an edge
MIN_CONVEXITY = 0.9  #: a sheet's area as part of its convex hull's
MIN_RECTANGULARITY = 0.86  #: the hull's area as part of that of the smallest rectangle around it
SHEET_INSET = 0.025  #: of the sheet's shorter side: its rim is cut off, with shadows and crooked edges
SHEET_ANGLE_STEP = 3  #: degrees, between the rectangles that are tried

# Tiny pictures (paper)

TINY_SIDE = 24  #: pixels: a smaller picture has no room for paper around the digit
TINY_MARGIN = 1  #: pixels, added at each side of such a picture
TINY_ZOOM = 5  #: how many times it is enlarged then
MIN_TINY_CONTRAST = 0.08  #: of the largest contrast: below is what a cubic curve swings beside a step

# Drawings: pictures of one paper colour (paper)

MIN_CLEAN_CONTRAST = 0.3  #: of the largest contrast, for ink in a picture without noise
MIN_PAPER_SHARE = 0.5  #: of a drawing's pixels, that have the paper's grey value, give or take one
MAX_PAPER_DIFFERENCE = 3  #: grey levels, that count as paper in a drawing
MIN_STROKE_DIFFERENCE = 0.4  #: of the largest difference from the paper, for the strokes of a drawing
DRAWING_EDGE = 1 / 60  #: of the picture's side: the soft edge around a drawing's strokes
MIN_DRAWING_EDGE = 2  #: pixels, of the same
MAX_STRAY_SHARE = 0.002  #: of a drawing's pixels, that are neither paper nor near a stroke

# Photos: the paper's brightness, and noise (paper, ink)

PAPER_MAP_SIDE = 256  #: pixels: a photo's paper is estimated in a picture averaged down to this
PAPER_WINDOWS = 0.1, 0.25, 0.5  #: of the picture's side, that the paper is estimated in
MIN_SMOOTHED_SIDE = 64  #: pixels: in a smaller map, a filter of three pixels would blur what counts
MIN_PAPER_BRIGHTNESS = 0.15  #: of white, that contrasts of dark ink are divided by at least, so that black has no noise
MIN_PHOTO_CONTRAST = 0.05  #: contrast for ink, however little noise there is
NOISE_SIGMAS = 5  #: standard deviations of the noise, below which contrast is no ink
MIN_NOISE = 0.004  #: of white: with less noise, nothing is smoothed
FULL_NOISE = 0.01  #: of white: from here on, a photo is smoothed fully
MIN_NOISY_SIDE = 150  #: pixels: a smaller picture is not smoothed
SIDE_PER_BLUR = 500  #: pixels of the picture's side for one of the blur's standard deviation
MAX_NOISE_BLUR = 1.5  #: pixels, standard deviation of the blur
STROKE_BLUR = 0.12  #: of the strokes' thickness, standard deviation of the blur for faint strokes
MIN_STROKE_BLUR = 0.8  #: pixels: such a blur with less is left out

# Dark ink or light ink (paper, ink)

POLARITY_SIDE = 96  #: pixels: whether dark or light stands out is seen in a picture averaged down to this
POLARITY_SIGMAS = 3  #: standard deviations from the paper, from which a pixel stands out
MIN_POLARITY_LIMIT = 0.02  #: of white: that distance is never smaller
MAX_POLARITY_LIMIT = 0.25  #: of white: that distance is never larger
USUAL_POLARITY_FACTOR = 1.5  #: of the score: ink is rather what stands out more, dark or light
DRAFT_SIDE = 280  #: pixels: the six ways to separate a photo's ink are compared at this side

# Which contrast is ink (ink)

MIN_CONTRAST_RATIO = 0.35  #: of the strokes' contrast, for ink
MIN_CONTRAST_RATIO_OF_SEVERAL = 0.45  #: of several digits' strokes: it keeps neighbours apart
MIN_LEVEL_RATIO = 1.8  #: of a component's strong pixels to its weak ones, if only the strong ones are its stroke
HAIRLINE = 1 / 40  #: of the digit's side: thinner strokes would not survive the scaling to MNIST's format
MIN_SOFT = 0.2  #: of a photo's stroke contrast: less becomes no ink
SOFT_RANGE = 0.6  #: of a photo's stroke contrast: this much beyond becomes full ink
STROKE_EDGE = 2  #: pixels around strokes that belong to them

# Printed lines (printed_lines)

MIN_LINED_SIDE = 64  #: pixels: a smaller picture has no printed lines
LINE_SEARCH_SIDE = 400  #: pixels, about: lines are looked for in a mask reduced to this
MIN_LINE_SPAN = 0.7  #: of the picture, that a line runs through, and that all ink together extends over
MIN_LINE_INKED = 0.85  #: of a line's pixels; the rest are gaps
MIN_LINE_VOTES = 0.3  #: of the picture's shorter side: pixels on a possible line
MIN_THIN_INK = 0.5  #: of the picture's shorter side: pixels of thin ink; with fewer there is no line
MAX_LINE_SLOPE = 12  #: degrees, from the horizontal or the vertical
LINE_SLOPE_STEP = 0.5  #: degrees, between the slopes that are tried
MIN_LINE_DISTANCE = 4  #: pixels of the reduced mask, between two lines
MIN_LINE_ANGLE = 8  #: steps of the slope, between two lines
MAX_LINES = 60  #: lines that are looked for in a picture
SIDE_PER_LINE_THICKNESS = 30  #: the picture's side over this, and one pixel, is a line's largest thickness
SIDE_PER_CORE = 25  #: the picture's side over this is the smallest square of ink that holds no line
STEM_THICKNESS = 0.6  #: of the strokes: as thick as this, the only line in its direction is a digit's stem
LINE_EDGE = 1.5  #: pixels, on each side of a line, that are taken out with it
CROSSING_REACH = 2.5  #: pixels beside a line where a stroke that crosses it must go on

# Which piece of ink is most like a digit (components)

MAX_COMPONENTS = 40  #: the largest ones are measured, where one digit is looked for
MAX_COMPONENTS_ON_PAGE = 1_000  #: the same, where several are
MIN_COMPONENT_SIDE = 0.008  #: of the picture's side
MIN_EDGE_STEP = 0.6  #: of a component's contrast, that the picture must change by at its rim
MAX_EDGE_REACH = 1 / 40  #: of the picture's side, that a rim may be blurred over
BLOT_THICKNESS = 0.4  #: of a component's side, or of a digit's height: what is thicker is rather a blot
MIDDLE_SCORE = 1.2  #: factor of the score in the picture's middle; at its border it is smaller by 0.5
PATCH_THICKNESS = 0.25  #: of the picture's side: what is thicker, at an edge, is no stroke
PATCH_SIDE = 0.7  #: of the picture's side: that holds of smaller ones only
PATCH_PENALTY = 0.1  #: factor of the score, for such a patch
FRAME_PENALTY = 0.05  #: factor of the score, for what lies along the edges
EDGE_ZONE = 0.12  #: of the picture's height and width, that is along the edges
MAX_FRAME_SHARE = 0.2  #: of the pixels of what lies along the edges, that are beyond the zone

# Which pieces are writing (components, ink)

MIN_WRITING_AREA = 0.02  #: of the main component's area
MIN_WRITING_LEVEL = 0.5  #: of the main component's contrast
MIN_WRITING_EDGE_SHARE = 0.6  #: of its rim, where the picture itself changes
MIN_WRITING_THICKNESS = 0.35  #: times the main component's, for writing by the same pen
MAX_WRITING_THICKNESS = 2.5  #: times the main component's, for writing by the same pen
MIN_OTHER_PENS_HEIGHT = 0.6  #: of the main component's height, for a digit by another pen
MIN_HEIGHT_AT_EDGE = 0.5  #: of the main component's height, for a digit at the picture's edge, beside others
MAX_HEIGHT_AT_EDGE = 1.5  #: the same: what is taller, at the edge, is rather a table or a shadow
GAP_IN_DIGIT = 0.2  #: of the side of a digit's pieces, that another piece may be away from them

# Whether there is a digit at all (ink)

MIN_DIGIT_SIDE = 0.012  #: of the picture's side; a smaller main component is a speck
MIN_DIGIT_PIXELS = 3  #: pixels, of the same
MIN_SIDE_AT_BORDER = 0.04  #: of the picture's side: what is smaller, at its border, is a speck
MIN_SIDE_BETWEEN_LINES = 0.05  #: of the picture's side: less may be what is left of a printed line
MIN_EDGE_SHARE = 0.5  #: of a digit's rim, where the picture itself changes; a shadow has less
SPECK_SIDE = 0.4  #: of the main component's side: what is smaller is a speck
MAX_SPECKS = 12  #: specks around a small main component; with more it may be noise
MAX_SPECK_AREA = 0.4  #: of the main component's area (on a page, of all larger ones'), that such specks have together
MIN_SIDE_AMONG_SPECKS = 32  #: pixels: a larger main component is no noise, however many specks there are
MAX_ALIKE = 25  #: components about as large as the main one, where one digit is looked for; more are a texture
MAX_ALIKE_ON_PAGE = 600  #: the same, where several are

# One digit (one_digit)

MAX_MNIST_DIFFERENCE = 0.01  #: of full ink, between an image in MNIST's format and what the recipe makes of it

# Strokes become digits (pieces)

MIN_MEASURED_HEIGHT = 0.5  #: of the tallest stroke: the digits' height is the median of the heights from here on
MIN_WHOLE_HEIGHT = 0.7  #: of the digits' height: two taller pieces are whole digits
MAX_BROKEN_HEIGHT = 0.5  #: of the digits' height: a smaller piece may be a part of the digit beside it
MAX_GAP_DOWN = 0.15  #: of the digits' height, between the pieces of one digit, one over the other
MAX_GAP_ACROSS = 0.12  #: of the digits' height, between the pieces of one digit, one beside the other
MIN_WHOLE_OVERLAP_DOWN = 0.3  #: of the digits' height: two whole pieces with more of it may be one digit
MIN_WHOLE_OVERLAP = 0.7  #: of the narrower one's width: if they have more of this, too
MIN_OVERLAP = 0.3  #: of the narrower one's width, of the pieces of one digit, one over the other
MIN_PIECE_SIDE = 0.4  #: of the digits' height: a smaller piece is no digit

# Which pieces may be several digits that touch (several_digits)

MIN_SEVERAL_WIDTH = 0.5  #: of a piece's height: a narrower one is one digit
MAX_DIGIT_WIDTH = 1.6  #: of a piece's height: a wider one never is a digit
MAX_SEVERAL_WIDTH = 12  #: heights of a piece: a wider one is no row of digits that touch
MIN_SINGLE_PROBABILITY = 0.5  #: probability of being one digit: a piece with more is one
MIN_SEVERAL_HEIGHT = 2.5  #: widths of a piece's strokes: a lower one is a dash
MIN_PIECES_ON_PAGE = 20  #: pieces: with more, a page of letters or a texture is told by the next rule
MAX_SEVERAL_SHARE = 0.5  #: of the pieces: with more that may be several, they are no digits, of which most stand alone
MIN_MARGIN = 4  #: pixels around a piece, for soft edges and for hairlines that are thickened
SIDE_PER_MARGIN = 20  #: pixels of a piece's side for one more

# Whether the pieces are digits (several_digits)

MIN_BELIEF = 0.4  #: mean probability that a piece is what it is read as: with less, a few pieces are no digits
MIN_BELIEF_ON_PAGE = 0.7  #: the same for more pieces: one odd digit is a large part of a few
FEW_PIECES = 10  #: pieces: from here on, the rule for more of them holds
MAX_DIGIT_THICKNESS = 0.6  #: of a piece's side: of a few pieces, a thicker one is a blot, its probability 0
