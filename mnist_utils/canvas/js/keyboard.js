import { SIDE } from "./drawing.js";

const GRID = 14; // rows and columns in which the keyboard moves the pen
const CELL = SIDE / GRID;
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** A pen that moves over a grid. `moved` is called whenever ink was added, `lifted` at the end of a stroke. */
class GridPen {
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
}

/** Let the keyboard draw. `cursor` shows where the pen is, and `say` tells those who don't see it. */
export function drawWithKeys(surface, cursor, drawing, { moved, lifted, undo, clear, say }) {
  const pen = new GridPen(drawing, { moved, lifted });
  const show = () => {
    const [x, y] = pen.place;
    cursor.hidden = false;
    cursor.style.left = `${(100 * x) / SIDE}%`;
    cursor.style.top = `${(100 * y) / SIDE}%`;
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
    const action = undoes ? actions.Backspace : withModifier ? undefined : actions[event.key];
    if (!action) return;
    event.preventDefault(); // the page does not scroll
    event.stopPropagation(); // a notebook does not move to another cell
    action();
  });
  surface.addEventListener("blur", leave);
  surface.addEventListener("pointerdown", leave);
}
