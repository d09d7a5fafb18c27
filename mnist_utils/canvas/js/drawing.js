export const SIDE = 280; // the drawing's width and height in pixels, however large it is shown: ten to each of MNIST's

const MIN_STEP = 2; // pixels from one point of a stroke to the next: points closer than that add nothing but work
const MAX_UNDO = 100; // steps back: a page that stays open for long must not fill the memory

/** Turn the grey levels of a square image, row by row, into what a canvas can show. */
export function greyImage(levels, side) {
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
 * A drawing is never changed, only followed by another one, so that undo has but to go back. Only the last stroke
 * grows, while the pen is down. Whoever takes it back meanwhile, by a key, ends it: the pen must not draw on in an
 * older one.
 */
export class Drawing {
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
    this.growing = null; // the stroke that the pen draws
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

  /** The grey levels, 0 (nothing) to 255 (ink), row by row; an empty array if nothing was drawn. */
  ink() {
    if (this.blank) return new Uint8Array(0);
    const { data } = this.context.getImageData(0, 0, SIDE, SIDE);
    const ink = new Uint8Array(SIDE * SIDE);
    for (let i = 0; i < ink.length; i++) ink[i] = data[4 * i]; // red; green and blue are the same
    return ink;
  }
}
