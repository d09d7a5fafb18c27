// Puts a canvas into each <div class="digit-canvas"> of the page, when the reader comes near it.
//
// The model that reads is `own_images`, unless the element names another one: data-model="final_model". Only when a
// canvas comes near are its model and the canvas's code loaded, from the folder that this script lies in, each once a
// page. They are scripts and a style sheet, which a page may load from its folder even when it was opened from disk.
// The page's style sheet, which is there before this script, decides what an empty place says until then, and its height.

const MODEL = "own_images";
const MARGIN = "200px"; // a canvas is loaded a little before it is seen
const folder = new URL(".", document.currentScript.src);

let loads = {}; // by the file's name: promises, so that each file is loaded once
const networks = {}; // by the model's name: canvases that name the same model share its network

function load(name) {
  return (loads[name] ??= new Promise((resolve, reject) => {
    const element = document.createElement(name.endsWith(".css") ? "link" : "script");
    const address = new URL(name, folder);
    Object.assign(element, element.tagName === "LINK" ? { rel: "stylesheet", href: address } : { src: address });
    element.onload = resolve;
    element.onerror = () => reject(new Error(`Could not load ${address}`));
    document.head.append(element);
  }));
}

async function loadNetwork(name) {
  await Promise.all([`${name}.weights.js`, "digit_canvas.js", "digit_canvas.css"].map(load));
  return (networks[name] ??= digitCanvas.loadNetwork(digitCanvasModels[name]));
}

async function show(place) {
  try {
    const network = await loadNetwork(place.dataset.model ?? MODEL);
    place.replaceChildren();
    digitCanvas.showOnPage(place, network);
  } catch (error) {
    loads = {}; // the next one to ask loads anew
    place.replaceChildren(failure(error, place));
  }
}

// What stands in the place of a canvas that could not be loaded, with a button to try again.
function failure(error, place) {
  const element = document.createElement("div");
  element.className = "not-loaded"; // as high as the canvas, by the page's style sheet
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
    { rootMargin: MARGIN },
  );
  for (const place of document.querySelectorAll(".digit-canvas")) observer.observe(place);
});
