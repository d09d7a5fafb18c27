// Bundled by `npm run build` from the modules in mnist_utils/canvas/js: change those.

// mnist_utils/canvas/js/elements.js
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

// mnist_utils/canvas/js/answer.js
var MIN_SURE = 0.8;
function inPercent(probability) {
  return probability >= 0.9995 ? "> 99.9 %" : `${(100 * probability).toFixed(1)} %`;
}
function makeBars(labels) {
  const rows = labels.map((label) => {
    const fill = make("span", { className: "dc-fill" });
    const value = make("span", { className: "dc-value" });
    const bar = make("span", { className: "dc-bar" }, fill);
    const row = make("li", {}, make("span", { className: "dc-label" }, label), bar, value);
    return { row, fill, value };
  });
  const list = { className: "dc-bars", "aria-label": "Probability of each label" };
  const element = make("ul", list, ...rows.map(({ row }) => row));
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
function makeAnswer(labels) {
  const words = make("p", { className: "dc-answer", role: "status" });
  const bars = makeBars(labels);
  const show = (probabilities, blank) => {
    bars.show(probabilities);
    if (probabilities.length === 0) {
      words.textContent = blank ? "Draw a digit." : "";
      return;
    }
    const largest = Math.max(...probabilities);
    words.replaceChildren(
      largest < MIN_SURE ? "Perhaps " : "Read as ",
      make("strong", {}, labels[probabilities.indexOf(largest)]),
      ` (${inPercent(largest)})`
    );
  };
  return { element: make("div", {}, words, bars.element), show };
}

// mnist_utils/canvas/js/collector.js
function makeCollector(model, id) {
  const radios = model.get("labels").map((label) => {
    const radio = make("input", { type: "radio", name: id, value: label });
    radio.addEventListener("change", () => {
      model.set("label", label);
      model.save_changes();
    });
    return radio;
  });
  const choices = radios.map((radio) => make("label", {}, radio, radio.value));
  const button = make("button", { type: "button", className: "dc-save" }, "Save");
  button.addEventListener("click", () => model.send({ kind: "save" }));
  const legend = make("legend", {}, "I am drawing a");
  const show = () => {
    for (const radio of radios) radio.checked = radio.value === model.get("label");
  };
  return { element: make("fieldset", { className: "dc-collect" }, legend, ...choices, button), show };
}

// mnist_utils/canvas/js/drawing.js
var SIDE = 280;
var MIN_STEP = 2;
var MAX_UNDO = 100;
function greyImage(levels, side) {
  const image = new ImageData(side, side);
  for (let i = 0; i < levels.length; i++) {
    image.data[4 * i] = image.data[4 * i + 1] = image.data[4 * i + 2] = levels[i];
    image.data[4 * i + 3] = 255;
  }
  return image;
}
var Drawing = class {
  constructor(context, pen) {
    this.context = context;
    this.pen = pen;
    this.reset();
  }
  /** Begin anew, with nothing to undo. */
  reset() {
    this.background = null;
    this.strokes = [];
    this.past = [];
    this.growing = null;
    this.paint();
  }
  get blank() {
    return this.strokes.length === 0 && this.background === null;
  }
  /** Go on to a drawing with these strokes, and remember the present one. */
  become(strokes, background) {
    this.past.push([this.strokes, this.background]);
    if (this.past.length > MAX_UNDO) this.past.shift();
    this.growing = null;
    [this.strokes, this.background] = [strokes, background];
    this.paint();
  }
  begin(point) {
    const stroke = [point];
    this.become([...this.strokes, stroke], this.background);
    this.growing = stroke;
  }
  /** Lengthen the stroke that was begun last, if it is still there. */
  extend(points) {
    const stroke = this.growing;
    if (stroke === null) return;
    for (const [x, y] of points) {
      const [lastX, lastY] = stroke.at(-1);
      if (Math.hypot(x - lastX, y - lastY) >= MIN_STEP) stroke.push([x, y]);
    }
    this.paint();
  }
  clear() {
    if (!this.blank) this.become([], null);
  }
  undo() {
    if (this.past.length === 0) return;
    this.growing = null;
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
    for (const stroke of this.strokes) this.paintStroke(stroke);
  }
  paintStroke(stroke) {
    const { context, pen } = this;
    context.beginPath();
    if (stroke.length === 1) {
      context.arc(...stroke[0], pen / 2, 0, 2 * Math.PI);
      context.fill();
      return;
    }
    context.moveTo(...stroke[0]);
    for (let i = 1; i < stroke.length - 1; i++) {
      const [x, y] = stroke[i];
      const [nextX, nextY] = stroke[i + 1];
      context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
    }
    context.lineTo(...stroke.at(-1));
    context.stroke();
  }
  /** The grey levels, 0 (nothing) to 255 (ink), row by row; an empty array if nothing was drawn. */
  ink() {
    if (this.blank) return new Uint8Array(0);
    const { data } = this.context.getImageData(0, 0, SIDE, SIDE);
    const ink = new Uint8Array(SIDE * SIDE);
    for (let i = 0; i < ink.length; i++) ink[i] = data[4 * i];
    return ink;
  }
};

// mnist_utils/canvas/js/keyboard.js
var GRID = 14;
var CELL = SIDE / GRID;
var STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
var GridPen = class {
  constructor(drawing, { moved, lifted }) {
    Object.assign(this, { drawing, moved, lifted, column: GRID / 2, row: GRID / 2, isDown: false });
  }
  get place() {
    return [(this.column - 0.5) * CELL, (this.row - 0.5) * CELL];
  }
  toggle() {
    if (this.isDown) {
      this.lift();
      return;
    }
    this.isDown = true;
    this.drawing.begin(this.place);
    this.moved();
  }
  lift() {
    if (!this.isDown) return;
    this.isDown = false;
    this.lifted();
  }
  move([columns, rows]) {
    this.column = Math.min(GRID, Math.max(1, this.column + columns));
    this.row = Math.min(GRID, Math.max(1, this.row + rows));
    if (!this.isDown) return;
    this.drawing.extend([this.place]);
    this.moved();
  }
};
function drawWithKeys(surface, cursor, drawing, { moved, lifted, undo, clear, say }) {
  const pen = new GridPen(drawing, { moved, lifted });
  const show = () => {
    const [x, y] = pen.place;
    cursor.hidden = false;
    cursor.style.left = `${100 * x / SIDE}%`;
    cursor.style.top = `${100 * y / SIDE}%`;
    cursor.classList.toggle("is-down", pen.isDown);
    say(`Row ${pen.row}, column ${pen.column}, pen ${pen.isDown ? "down" : "up"}`);
  };
  const leave = () => {
    pen.lift();
    cursor.hidden = true;
  };
  const liftAnd = (action) => () => {
    pen.lift();
    action();
  };
  const actions = { Backspace: liftAnd(undo), Delete: liftAnd(clear), Escape: leave };
  actions[" "] = () => {
    pen.toggle();
    show();
  };
  for (const [key, step] of Object.entries(STEPS)) {
    actions[key] = () => {
      pen.move(step);
      show();
    };
  }
  surface.addEventListener("keydown", (event) => {
    const withModifier = event.ctrlKey || event.metaKey || event.altKey;
    const undoes = (event.ctrlKey || event.metaKey) && event.key === "z";
    const action = undoes ? actions.Backspace : withModifier ? void 0 : actions[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  });
  surface.addEventListener("blur", leave);
  surface.addEventListener("pointerdown", leave);
}

// mnist_utils/canvas/js/normalize_ink.js
var IMAGE_SIDE = 28;
var BOX_SIDE = 20;
var CENTRE = 14;
var ROUNDING_TOLERANCE = 1e-6;
var WORK_SIDE = 80;
var MIN_INK = 0.499;
var [MIN_STROKE, MAX_STROKE] = [1.6, 4.2];
var [THICKENED_STROKE, THINNED_STROKE] = [2.3, 3.5];
function fitShape({ width, height }, side) {
  const larger = Math.max(width, height);
  return [height, width].map((n) => Math.max(1, Math.floor((2 * n * side + larger) / (2 * larger))));
}
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
    const inside = (i) => Math.min(oldSize - 1, Math.max(0, i));
    return [[inside(before), before + 1 - place], [inside(before + 1), place - before]];
  });
}
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
function cut(image, top, left, height, width) {
  const values = new Float64Array(height * width);
  for (let y = Math.max(0, -top); y < Math.min(height, image.height - top); y++) {
    for (let x = Math.max(0, -left); x < Math.min(width, image.width - left); x++) {
      values[y * width + x] = image.values[(y + top) * image.width + x + left];
    }
  }
  return { values, width, height };
}
function distanceTo(target, { values, width, height }) {
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
function correctStroke(ink) {
  const work = rescale(ink, fitShape(ink, WORK_SIDE));
  let mask = { ...work, values: work.values.map((value) => Number(value >= MIN_INK)) };
  mask = cut(mask, -1, -1, mask.height + 2, mask.width + 2);
  const depths = distanceTo(0, mask).filter((depth) => depth > 0);
  if (depths.length === 0) return ink;
  const mean = depths.reduce((sum, depth) => sum + depth, 0) / depths.length;
  const strokeWidth = (4 * mean - 2) * BOX_SIDE / WORK_SIDE;
  if (strokeWidth >= MIN_STROKE && strokeWidth <= MAX_STROKE) return ink;
  const target = strokeWidth < MIN_STROKE ? THICKENED_STROKE : THINNED_STROKE;
  const growth = WORK_SIDE * (target - strokeWidth) / (2 * (BOX_SIDE - target));
  const margin = Math.max(0, Math.ceil(growth));
  mask = cut(mask, -margin, -margin, mask.height + 2 * margin, mask.width + 2 * margin);
  const inside = distanceTo(0, mask);
  const outside = distanceTo(1, mask);
  const values = mask.values.map((isInk, i) => {
    const signed = isInk ? inside[i] - 0.5 : 0.5 - outside[i];
    return Math.min(1, Math.max(0, signed + growth + 0.5));
  });
  return cropToInk({ ...mask, values }) ?? ink;
}
function firstIndex(profile) {
  let [sum, moment] = [0, 0];
  profile.forEach((value, i) => {
    sum += value;
    moment += i * value;
  });
  const first = Math.floor(CENTRE - moment / sum + 0.5 + ROUNDING_TOLERANCE);
  return Math.min(IMAGE_SIDE - profile.length, Math.max(0, first));
}
function normalizeInk(greyLevels, width, height) {
  const ink = cropToInk({ values: greyLevels, width, height });
  if (ink === null) return null;
  ink.values.forEach((level, i) => {
    ink.values[i] = level / 255;
  });
  const corrected = correctStroke(ink);
  const box = rescale(corrected, fitShape(corrected, BOX_SIDE));
  const largest = box.values.reduce((a, b) => Math.max(a, b));
  const rows = new Float64Array(box.height);
  const columns = new Float64Array(box.width);
  box.values.forEach((value, i) => {
    rows[Math.floor(i / box.width)] += value / largest;
    columns[i % box.width] += value / largest;
  });
  const image = cut(box, -firstIndex(rows), -firstIndex(columns), IMAGE_SIDE, IMAGE_SIDE);
  return Uint8Array.from(image.values, (value) => Math.floor(value / largest * 255 + 0.5));
}

// mnist_utils/canvas/js/pointer.js
function drawWithPointer(surface, drawing, { moved, lifted }) {
  let pointer = null;
  const place = (event) => {
    const box = surface.getBoundingClientRect();
    return [(event.clientX - box.left) * SIDE / box.width, (event.clientY - box.top) * SIDE / box.height];
  };
  surface.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return;
    event.preventDefault();
    surface.focus({ preventScroll: true, focusVisible: false });
    pointer = event.pointerId;
    surface.setPointerCapture(pointer);
    drawing.begin(place(event));
    moved();
  });
  surface.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    drawing.extend((events.length > 0 ? events : [event]).map(place));
    moved();
  });
  surface.addEventListener("lostpointercapture", (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    lifted();
  });
}

