// Bundled by `npm run build` from the modules in mnist_utils/canvas/js: change those.
(() => {
  // mnist_utils/canvas/js/loader.js
  var MODEL = "own_images";
  var MARGIN = "200px";
  var folder = new URL(".", document.currentScript.src);
  var loads = {};
  var networks = {};
  function load(name) {
    return loads[name] ??= new Promise((resolve, reject) => {
      const element = document.createElement(name.endsWith(".css") ? "link" : "script");
      const address = new URL(name, folder);
      Object.assign(element, element.tagName === "LINK" ? { rel: "stylesheet", href: address } : { src: address });
      element.onload = resolve;
      element.onerror = () => reject(new Error(`Could not load ${address}`));
      document.head.append(element);
    });
  }
  async function loadNetwork(name) {
    await Promise.all([`${name}.weights.js`, "digit_canvas.js", "digit_canvas.css"].map(load));
    return networks[name] ??= digitCanvas.loadNetwork(digitCanvasModels[name]);
  }
  async function show(place) {
    try {
      const network = await loadNetwork(place.dataset.model ?? MODEL);
      place.replaceChildren();
      digitCanvas.showOnPage(place, network);
    } catch (error) {
      loads = {};
      place.replaceChildren(failure(error, place));
    }
  }
  function failure(error, place) {
    const element = document.createElement("div");
    element.className = "not-loaded";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Try again";
    button.addEventListener("click", () => {
      place.replaceChildren();
      show(place);
    });
    element.append(`The canvas could not be shown: ${error.message} `, button);
    return element;
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
      { rootMargin: MARGIN }
    );
    for (const place of document.querySelectorAll(".digit-canvas")) observer.observe(place);
  });
})();
