// A trained Keras model, run forward in plain JavaScript.
//
// Python's `mnist_utils.canvas.encode_model` describes the model as a list of layers in the order in which they are
// applied, each with its weights and with the shape of what it puts out. `loadNetwork` decodes the weights once, and
// returns a function from pixels to probabilities.
//
// Activations are flat arrays, channels last, as in Keras: the value of channel c at row y and column x lies at
// (y * width + x) * channels + c. All sums are kept in double precision, JavaScript's own kind of number.

/** Decode one array of weights: `{shape, dtype, scale, data}`, the data being little-endian numbers in base64. */
function decodeWeights({ shape, dtype, scale, data }) {
  const text = atob(data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  if (dtype === "float32") return Float64Array.from(new Float32Array(bytes.buffer));
  if (dtype !== "int16") throw new Error(`Weights of an unknown type: ${dtype}`);
  // Rounded weights are whole numbers, and each output channel (the last axis) has a scale to multiply them with.
  const weights = Float64Array.from(new Int16Array(bytes.buffer));
  const channels = shape[shape.length - 1];
  for (let i = 0; i < weights.length; i++) weights[i] *= scale[i % channels];
  return weights;
}

/** Turn an (inputs, outputs) array into (outputs, inputs), so that a dot product walks along memory. */
function transpose(weights, inputs, outputs) {
  const turned = new Float64Array(weights.length);
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) turned[o * inputs + i] = weights[i * outputs + o];
  }
  return turned;
}

/**
 * Fill `out` (rows, columns) with the dot product of each row of `a` (rows, length) and each row of `b`
 * (columns, length), plus the column's bias.
 *
 * Nearly all the time is spent here. Four rows and four columns are taken at once: every number that is read from
 * memory is then used four times, and the sixteen sums can stay in the processor's registers.
 */
function multiply(a, b, bias, out, rows, columns, length) {
  const fullRows = rows - (rows % 4);
  const fullColumns = columns - (columns % 4);
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
        s00 += x * w0; s01 += x * w1; s02 += x * w2; s03 += x * w3;
        x = a[a1 + i];
        s10 += x * w0; s11 += x * w1; s12 += x * w2; s13 += x * w3;
        x = a[a2 + i];
        s20 += x * w0; s21 += x * w1; s22 += x * w2; s23 += x * w3;
        x = a[a3 + i];
        s30 += x * w0; s31 += x * w1; s32 += x * w2; s33 += x * w3;
      }
      const o0 = row * columns + column, o1 = o0 + columns, o2 = o1 + columns, o3 = o2 + columns;
      const c0 = bias[column], c1 = bias[column + 1], c2 = bias[column + 2], c3 = bias[column + 3];
      out[o0] = s00 + c0; out[o0 + 1] = s01 + c1; out[o0 + 2] = s02 + c2; out[o0 + 3] = s03 + c3;
      out[o1] = s10 + c0; out[o1 + 1] = s11 + c1; out[o1 + 2] = s12 + c2; out[o1 + 3] = s13 + c3;
      out[o2] = s20 + c0; out[o2 + 1] = s21 + c1; out[o2 + 2] = s22 + c2; out[o2 + 3] = s23 + c3;
      out[o3] = s30 + c0; out[o3 + 1] = s31 + c1; out[o3 + 2] = s32 + c2; out[o3 + 3] = s33 + c3;
    }
  }
  // What is left over beyond whole blocks of four, one at a time.
  for (let row = 0; row < rows; row++) {
    for (let column = row < fullRows ? fullColumns : 0; column < columns; column++) {
      let sum = bias[column];
      for (let i = 0; i < length; i++) sum += a[row * length + i] * b[column * length + i];
      out[row * columns + column] = sum;
    }
  }
}

/** The activations, in place. */
const ACTIVATIONS = {
  linear() {},
  relu(values) {
    for (let i = 0; i < values.length; i++) if (values[i] < 0) values[i] = 0;
  },
  softmax(values) {
    const largest = Math.max(...values); // e to the power of a large number overflows: subtract the largest first
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[i] = Math.exp(values[i] - largest);
    for (let i = 0; i < values.length; i++) values[i] /= sum;
  },
};

/**
 * The layers: each takes its description, the shape of its input and a matrix product, and returns a function from
 * input to output.
 */
const LAYERS = {
  conv2d(layer, [, inputWidth, inputChannels], multiply) {
    const [height, width, channels] = layer.output;
    const [kernelHeight, kernelWidth] = layer.kernel.shape;
    const length = kernelHeight * kernelWidth * inputChannels;
    const kernel = transpose(decodeWeights(layer.kernel), length, channels);
    const bias = decodeWeights(layer.bias);
    // One row a pixel of the output: the patch of the input below the kernel. The convolution of all pixels with
    // all kernels is then one matrix product.
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
      multiply(patches, kernel, bias, output, height * width, channels, length);
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

  dense(layer, shape, multiply) {
    const [inputs, outputs] = layer.kernel.shape;
    const kernel = transpose(decodeWeights(layer.kernel), inputs, outputs);
    const bias = decodeWeights(layer.bias);
    const output = new Float64Array(outputs);
    return (input) => {
      multiply(input, kernel, bias, output, 1, outputs, inputs);
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
  flatten: () => (input) => input,
};

/**
 * Prepare a model that `encode_model` described.
 *
 * Returns a function from the grey levels of an image, 0 to 255, row by row, to an array of probabilities. To see what
 * `multiply` is worth, give another matrix product (benchmarks/browser.py does).
 */
export function loadNetwork({ input, layers }, product = multiply) {
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
