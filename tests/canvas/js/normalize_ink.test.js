// MNIST's format. A test in a browser compares drawings, pixel by pixel, with what Python makes of them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { normalizeInk } from "../../../mnist_utils/canvas/js/normalize_ink.js";

/** Ink in the rectangle of a square image. */
function rectangle(side, left, top, width, height, level = 255) {
  const ink = new Uint8Array(side * side);
  for (let y = top; y < top + height; y++) ink.fill(level, y * side + left, y * side + left + width);
  return ink;
}

/** The first and the last row, and the first and the last column, that hold ink. */
function bounds(image) {
  const indexes = [...image.keys()].filter((i) => image[i] > 0);
  const [rows, columns] = [indexes.map((i) => Math.floor(i / 28)), indexes.map((i) => i % 28)];
  return [Math.min(...rows), Math.max(...rows), Math.min(...columns), Math.max(...columns)];
}

test("a canvas without ink holds no digit", () => {
  assert.equal(normalizeInk(new Uint8Array(100), 10, 10), null);
});

test("the larger side becomes 20 pixels, centred, at full brightness", () => {
  const image = normalizeInk(rectangle(280, 30, 20, 30, 200, 90), 280, 280);
  assert.equal(image.length, 28 * 28);
  assert.equal(Math.max(...image), 255);
  assert.deepEqual(bounds(image), [5, 24, 13, 15]);
});

test("place and size on the canvas make no difference", () => {
  const large = normalizeInk(rectangle(280, 30, 20, 30, 200), 280, 280);
  assert.deepEqual(normalizeInk(rectangle(280, 240, 70, 30, 200), 280, 280), large);
  assert.deepEqual(normalizeInk(rectangle(140, 15, 10, 15, 100), 140, 140), large);
});

test("a hair becomes a stroke", () => {
  const image = normalizeInk(rectangle(280, 100, 20, 4, 200), 280, 280);
  const row = image.slice(14 * 28, 15 * 28);
  const width = row.reduce((sum, level) => sum + level, 0) / 255;
  assert.ok(width > 1.6 && width < 4.2, `${width} pixels`);
});
