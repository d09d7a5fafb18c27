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

export default { render };
