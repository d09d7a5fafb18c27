// The forward pass, on networks small enough to reckon by hand. Tests in a browser compare it with Keras.

import assert from "node:assert/strict";
import { test } from "node:test";

import { loadNetwork } from "../../../mnist_utils/canvas/js/forward_pass.js";

/** An array as Python's `encode_array` writes it. */
function encode(shape, values) {
  return { shape, dtype: "float32", data: Buffer.from(new Float32Array(values).buffer).toString("base64") };
}

function dense(shape, kernel, bias, activation = "linear") {
  const weights = { kernel: encode(shape, kernel), bias: encode([shape[1]], bias) };
  return { type: "dense", activation, output: [shape[1]], ...weights };
}

function conv2d(shape, kernel, bias, output) {
  const weights = { kernel: encode(shape, kernel), bias: encode([shape[3]], bias) };
  return { type: "conv2d", activation: "relu", output, ...weights };
}

test("grey levels become numbers from 0 to 1, and each output is a sum of products and a bias", () => {
  const network = loadNetwork({ input: [1, 2, 1], layers: [dense([2, 3], [1, 2, 3, 10, 20, 30], [0, 0, 0.5])] });
  assert.deepEqual(network([255, 0]), [1, 2, 3.5]);
  assert.deepEqual(network([0, 255]), [10, 20, 30.5]);
});

test("a convolution adds what lies below its kernel, and ReLU cuts off what is negative", () => {
  const layer = conv2d([2, 2, 1, 1], [1, 1, 1, -1], [-0.5], [2, 2, 1]);
  const network = loadNetwork({ input: [3, 3, 1], layers: [layer] });
  assert.deepEqual(network([255, 0, 0, 0, 255, 0, 0, 0, 255]), [0, 0.5, 0.5, 0]);
});

test("pooling keeps the largest of each block, and leaves out what fills none", () => {
  const layer = { type: "max_pooling2d", pool: [2, 2], output: [1, 1, 1] };
  const network = loadNetwork({ input: [2, 3, 1], layers: [layer] });
  assert.deepEqual(network([0, 51, 255, 102, 0, 255]), [102 / 255]);
});

test("softmax gives probabilities, also of numbers whose exponentials are too large for a computer", () => {
  const network = loadNetwork({ input: [1, 1, 1], layers: [dense([1, 2], [1000, 1000], [0, 0], "softmax")] });
  assert.deepEqual(network([255]), [0.5, 0.5]);
});

test("rounded weights are multiplied by the scale of their channel", () => {
  const kernel = { shape: [1, 2], dtype: "int16", scale: [0.5, 0.25] };
  kernel.data = Buffer.from(new Int16Array([2, -4]).buffer).toString("base64");
  const layer = { ...dense([1, 2], [0, 0], [0, 0]), kernel };
  assert.deepEqual(loadNetwork({ input: [1, 1, 1], layers: [layer] })([255]), [1, -1]);
});

test("weights of an unknown type are refused", () => {
  const layer = dense([1, 1], [1], [0]);
  layer.kernel.dtype = "float16";
  assert.throws(() => loadNetwork({ input: [1, 1, 1], layers: [layer] }), /unknown type: float16/);
});

test("the product in blocks of four equals the plain one, whatever is left over", () => {
  const plain = (a, b, bias, out, rows, columns, length) => {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let sum = bias[column];
        for (let i = 0; i < length; i++) sum += a[row * length + i] * b[column * length + i];
        out[row * columns + column] = sum;
      }
    }
  };
  const numbers = (count) => Array.from({ length: count }, (_, i) => Math.sin(i + count));
  for (const channels of [1, 3, 4, 6, 8]) {
    const layer = conv2d([2, 3, 1, channels], numbers(6 * channels), numbers(channels), [5, 5, channels]);
    const model = { input: [6, 7, 1], layers: [layer] };
    const image = Uint8Array.from({ length: 42 }, (_, i) => (i * 37) % 256);
    const expected = loadNetwork(model, plain)(image);
    loadNetwork(model)(image).forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-12));
  }
});
