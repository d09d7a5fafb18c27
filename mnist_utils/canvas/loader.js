// Puts a canvas into each <div class="digit-canvas"> of the page, when the reader comes near it.
//
// The model that reads is `own_images`, unless the element names another one: data-model="final_model". Only when a
// canvas comes near are its model and the canvas's code loaded, from the folder that this script lies in, each once a
// page. They are scripts and a style sheet, which a page may load from its own folder even when it was opened from disk.

(() => {
  const MODEL = "own_images";
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

  let code = null;
  const loadCode = () => (code ??= Promise.all([script("digit_canvas.js"), style("digit_canvas.css")]));

  const networks = {}; // by the model's name; canvases that name the same model share its network
  const loadNetwork = (name) =>
    (networks[name] ??= Promise.all([script(`${name}.weights.js`), loadCode()]).then(() =>
      digitCanvas.loadNetwork(digitCanvasModels[name]),
    ));

  async function show(place) {
    try {
      const network = await loadNetwork(place.dataset.model ?? MODEL);
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
