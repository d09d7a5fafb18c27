// From a drawing to MNIST's 28 by 28 pixels: what Python's `mnist_utils.reading.normalize_ink` does, in JavaScript.
//
// Its docstring, in mnist_utils/reading/mnist_format.py, is the specification and says why; the steps here have its
// numbers. A test draws in a browser and compares the two. An image is `{values, width, height}`, its values in a flat
// array, row by row.

export const IMAGE_SIDE = 28;
const BOX_SIDE = 20;
const CENTRE = 14;
const ROUNDING_TOLERANCE = 1e-6;
const WORK_SIDE = 80;
const MIN_INK = 0.499;
const [MIN_STROKE, MAX_STROKE] = [1.6, 4.2];
const [THICKENED_STROKE, THINNED_STROKE] = [2.3, 3.5];

/** The shape [height, width] whose larger side is `side`, aspect kept, rounded half up in whole numbers. */
function fitShape({ width, height }, side) {
  const larger = Math.max(width, height);
  return [height, width].map((n) => Math.max(1, Math.floor((2 * n * side + larger) / (2 * larger))));
}

/** The weights with which old pixels make up new ones along one axis: for each new pixel a list of [old, weight]. */
function axisWeights(oldSize, newSize, averages) {
  const ratio = oldSize / newSize;
  return Array.from({ length: newSize }, (_, k) => {
    if (oldSize === newSize) return [[k, 1]];
    if (averages) {
      const [begin, end] = [k * ratio, (k + 1) * ratio];
      const weights = [];
      for (let i = Math.floor(begin); i < Math.min(oldSize, Math.ceil(end)); i++) {
        weights.push([i, (Math.min(end, i + 1) - Math.max(begin, i)) / ratio]);
      }
      return weights;
    }
    const place = (k + 0.5) * ratio - 0.5;
    const before = Math.floor(place);
    const inside = (i) => Math.min(oldSize - 1, Math.max(0, i)); // the edge pixels are repeated beyond the edge
    return [[inside(before), before + 1 - place], [inside(before + 1), place - before]];
  });
}

/** Scale to a shape [height, width]: area averages if the larger side shrinks, bilinear if it grows. */
function rescale(image, [height, width]) {
  const averages = Math.max(height, width) < Math.max(image.height, image.width);
  const rows = axisWeights(image.height, height, averages);
  const columns = axisWeights(image.width, width, averages);
  const narrow = new Float64Array(image.height * width);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (const [i, weight] of columns[x]) sum += weight * image.values[y * image.width + i];
      narrow[y * width + x] = sum;
    }
  }
  const values = new Float64Array(height * width);
  for (let y = 0; y < height; y++) {
    for (const [i, weight] of rows[y]) {
      for (let x = 0; x < width; x++) values[y * width + x] += weight * narrow[i * width + x];
    }
  }
  return { values, width, height };
}

/** Step 1: cut off the rows and columns without ink at the four sides; null if there is no ink at all. */
function cropToInk({ values, width, height }) {
  let [top, bottom, left, right] = [height, -1, width, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (values[y * width + x] === 0) continue;
      top = Math.min(top, y);
      bottom = y;
      left = Math.min(left, x);
      right = Math.max(right, x);
    }
  }
  if (bottom < 0) return null;
  return cut({ values, width, height }, top, left, bottom - top + 1, right - left + 1);
}

/** The part of an image that begins at (top, left); what lies beyond the image is 0. */
function cut(image, top, left, height, width) {
  const values = new Float64Array(height * width);
  for (let y = Math.max(0, -top); y < Math.min(height, image.height - top); y++) {
    for (let x = Math.max(0, -left); x < Math.min(width, image.width - left); x++) {
      values[y * width + x] = image.values[(y + top) * image.width + x + left];
    }
  }
  return { values, width, height };
}

