import { SIDE } from "./drawing.js";

/** Let mouse, pen or finger draw. `lifted` is called at the end of each stroke, `moved` whenever ink was added. */
export function drawWithPointer(surface, drawing, { moved, lifted }) {
  let pointer = null; // the one that is drawing: a second finger, or a palm, must not join in

  // The canvas may be shown at any size, zoomed or scaled by the page: only its rectangle on the screen tells.
  const place = (event) => {
    const box = surface.getBoundingClientRect();
    return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height];
  };
  surface.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return;
    event.preventDefault(); // no text gets selected, no image dragged
    surface.focus({ preventScroll: true, focusVisible: false });
    pointer = event.pointerId;
    surface.setPointerCapture(pointer); // the stroke goes on when it leaves the canvas
    drawing.begin(place(event));
    moved();
  });
  surface.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    // The browser reports once a frame; where the pen was in between is in the coalesced events.
    const events = event.getCoalescedEvents?.() ?? [];
    drawing.extend((events.length > 0 ? events : [event]).map(place));
    moved();
  });
  // A captured pointer is lost when it is lifted, and also when the browser takes it away.
  surface.addEventListener("lostpointercapture", (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    lifted();
  });
}
