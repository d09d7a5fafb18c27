// What has been drawn, without looking at it: the canvas's context is one that does nothing.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Drawing } from "../../../mnist_utils/canvas/js/drawing.js";

const context = new Proxy({}, { get: () => () => {}, set: () => true });

function drawingOf(...strokes) {
  const drawing = new Drawing(context, 22);
  for (const [first, ...others] of strokes) {
    drawing.begin(first);
    drawing.extend(others);
  }
  return drawing;
}

const LINE = [[10, 10], [10, 50]];
const DOT = [[100, 100]];

test("undo takes back a stroke, and what was cleared", () => {
  const drawing = drawingOf(LINE, DOT);
  drawing.undo();
  assert.deepEqual(drawing.strokes, [LINE]);
  drawing.clear();
  assert.ok(drawing.blank);
  drawing.undo();
  assert.deepEqual(drawing.strokes, [LINE]);
  drawing.undo();
  drawing.undo(); // once too often
  assert.ok(drawing.blank);
});

test("a stroke that was taken back while the pen is down grows no more, nor does the one before it", () => {
  for (const take of ["undo", "clear", "reset"]) {
    const drawing = drawingOf(LINE, DOT);
    drawing[take]();
    const left = structuredClone(drawing.strokes);
    drawing.extend([[200, 200]]);
    assert.deepEqual(drawing.strokes, left);
    drawing.begin([50, 50]);
    drawing.extend([[90, 90]]);
    assert.deepEqual(drawing.strokes, [...left, [[50, 50], [90, 90]]]);
  }
});

test("a hundred steps can be taken back, and no more", () => {
  const drawing = drawingOf(...Array.from({ length: 120 }, (_, i) => [[i, i]]));
  for (let step = 0; step < 150; step++) drawing.undo();
  assert.equal(drawing.strokes.length, 20);
});

test("after a reset nothing comes back", () => {
  const drawing = drawingOf(LINE, DOT);
  drawing.reset();
  drawing.undo();
  assert.ok(drawing.blank);
});

test("clearing a blank drawing is no step to undo", () => {
  const drawing = drawingOf(LINE);
  drawing.clear();
  drawing.clear();
  drawing.undo();
  assert.deepEqual(drawing.strokes, [LINE]);
});

test("points that lie closer than two pixels to the last one are left out", () => {
  const drawing = drawingOf([[10, 10], [11, 11], [11, 12], [12, 13]]);
  assert.deepEqual(drawing.strokes, [[[10, 10], [11, 12]]]);
});

test("a blank drawing has no ink to send", () => {
  assert.equal(drawingOf().ink().length, 0);
});
