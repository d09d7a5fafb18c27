// Written by `python -m mnist_utils.canvas.page` from the files in mnist_utils/canvas: change those.
const digitCanvas = (() => {
// From a drawing to MNIST's 28 by 28 pixels: what `normalize_ink` of `mnist_utils/images.py` does, in JavaScript.
//
// The docstring there is the specification, and says why; the steps here have its numbers. A test draws in a browser
// and compares the two. An image is `{values, width, height}`, its values in a flat array, row by row.

const IMAGE_SIDE = 28;
const BOX_SIDE = 20;
const WORK_SIDE = 80;
const WORK_THRESHOLD = 0.499;
const CENTRE = 14;
const [THIN, THICK] = [1.6, 4.2];
const [MADE_THICKER, MADE_THINNER] = [2.3, 3.5];

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
  let mask = { ...work, values: work.values.map((value) => Number(value >= WORK_THRESHOLD)) };
  mask = cut(mask, -1, -1, mask.height + 2, mask.width + 2); // outside the work image there is no ink
  const depths = distanceTo(0, mask).filter((depth) => depth > 0);
  if (depths.length === 0) return ink;
  const mean = depths.reduce((sum, depth) => sum + depth, 0) / depths.length;
  const strokeWidth = ((4 * mean - 2) * BOX_SIDE) / WORK_SIDE;
  if (strokeWidth >= THIN && strokeWidth <= THICK) return ink;

  const target = strokeWidth < THIN ? MADE_THICKER : MADE_THINNER;
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
  const first = Math.floor(CENTRE - moment / sum + 0.5 + 1e-6);
  return Math.min(IMAGE_SIDE - profile.length, Math.max(0, first));
}

/**
 * Bring a drawing into MNIST's format.
 *
 * Takes grey levels, 0 (nothing) to 255 (ink), row by row. Returns 28 * 28 of them, or null if there is no ink.
 */
function normalizeInk(greyLevels, width, height) {
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

// A trained Keras model, run forward in plain JavaScript.
//
// `mnist_utils/export.py` writes the model as a list of layers in the order in which they are applied, each with its
// own weights and with the shape of what it puts out. `loadNetwork` decodes the weights once, and returns a function
// from pixels to probabilities.
//
// Activations are flat arrays, channels last, as in Keras: the value of channel c at row y and column x lies at
// (y * width + x) * channels + c. All sums are kept in double precision, the one kind of number JavaScript reckons in.

/** Decode one array of weights: `{shape, dtype, scale, data}`, the data being little-endian numbers in base64. */
function decodeWeights({ shape, dtype, scale, data }) {
  const text = atob(data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  if (dtype === "float32") return Float64Array.from(new Float32Array(bytes.buffer));
  if (dtype !== "int16") throw new Error(`Weights of an unknown type: ${dtype}`);
  // Rounded weights are whole numbers, and each output channel (the last axis) has a scale to multiply them with.
  const weights = Float64Array.from(new Int16Array(bytes.buffer));
  const channels = shape[shape.length - 1];
  for (let i = 0; i < weights.length; i++) weights[i] *= scale[i % channels];
  return weights;
}

/** Turn an (inputs, outputs) array into (outputs, inputs), so that a dot product walks along memory. */
function transpose(weights, inputs, outputs) {
  const turned = new Float64Array(weights.length);
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) turned[o * inputs + i] = weights[i * outputs + o];
  }
  return turned;
}

/**
 * Fill `out` (rows, columns) with the dot product of each row of `a` (rows, length) and each row of `b`
 * (columns, length), plus the column's bias.
 *
 * Nearly all the time is spent here. Four rows and four columns are taken at once: every number that is read from
 * memory is then used four times, and the sixteen sums can stay in the processor's registers.
 */
function multiply(a, b, bias, out, rows, columns, length) {
  const fullRows = rows - (rows % 4);
  const fullColumns = columns - (columns % 4);
  for (let row = 0; row < fullRows; row += 4) {
    const a0 = row * length, a1 = a0 + length, a2 = a1 + length, a3 = a2 + length;
    for (let column = 0; column < fullColumns; column += 4) {
      const b0 = column * length, b1 = b0 + length, b2 = b1 + length, b3 = b2 + length;
      let s00 = 0, s01 = 0, s02 = 0, s03 = 0;
      let s10 = 0, s11 = 0, s12 = 0, s13 = 0;
      let s20 = 0, s21 = 0, s22 = 0, s23 = 0;
      let s30 = 0, s31 = 0, s32 = 0, s33 = 0;
      for (let i = 0; i < length; i++) {
        const w0 = b[b0 + i], w1 = b[b1 + i], w2 = b[b2 + i], w3 = b[b3 + i];
        let x = a[a0 + i];
        s00 += x * w0; s01 += x * w1; s02 += x * w2; s03 += x * w3;
        x = a[a1 + i];
        s10 += x * w0; s11 += x * w1; s12 += x * w2; s13 += x * w3;
        x = a[a2 + i];
        s20 += x * w0; s21 += x * w1; s22 += x * w2; s23 += x * w3;
        x = a[a3 + i];
        s30 += x * w0; s31 += x * w1; s32 += x * w2; s33 += x * w3;
      }
      const o0 = row * columns + column, o1 = o0 + columns, o2 = o1 + columns, o3 = o2 + columns;
      const c0 = bias[column], c1 = bias[column + 1], c2 = bias[column + 2], c3 = bias[column + 3];
      out[o0] = s00 + c0; out[o0 + 1] = s01 + c1; out[o0 + 2] = s02 + c2; out[o0 + 3] = s03 + c3;
      out[o1] = s10 + c0; out[o1 + 1] = s11 + c1; out[o1 + 2] = s12 + c2; out[o1 + 3] = s13 + c3;
      out[o2] = s20 + c0; out[o2 + 1] = s21 + c1; out[o2 + 2] = s22 + c2; out[o2 + 3] = s23 + c3;
      out[o3] = s30 + c0; out[o3 + 1] = s31 + c1; out[o3 + 2] = s32 + c2; out[o3 + 3] = s33 + c3;
    }
  }
  // What is left over beyond whole blocks of four, one at a time.
  for (let row = 0; row < rows; row++) {
    for (let column = row < fullRows ? fullColumns : 0; column < columns; column++) {
      let sum = bias[column];
      for (let i = 0; i < length; i++) sum += a[row * length + i] * b[column * length + i];
      out[row * columns + column] = sum;
    }
  }
}

/** The activations, in place. */
const ACTIVATIONS = {
  linear() {},
  relu(values) {
    for (let i = 0; i < values.length; i++) if (values[i] < 0) values[i] = 0;
  },
  softmax(values) {
    const largest = Math.max(...values); // e to the power of a large number overflows: subtract the largest first
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[i] = Math.exp(values[i] - largest);
    for (let i = 0; i < values.length; i++) values[i] /= sum;
  },
};

/** The layers: each takes its description and the shape of its input, and returns a function from input to output. */
const LAYERS = {
  conv2d(layer, [, inputWidth, inputChannels]) {
    const [height, width, channels] = layer.output;
    const [kernelHeight, kernelWidth] = layer.kernel.shape;
    const length = kernelHeight * kernelWidth * inputChannels;
    const kernel = transpose(decodeWeights(layer.kernel), length, channels);
    const bias = decodeWeights(layer.bias);
    // One row a pixel of the output: the patch of the input below the kernel. The convolution of all pixels with
    // all kernels is then one matrix product.
    const patches = new Float64Array(height * width * length);
    const output = new Float64Array(height * width * channels);
    const run = kernelWidth * inputChannels;
    return (input) => {
      let target = 0;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          for (let ky = 0; ky < kernelHeight; ky++) {
            const source = ((y + ky) * inputWidth + x) * inputChannels;
            for (let i = 0; i < run; i++) patches[target++] = input[source + i];
          }
        }
      }
      multiply(patches, kernel, bias, output, height * width, channels, length);
      ACTIVATIONS[layer.activation](output);
      return output;
    };
  },

  max_pooling2d(layer, [, inputWidth, channels]) {
    const [height, width] = layer.output;
    const [poolHeight, poolWidth] = layer.pool;
    const output = new Float64Array(height * width * channels);
    return (input) => {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          for (let c = 0; c < channels; c++) {
            let largest = -Infinity;
            for (let py = 0; py < poolHeight; py++) {
              for (let px = 0; px < poolWidth; px++) {
                const value = input[((y * poolHeight + py) * inputWidth + x * poolWidth + px) * channels + c];
                if (value > largest) largest = value;
              }
            }
            output[(y * width + x) * channels + c] = largest;
          }
        }
      }
      return output;
    };
  },

  dense(layer) {
    const [inputs, outputs] = layer.kernel.shape;
    const kernel = transpose(decodeWeights(layer.kernel), inputs, outputs);
    const bias = decodeWeights(layer.bias);
    const output = new Float64Array(outputs);
    return (input) => {
      multiply(input, kernel, bias, output, 1, outputs, inputs);
      ACTIVATIONS[layer.activation](output);
      return output;
    };
  },

  batch_normalization(layer) {
    const scale = decodeWeights(layer.scale);
    const shift = decodeWeights(layer.shift);
    return (input) => input.map((value, i) => value * scale[i % scale.length] + shift[i % scale.length]);
  },

  // Activations are flat already.
  flatten: () => (input) => input,
};

