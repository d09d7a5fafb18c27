// What a page of the book loads, where there is no Python: the model runs in the browser.
//
// All that is exported becomes the properties of one global, `digitCanvas`. loader.js loads it, and the weights of the
// model that a canvas asks for, when the canvas comes into view.

import { render } from "./digit_canvas.js";
import { SIDE } from "./drawing.js";
import { normalizeInk } from "./normalize_ink.js";

export { Drawing } from "./drawing.js";
export { loadNetwork } from "./forward_pass.js";
export { normalizeInk };

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
export function showOnPage(el, network, values = {}) {
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