// mnist_utils/canvas/js/digit_canvas.js
var HELP = `Draw with the mouse, a pen or a finger. With the keyboard: the arrow keys move the pen, the space bar
puts it down and lifts it, Backspace takes back a stroke, Delete clears.`;
function render({ model, el }) {
  const view = new CanvasView(model);
  el.append(view.root);
  return () => view.remove();
}
var CanvasView = class {
  constructor(model) {
    this.model = model;
    this.id = `dc-${Math.random().toString(36).slice(2)}`;
    this.makeElements();
    this.drawing = new Drawing(this.surface.getContext("2d", { willReadFrequently: true }), model.get("pen"));
    this.sent = null;
    this.frame = null;
    this.listen();
    this.root = this.arrange();
    this.showInk();
    this.showAnswer();
    this.showMessage();
    this.collector.show();
    this.showPreview();
  }
  makeElements() {
    this.surface = make("canvas", {
      className: "dc-surface",
      width: SIDE,
      height: SIDE,
      tabIndex: 0,
      role: "application",
      "aria-label": "Drawing area",
      "aria-describedby": `${this.id}-help`,
      "data-lm-suppress-shortcuts": "true"
      // JupyterLab leaves the keys to the canvas
    });
    this.cursor = make("span", { className: "dc-cursor", hidden: true });
    this.undoButton = make("button", { type: "button" }, "Undo");
    this.clearButton = make("button", { type: "button" }, "Clear");
    this.preview = make("canvas", {
      className: "dc-preview",
      width: IMAGE_SIDE,
      height: IMAGE_SIDE,
      role: "img",
      "aria-label": "The drawing as 28 by 28 pixels"
    });
    this.answer = makeAnswer(this.model.get("labels"));
    this.collector = makeCollector(this.model, this.id);
    this.message = make("p", { className: "dc-message", role: "status" });
    this.spoken = make("p", { className: "dc-spoken", "aria-live": "polite" });
  }
  arrange() {
    const drawing = make(
      "div",
      { className: "dc-drawing" },
      make("div", { className: "dc-frame" }, this.surface, this.cursor),
      make("div", { className: "dc-buttons" }, this.undoButton, this.clearButton)
    );
    const figure = make("figure", {}, this.preview, make("figcaption", {}, "What the model sees"));
    const reading = make("div", { className: "dc-reading" }, figure, this.answer.element);
    const root = make("div", { className: "dc", role: "group", "aria-label": "Draw a digit" }, drawing, reading);
    if (this.model.get("collects")) root.append(this.collector.element);
    root.append(this.message, make("p", { className: "dc-help", id: `${this.id}-help` }, HELP), this.spoken);
    return root;
  }
  listen() {
    const hand = { moved: () => this.showPreview(), lifted: () => this.changed() };
    const undo = () => this.undo();
    const clear = () => this.clear();
    drawWithKeys(this.surface, this.cursor, this.drawing, { ...hand, undo, clear, say: (text) => this.say(text) });
    drawWithPointer(this.surface, this.drawing, hand);
    this.undoButton.addEventListener("click", undo);
    this.clearButton.addEventListener("click", clear);
    this.handlers = {
      "change:ink": () => this.showInk(),
      "change:probabilities": () => this.showAnswer(),
      "change:message": () => this.showMessage(),
      "change:label": () => this.collector.show(),
      "change:reads": () => this.showAnswer()
    };
    for (const [event, handler] of Object.entries(this.handlers)) this.model.on(event, handler);
  }
  remove() {
    for (const [event, handler] of Object.entries(this.handlers)) this.model.off(event, handler);
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.root.remove();
  }
  undo() {
    this.drawing.undo();
    this.changed();
  }
  clear() {
    this.drawing.clear();
    this.changed();
    this.say("Cleared");
  }
  /** Send the drawing to whoever reads it. */
  changed() {
    this.showPreview();
    this.sent = this.drawing.ink();
    this.model.set("ink", new DataView(this.sent.buffer));
    this.model.save_changes();
    this.showAnswer();
  }
  /** Show ink that was changed elsewhere: in Python, or in another view of the same canvas. */
  showInk() {
    const { buffer, byteOffset, byteLength } = this.model.get("ink");
    const ink = new Uint8Array(buffer, byteOffset, byteLength);
    const { sent } = this;
    if (sent !== null && ink.length === sent.length && ink.every((level, i) => level === sent[i])) return;
    this.sent = ink;
    if (ink.length === 0) this.drawing.reset();
    else this.drawing.load(ink);
    this.showPreview();
    this.showAnswer();
  }
  /** Show the 28 by 28 pixels that a model is given, at most once a frame. */
  showPreview() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      const digit = this.drawing.blank ? null : normalizeInk(this.drawing.ink(), SIDE, SIDE);
      const pixels = digit ?? new Uint8Array(IMAGE_SIDE * IMAGE_SIDE);
      this.preview.getContext("2d").putImageData(greyImage(pixels, IMAGE_SIDE), 0, 0);
    });
  }
  showAnswer() {
    const { blank } = this.drawing;
    this.answer.element.hidden = !this.model.get("reads");
    this.answer.show(blank ? [] : this.model.get("probabilities"), blank);
  }
  showMessage() {
    this.message.textContent = this.model.get("message");
  }
  say(text) {
    this.spoken.textContent = text;
  }
};

// mnist_utils/canvas/js/widget.js
var widget_default = { render };
export {
  widget_default as default
};