/**
 * Prepare a model that `mnist_utils/export.py` wrote.
 *
 * Returns a function from the grey levels of an image, 0 to 255, row by row, to an array of probabilities.
 */
function loadNetwork({ input, layers }) {
  const steps = [];
  let shape = input;
  for (const layer of layers) {
    steps.push(LAYERS[layer.type](layer, shape));
    shape = layer.output;
  }
  return (greyLevels) => {
    const pixels = Float64Array.from(greyLevels, (level) => level / 255);
    return Array.from(steps.reduce((values, step) => step(values), pixels));
  };
}

// A canvas on which to draw a digit, and what a model reads in it.
//
// `render({ model, el })` is anywidget's interface: `el` is an empty element to fill, `model` holds the values that are
// shared with Python (`DigitCanvas` in `__init__.py` describes them). On a page of the book there is no Python;
// `page.js` then plays its part with a model of its own. `normalizeInk` comes from `normalize_ink.js`, which is put
// before this file.

const SIDE = 280; // the drawing's width and height in pixels, however large it is shown: ten to each of MNIST's
const GRID = 14; // rows and columns in which the keyboard moves the pen
const CELL = SIDE / GRID;

const HELP = `Draw with the mouse, a pen or a finger. With the keyboard: the arrow keys move the pen, the space bar
puts it down and lifts it, Backspace takes back a stroke, Delete clears.`;

