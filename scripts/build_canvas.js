// Bundle the canvas's modules into the files that browsers load: `npm run build`, or `npm run build FOLDER` to write
// them elsewhere than into mnist_utils/canvas/static.

import { build } from "esbuild";

const SOURCES = "mnist_utils/canvas/js";
const outdir = process.argv[2] ?? "mnist_utils/canvas/static";

const options = {
  bundle: true,
  charset: "utf8",
  target: "es2022",
  banner: { js: `// Bundled by \`npm run build\` from the modules in ${SOURCES}: change those.` },
};

// anywidget imports a module. A page that was opened from disk may not import modules: it loads plain scripts, and
// finds the canvas in the global `digitCanvas`.
await build({ ...options, entryPoints: [`${SOURCES}/widget.js`], outfile: `${outdir}/widget.js`, format: "esm" });
await build({
  ...options,
  entryPoints: [`${SOURCES}/page.js`],
  outfile: `${outdir}/digit_canvas.js`,
  format: "iife",
  globalName: "digitCanvas",
});
await build({ ...options, entryPoints: [`${SOURCES}/loader.js`], outfile: `${outdir}/loader.js`, format: "iife" });
