// A canvas on which to draw a digit, and what a model reads in it.
//
// `render({ model, el })` is anywidget's interface: `el` is an empty element to fill, `model` holds the values that are
// shared with Python (`DigitCanvas` in widget.py describes them). On a page of the book there is no Python; page.js
// then plays its part with a model of its own.

import { makeAnswer } from "./answer.js";
import { makeCollector } from "./collector.js";
import { Drawing, SIDE, greyImage } from "./drawing.js";
import { make } from "./elements.js";
import { drawWithKeys } from "./keyboard.js";
import { IMAGE_SIDE, normalizeInk } from "./normalize_ink.js";
import { drawWithPointer } from "./pointer.js";

const HELP = `Draw with the mouse, a pen or a finger. With the keyboard: the arrow keys move the pen, the space bar
puts it down and lifts it, Backspace takes back a stroke, Delete clears.`;

/** Fill an element with a canvas. Returns what takes it away again. */
export function render({ model, el }) {
  const view = new CanvasView(model);
  el.append(view.root);
  return () => view.remove();
}

class CanvasView {
  constructor(model) {
    this.model = model;
    this.id = `dc-${Math.random().toString(36).slice(2)}`;
    this.makeElements();
    this.drawing = new Drawing(this.surface.getContext("2d", { willReadFrequently: true }), model.get("pen"));
    this.sent = null; // the ink as this view last sent it
    this.frame = null; // the animation frame that will show the 28 by 28 pixels
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
      "data-lm-suppress-shortcuts": "true", // JupyterLab leaves the keys to the canvas
    });
    this.cursor = make("span", { className: "dc-cursor", hidden: true });
    this.undoButton = make("button", { type: "button" }, "Undo");
    this.clearButton = make("button", { type: "button" }, "Clear");
    this.preview = make("canvas", {
      className: "dc-preview",
      width: IMAGE_SIDE,
      height: IMAGE_SIDE,
      role: "img",
      "aria-label": "The drawing as 28 by 28 pixels",
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
      make("div", { className: "dc-buttons" }, this.undoButton, this.clearButton),
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
      "change:reads": () => this.showAnswer(),
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
    if (ink.length === 0) this.drawing.reset(); // as after saving: Undo must not bring back what is saved
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
    this.answer.element.hidden = !this.model.get("reads"); // a classifier may be set later
    this.answer.show(blank ? [] : this.model.get("probabilities"), blank);
  }

  showMessage() {
    this.message.textContent = this.model.get("message");
  }

  say(text) {
    this.spoken.textContent = text;
  }
}