/** Make an element: its tag, its properties (attributes if they have a dash), and what goes into it. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

/** Turn the grey levels of a square image, row by row, into what a canvas can show. */
function greyImage(levels, side) {
  const image = new ImageData(side, side);
  for (let i = 0; i < levels.length; i++) {
    image.data[4 * i] = image.data[4 * i + 1] = image.data[4 * i + 2] = levels[i];
    image.data[4 * i + 3] = 255; // opaque
  }
  return image;
}

/**
 * What has been drawn: strokes, lists of points [x, y], over a background that is empty or came from elsewhere.
 *
 * A drawing is never changed, only followed by another one, so that undo has but to go back.
 */
class Drawing {
  constructor(context, pen) {
    this.context = context;
    this.pen = pen;
    this.background = null;
    this.strokes = [];
    this.past = [];
  }

  get blank() {
    return this.strokes.length === 0 && this.background === null;
  }

  /** Go on to a drawing with these strokes, and remember the present one. */
  become(strokes, background) {
    this.past.push([this.strokes, this.background]);
    [this.strokes, this.background] = [strokes, background];
    this.paint();
  }

  begin(point) {
    this.become([...this.strokes, [point]], this.background);
  }

  /** Lengthen the last stroke. Points closer than two pixels to the one before add nothing but work. */
  extend(points) {
    const stroke = this.strokes.at(-1);
    for (const [x, y] of points) {
      const [lastX, lastY] = stroke.at(-1);
      if (Math.hypot(x - lastX, y - lastY) >= 2) stroke.push([x, y]);
    }
    this.paint();
  }

  clear() {
    if (!this.blank) this.become([], null);
  }

  undo() {
    if (this.past.length === 0) return;
    [this.strokes, this.background] = this.past.pop();
    this.paint();
  }

  /** Show a drawing made elsewhere: its grey levels, row by row. */
  load(ink) {
    this.become([], greyImage(ink, SIDE));
  }

