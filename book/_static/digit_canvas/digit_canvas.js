// Bundled by `npm run build` from the modules in mnist_utils/canvas/js: change those.
var digitCanvas = (() => {
  var __defProp = Object.defineProperty;
  var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
  var __getOwnPropNames = Object.getOwnPropertyNames;
  var __hasOwnProp = Object.prototype.hasOwnProperty;
  var __export = (target, all) => {
    for (var name in all)
      __defProp(target, name, { get: all[name], enumerable: true });
  };
  var __copyProps = (to, from, except, desc) => {
    if (from && typeof from === "object" || typeof from === "function") {
      for (let key of __getOwnPropNames(from))
        if (!__hasOwnProp.call(to, key) && key !== except)
          __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
    }
    return to;
  };
  var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

  // mnist_utils/canvas/js/page.js
  var page_exports = {};
  __export(page_exports, {
    Drawing: () => Drawing,
    loadNetwork: () => loadNetwork,
    normalizeInk: () => normalizeInk,
    showOnPage: () => showOnPage
  });

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

  // mnist_utils/canvas/js/forward_pass.js
  function decodeWeights({ shape, dtype, scale, data }) {
    const text = atob(data);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
    if (dtype === "float32") return Float64Array.from(new Float32Array(bytes.buffer));
    if (dtype !== "int16") throw new Error(`Weights of an unknown type: ${dtype}`);
    const weights = Float64Array.from(new Int16Array(bytes.buffer));
    const channels = shape[shape.length - 1];
    for (let i = 0; i < weights.length; i++) weights[i] *= scale[i % channels];
    return weights;
  }
  function transpose(weights, inputs, outputs) {
    const turned = new Float64Array(weights.length);
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) turned[o * inputs + i] = weights[i * outputs + o];
    }
    return turned;
  }
  function multiply(a, b, bias, out, rows, columns, length) {
    const fullRows = rows - rows % 4;
    const fullColumns = columns - columns % 4;
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
          s00 += x * w0;
          s01 += x * w1;
          s02 += x * w2;
          s03 += x * w3;
          x = a[a1 + i];
          s10 += x * w0;
          s11 += x * w1;
          s12 += x * w2;
          s13 += x * w3;
          x = a[a2 + i];
          s20 += x * w0;
          s21 += x * w1;
          s22 += x * w2;
          s23 += x * w3;
          x = a[a3 + i];
          s30 += x * w0;
          s31 += x * w1;
          s32 += x * w2;
          s33 += x * w3;
        }
        const o0 = row * columns + column, o1 = o0 + columns, o2 = o1 + columns, o3 = o2 + columns;
        const c0 = bias[column], c1 = bias[column + 1], c2 = bias[column + 2], c3 = bias[column + 3];
        out[o0] = s00 + c0;
        out[o0 + 1] = s01 + c1;
        out[o0 + 2] = s02 + c2;
        out[o0 + 3] = s03 + c3;
        out[o1] = s10 + c0;
        out[o1 + 1] = s11 + c1;
        out[o1 + 2] = s12 + c2;
        out[o1 + 3] = s13 + c3;
        out[o2] = s20 + c0;
        out[o2 + 1] = s21 + c1;
        out[o2 + 2] = s22 + c2;
        out[o2 + 3] = s23 + c3;
        out[o3] = s30 + c0;
        out[o3 + 1] = s31 + c1;
        out[o3 + 2] = s32 + c2;
        out[o3 + 3] = s33 + c3;
      }
    }
    for (let row = 0; row < rows; row++) {
      for (let column = row < fullRows ? fullColumns : 0; column < columns; column++) {
        let sum = bias[column];
        for (let i = 0; i < length; i++) sum += a[row * length + i] * b[column * length + i];
        out[row * columns + column] = sum;
      }
    }
  }
  var ACTIVATIONS = {
    linear() {
    },
    relu(values) {
      for (let i = 0; i < values.length; i++) if (values[i] < 0) values[i] = 0;
    },
    softmax(values) {
      const largest = Math.max(...values);
      let sum = 0;
      for (let i = 0; i < values.length; i++) sum += values[i] = Math.exp(values[i] - largest);
      for (let i = 0; i < values.length; i++) values[i] /= sum;
    }
  };
  var LAYERS = {
    conv2d(layer, [, inputWidth, inputChannels], multiply2) {
      const [height, width, channels] = layer.output;
      const [kernelHeight, kernelWidth] = layer.kernel.shape;
      const length = kernelHeight * kernelWidth * inputChannels;
      const kernel = transpose(decodeWeights(layer.kernel), length, channels);
      const bias = decodeWeights(layer.bias);
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
        multiply2(patches, kernel, bias, output, height * width, channels, length);
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
    dense(layer, shape, multiply2) {
      const [inputs, outputs] = layer.kernel.shape;
      const kernel = transpose(decodeWeights(layer.kernel), inputs, outputs);
      const bias = decodeWeights(layer.bias);
      const output = new Float64Array(outputs);
      return (input) => {
        multiply2(input, kernel, bias, output, 1, outputs, inputs);
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
    flatten: () => (input) => input
  };
  function loadNetwork({ input, layers }, product = multiply) {
    const steps = [];
    let shape = input;
    for (const layer of layers) {
      steps.push(LAYERS[layer.type](layer, shape, product));
      shape = layer.output;
    }
    return (greyLevels) => {
      const pixels = Float64Array.from(greyLevels, (level) => level / 255);
      return Array.from(steps.reduce((values, step) => step(values), pixels));
    };
  }

  // mnist_utils/canvas/js/page.js
  var PageModel = class {
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
    save_changes() {
    }
    // there is nobody else to tell
  };
  function showOnPage(el, network, values = {}) {
    const model = new PageModel({
      ink: new DataView(new ArrayBuffer(0)),
      labels: Array.from("0123456789"),
      probabilities: [],
      message: "",
      reads: true,
      collects: false,
      pen: 22,
      ...values
    });
    model.on("change:ink", () => {
      const ink = new Uint8Array(model.get("ink").buffer);
      const digit = ink.length > 0 ? normalizeInk(ink, SIDE, SIDE) : null;
      model.set("probabilities", digit === null ? [] : network(digit));
      model.set("message", ink.length > 0 && digit === null ? "There is no digit to read in this drawing." : "");
    });
    return render({ model, el });
  }
  return __toCommonJS(page_exports);
})();