/** The Euclidean distance of each pixel of a mask to the nearest pixel whose mask is `target`. */
function distanceTo(target, { values, width, height }) {
  // First up and down the column. The nearest of all is then the nearest of some column: look to both sides, until
  // the step alone is further than what was found.
  const vertical = new Float64Array(values.length).fill(Infinity);
  for (let x = 0; x < width; x++) {
    let distance = Infinity;
    for (let y = 0; y < height; y++) {
      distance = values[y * width + x] === target ? 0 : distance + 1;
      vertical[y * width + x] = distance;
    }
    distance = Infinity;
    for (let y = height - 1; y >= 0; y--) {
      distance = values[y * width + x] === target ? 0 : distance + 1;
      vertical[y * width + x] = Math.min(vertical[y * width + x], distance);
    }
  }
  const distances = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const x = i % width;
    let nearest = vertical[i] * vertical[i];
    for (let step = 1; step < width && step * step < nearest; step++) {
      if (step <= x) nearest = Math.min(nearest, step * step + vertical[i - step] * vertical[i - step]);
      if (x + step < width) nearest = Math.min(nearest, step * step + vertical[i + step] * vertical[i + step]);
    }
    distances[i] = Math.sqrt(nearest);
  }
  return distances;
}

/** Step 2: move the strokes' outline in or out if they are far thinner or thicker than MNIST's. */
function correctStroke(ink) {
  const work = rescale(ink, fitShape(ink, WORK_SIDE));
  let mask = { ...work, values: work.values.map((value) => Number(value >= MIN_INK)) };
  mask = cut(mask, -1, -1, mask.height + 2, mask.width + 2); // outside the work image there is no ink
  const depths = distanceTo(0, mask).filter((depth) => depth > 0);
  if (depths.length === 0) return ink;
  const mean = depths.reduce((sum, depth) => sum + depth, 0) / depths.length;
  const strokeWidth = ((4 * mean - 2) * BOX_SIDE) / WORK_SIDE;
  if (strokeWidth >= MIN_STROKE && strokeWidth <= MAX_STROKE) return ink;

  const target = strokeWidth < MIN_STROKE ? THICKENED_STROKE : THINNED_STROKE;
  const growth = (WORK_SIDE * (target - strokeWidth)) / (2 * (BOX_SIDE - target));
  const margin = Math.max(0, Math.ceil(growth)); // besides the one pixel that is there already
  mask = cut(mask, -margin, -margin, mask.height + 2 * margin, mask.width + 2 * margin);
  const inside = distanceTo(0, mask);
  const outside = distanceTo(1, mask);
  const values = mask.values.map((isInk, i) => {
    const signed = isInk ? inside[i] - 0.5 : 0.5 - outside[i];
    return Math.min(1, Math.max(0, signed + growth + 0.5));
  });
  return cropToInk({ ...mask, values }) ?? ink;
}

/** Step 4, along one axis: where the box begins, from its ink in each row (or column). */
function firstIndex(profile) {
  let [sum, moment] = [0, 0];
  profile.forEach((value, i) => {
    sum += value;
    moment += i * value;
  });
  const first = Math.floor(CENTRE - moment / sum + 0.5 + ROUNDING_TOLERANCE);
  return Math.min(IMAGE_SIDE - profile.length, Math.max(0, first));
}

/**
 * Bring a drawing into MNIST's format.
 *
 * Takes grey levels, 0 (nothing) to 255 (ink), row by row. Returns 28 * 28 of them, or null if there is no ink.
 */
export function normalizeInk(greyLevels, width, height) {
  const ink = cropToInk({ values: greyLevels, width, height });
  if (ink === null) return null;
  ink.values.forEach((level, i) => {
    ink.values[i] = level / 255;
  });
  const corrected = correctStroke(ink);
  const box = rescale(corrected, fitShape(corrected, BOX_SIDE)); // step 3
  const largest = box.values.reduce((a, b) => Math.max(a, b));

  const rows = new Float64Array(box.height);
  const columns = new Float64Array(box.width);
  box.values.forEach((value, i) => {
    rows[Math.floor(i / box.width)] += value / largest;
    columns[i % box.width] += value / largest;
  });
  const image = cut(box, -firstIndex(rows), -firstIndex(columns), IMAGE_SIDE, IMAGE_SIDE);
  return Uint8Array.from(image.values, (value) => Math.floor((value / largest) * 255 + 0.5)); // step 5
}