  paint() {
    const { context, pen } = this;
    context.fillStyle = "black";
    context.fillRect(0, 0, SIDE, SIDE);
    if (this.background !== null) context.putImageData(this.background, 0, 0);
    context.strokeStyle = context.fillStyle = "white";
    context.lineWidth = pen;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of this.strokes) {
      context.beginPath();
      if (stroke.length === 1) {
        context.arc(...stroke[0], pen / 2, 0, 2 * Math.PI);
        context.fill();
        continue;
      }
      // Curves from one segment's middle to the next one's, bent towards the point between them: no corners, even
      // when a fast hand leaves few points.
      context.moveTo(...stroke[0]);
      for (let i = 1; i < stroke.length - 1; i++) {
        const [x, y] = stroke[i];
        const [nextX, nextY] = stroke[i + 1];
        context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
      }
      context.lineTo(...stroke.at(-1));
      context.stroke();
    }
  }

  /** The grey levels, 0 (nothing) to 255 (ink), row by row; an empty array if nothing was drawn. */
  ink() {
    if (this.blank) return new Uint8Array(0);
    const { data } = this.context.getImageData(0, 0, SIDE, SIDE);
    const ink = new Uint8Array(SIDE * SIDE);
    for (let i = 0; i < ink.length; i++) ink[i] = data[4 * i]; // red; green and blue are the same
    return ink;
  }
}

/** Let mouse, pen or finger draw. `lifted` is called at the end of each stroke, `moved` whenever ink was added. */
function drawWithPointer(surface, drawing, { moved, lifted }) {
  let pointer = null; // the one that is drawing: a second finger, or a palm, must not join in

  // The canvas may be shown at any size, zoomed or scaled by the page: only its rectangle on the screen tells.
  const place = (event) => {
    const box = surface.getBoundingClientRect();
    return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height];
  };
  surface.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return;
    event.preventDefault(); // no text gets selected, no image dragged
    surface.focus({ preventScroll: true, focusVisible: false });
    pointer = event.pointerId;
    surface.setPointerCapture(pointer); // the stroke goes on when it leaves the canvas
    drawing.begin(place(event));
    moved();
  });
  surface.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    // The browser reports once a frame; where the pen was in between is in the coalesced events.
    const events = event.getCoalescedEvents?.() ?? [];
    drawing.extend((events.length > 0 ? events : [event]).map(place));
    moved();
  });
  const lift = (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    lifted();
  };
  // A captured pointer is lost when it is lifted, and also when the browser takes it away.
  surface.addEventListener("lostpointercapture", lift);
}

/** Let the keyboard draw: a pen that moves over a grid. `say` tells those who don't see where it is. */
function drawWithKeys(surface, cursor, drawing, { moved, lifted, undo, clear, say }) {
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  let [column, row] = [GRID / 2, GRID / 2];
  let down = false;

  const place = () => [(column - 0.5) * CELL, (row - 0.5) * CELL];
  const show = () => {
    const [x, y] = place();
    cursor.hidden = false;
    cursor.style.left = `${(100 * x) / SIDE}%`;
    cursor.style.top = `${(100 * y) / SIDE}%`;
    cursor.classList.toggle("is-down", down);
    say(`Row ${row}, column ${column}, pen ${down ? "down" : "up"}`);
  };
  const lift = () => {
    if (!down) return;
    down = false;
    lifted();
  };
  const actions = {
    " "() {
      if (down) lift();
      else {
        down = true;
        drawing.begin(place());
        moved();
      }
      show();
    },
    Backspace() {
      lift();
      undo();
    },
    Delete() {
      lift();
      clear();
    },
    Escape() {
      lift();
      cursor.hidden = true;
    },
  };
  surface.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    const undoKeys = (event.ctrlKey || event.metaKey) && event.key === "z";
    if (!undoKeys && (event.ctrlKey || event.metaKey || event.altKey)) return;
    const action = undoKeys ? actions.Backspace : actions[event.key];
    if (!step && !action) return;
    event.preventDefault(); // the page does not scroll
    event.stopPropagation(); // a notebook does not move to another cell
    if (step) {
      column = Math.min(GRID, Math.max(1, column + step[0]));
      row = Math.min(GRID, Math.max(1, row + step[1]));
      if (down) {
        drawing.extend([place()]);
        moved();
      }
      show();
    } else action();
  });
  surface.addEventListener("blur", () => {
    lift();
    cursor.hidden = true;
  });
  surface.addEventListener("pointerdown", lift);
}

