// Puts a canvas into each <div class="digit-canvas"> of the page, when the reader comes near it.
//
// Only then are the canvas and its model loaded, from the folder that this script lies in, once a page. They are
// scripts and a style sheet, which a page may load from its own folder even when it was opened from disk.

(() => {
  const folder = new URL(".", document.currentScript.src);

  const load = (element) =>
    new Promise((resolve, reject) => {
      element.onload = resolve;
      element.onerror = () => reject(new Error(`Could not load ${element.src ?? element.href}`));
      document.head.append(element);
    });
  const script = (name) => load(Object.assign(document.createElement("script"), { src: new URL(name, folder) }));
  const style = (name) =>
    load(Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL(name, folder) }));

  let loaded = null;
  const loadOnce = () =>
    (loaded ??= Promise.all([script("weights.js"), script("digit_canvas.js"), style("digit_canvas.css")]).then(() =>
      digitCanvas.loadNetwork(digitCanvasModel),
    ));

  async function show(place) {
    try {
      const network = await loadOnce();
      place.replaceChildren();
      digitCanvas.showOnPage(place, network);
    } catch (error) {
      place.textContent = `The canvas could not be shown: ${error.message}`;
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          if (!isIntersecting) continue;
          observer.unobserve(target);
          show(target);
        }
      },
      { rootMargin: "200px" }, // a little before it is seen
    );
    for (const place of document.querySelectorAll(".digit-canvas")) observer.observe(place);
  });
})();
