import assert from "node:assert/strict";
import { test } from "node:test";

import { inPercent } from "../../../mnist_utils/canvas/js/answer.js";

test("a probability is never called certain", () => {
  assert.equal(inPercent(0.9876), "98.8 %");
  assert.equal(inPercent(0), "0.0 %");
  assert.equal(inPercent(0.9994), "99.9 %");
  assert.equal(inPercent(1), "> 99.9 %");
});