/** A probability in words: 0.9876 is 98.8 %, and nothing is certain. */
function inPercent(probability) {
  return probability >= 0.9995 ? "> 99.9 %" : `${(100 * probability).toFixed(1)} %`;
}

/** One bar for each label. Returns the element and a function that shows probabilities, an empty list for none. */
function makeBars(labels) {
  const rows = labels.map((label) => {
    const fill = make("span", { className: "dc-fill" });
    const value = make("span", { className: "dc-value" });
    const row = make("li", {}, make("span", { className: "dc-label" }, label), make("span", { className: "dc-bar" }, fill), value);
    return { row, fill, value };
  });
  const element = make("ul", { className: "dc-bars", "aria-label": "Probability of each label" }, ...rows.map(({ row }) => row));
  const show = (probabilities) => {
    const best = probabilities.indexOf(Math.max(...probabilities));
    rows.forEach(({ row, fill, value }, i) => {
      row.classList.toggle("is-best", i === best);
      fill.style.width = `${100 * (probabilities[i] ?? 0)}%`;
      value.textContent = probabilities.length > 0 ? inPercent(probabilities[i]) : "";
    });
  };
  return { element, show };
}

/** The labels to choose from and the button to save with, for a canvas that collects drawings. */
function makeCollector(model, id, save) {
  const choices = model.get("labels").map((label) => {
    const radio = make("input", { type: "radio", name: id, value: label, checked: label === model.get("label") });
    radio.addEventListener("change", () => {
      model.set("label", label);
      model.save_changes();
    });
    return make("label", {}, radio, label);
  });
  const button = make("button", { type: "button", className: "dc-save" }, "Save");
  button.addEventListener("click", save);
  return make("fieldset", { className: "dc-collect" }, make("legend", {}, "I am drawing a"), ...choices, button);
}

