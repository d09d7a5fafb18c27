// What a notebook loads: anywidget looks for `render` in the default export.

import { render } from "./digit_canvas.js";

export default { render };