function render({ model, el }) {
  const id = `dc-${Math.random().toString(36).slice(2)}`;
  const labels = model.get("labels");

  const surface = make("canvas", {
    className: "dc-surface",
    width: SIDE,
    height: SIDE,
    tabIndex: 0,
    role: "application",
    "aria-label": "Drawing area",
    "aria-describedby": `${id}-help`,
    "data-lm-suppress-shortcuts": "true", // JupyterLab leaves the keys to the canvas
  });
  const cursor = make("span", { className: "dc-cursor", hidden: true });
  const undoButton = make("button", { type: "button" }, "Undo");
  const clearButton = make("button", { type: "button" }, "Clear");
  const preview = make("canvas", { className: "dc-preview", width: 28, height: 28, role: "img", "aria-label": "The drawing as 28 by 28 pixels" });
  const answer = make("p", { className: "dc-answer", role: "status" });
  const message = make("p", { className: "dc-message", role: "status" });
  const spoken = make("p", { className: "dc-spoken", "aria-live": "polite" });
  const bars = makeBars(labels);

  const context = surface.getContext("2d", { willReadFrequently: true });
  const previewContext = preview.getContext("2d");
  const drawing = new Drawing(context, model.get("pen"));

  /** Show the 28 by 28 pixels that a model is given, at most once a frame. */
  let frame = null;
  const showPreview = () => {
    frame ??= requestAnimationFrame(() => {
      frame = null;
      const digit = drawing.blank ? null : normalizeInk(drawing.ink(), SIDE, SIDE);
      previewContext.putImageData(greyImage(digit ?? new Uint8Array(28 * 28), 28), 0, 0);
    });
  };
  const showAnswer = () => {
    const probabilities = drawing.blank ? [] : model.get("probabilities");
    bars.show(probabilities);
    if (probabilities.length === 0) {
      answer.textContent = drawing.blank ? "Draw a digit." : "";
      return;
    }
    const largest = Math.max(...probabilities);
    answer.replaceChildren(
      largest < 0.8 ? "Perhaps " : "Read as ",
      make("strong", {}, labels[probabilities.indexOf(largest)]),
      ` (${inPercent(largest)})`,
    );
  };
  const showMessage = () => {
    message.textContent = model.get("message");
  };

  let sent = null; // the ink as this view last sent it
  const changed = () => {
    showPreview();
    sent = drawing.ink();
    model.set("ink", new DataView(sent.buffer));
    model.save_changes();
    showAnswer();
  };
  /** The ink may also be changed elsewhere: in Python, or in another view of the same canvas. */
  const showInk = () => {
    const { buffer, byteOffset, byteLength } = model.get("ink");
    const ink = new Uint8Array(buffer, byteOffset, byteLength);
    if (sent !== null && ink.length === sent.length && ink.every((level, i) => level === sent[i])) return;
    sent = ink;
    if (ink.length === 0) drawing.clear();
    else drawing.load(ink);
    showPreview();
    showAnswer();
  };
  const undo = () => {
    drawing.undo();
    changed();
  };
  const clear = () => {
    drawing.clear();
    changed();
    spoken.textContent = "Cleared";
  };
  undoButton.addEventListener("click", undo);
  clearButton.addEventListener("click", clear);
  drawWithPointer(surface, drawing, { moved: showPreview, lifted: changed });
  drawWithKeys(surface, cursor, drawing, {
    moved: showPreview,
    lifted: changed,
    undo,
    clear,
    say: (text) => {
      spoken.textContent = text;
    },
  });

  const reading = make("div", { className: "dc-reading" }, make("figure", {}, preview, make("figcaption", {}, "What the model sees")));
  if (model.get("reads")) reading.append(make("div", {}, answer, bars.element));
  const root = make(
    "div",
    { className: "dc", role: "group", "aria-label": "Draw a digit" },
    make(
      "div",
      { className: "dc-drawing" },
      make("div", { className: "dc-frame" }, surface, cursor),
      make("div", { className: "dc-buttons" }, undoButton, clearButton),
    ),
    reading,
  );
  if (model.get("collects")) root.append(makeCollector(model, id, () => model.send({ kind: "save" })));
  root.append(message, make("p", { className: "dc-help", id: `${id}-help` }, HELP), spoken);
  el.append(root);

  drawing.paint();
  showInk();
  showAnswer();
  showMessage();
  showPreview();
  const handlers = { "change:ink": showInk, "change:probabilities": showAnswer, "change:message": showMessage };
  for (const [event, handler] of Object.entries(handlers)) model.on(event, handler);
  return () => {
    for (const [event, handler] of Object.entries(handlers)) model.off(event, handler);
    if (frame !== null) cancelAnimationFrame(frame);
    root.remove();
  };
}


// The canvas on a page of the book, where there is no Python: the model runs in the browser.
//
// `loader.js` loads this, and the weights of the model that a canvas asks for, when the canvas comes into view.

/** What `render` needs of an anywidget model: named values, and handlers that are told when one changed. */
class PageModel {
  constructor(values) {
    this.values = values;
    this.handlers = {};
  }

  get(name) {
    return this.values[name];
  }

  set(name, value) {
    this.values[name] = value;
    for (const handler of this.handlers[`change:${name}`] ?? []) handler();
  }

  on(event, handler) {
    (this.handlers[event] ??= []).push(handler);
  }

  off(event, handler) {
    this.handlers[event] = this.handlers[event].filter((other) => other !== handler);
  }

  save_changes() {} // there is nobody else to tell
}

/**
 * Fill an element with a canvas that reads digits with the network that `loadNetwork` made. Other values than those
 * below may be given. Returns what takes the canvas away again.
 */
function showOnPage(el, network, values = {}) {
  const model = new PageModel({
    ink: new DataView(new ArrayBuffer(0)),
    labels: Array.from("0123456789"),
    probabilities: [],
    message: "",
    reads: true,
    collects: false,
    pen: 22,
    ...values,
  });
  // What Python does in a notebook: from ink to 28 by 28 pixels to probabilities.
  model.on("change:ink", () => {
    const ink = new Uint8Array(model.get("ink").buffer);
    const digit = ink.length > 0 ? normalizeInk(ink, SIDE, SIDE) : null;
    model.set("probabilities", digit === null ? [] : network(digit));
    model.set("message", ink.length > 0 && digit === null ? "There is no digit to read in this drawing." : "");
  });
  return render({ model, el });
}

return { Drawing, loadNetwork, normalizeInk, showOnPage };
})();
