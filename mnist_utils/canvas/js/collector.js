import { make } from "./elements.js";

/**
 * The labels to choose from and the button to save with, for a canvas that collects drawings.
 *
 * Returns the element and a function that shows which label is chosen.
 */
export function makeCollector(model, id) {
  const radios = model.get("labels").map((label) => {
    const radio = make("input", { type: "radio", name: id, value: label });
    radio.addEventListener("change", () => {
      model.set("label", label);
      model.save_changes();
    });
    return radio;
  });
  const choices = radios.map((radio) => make("label", {}, radio, radio.value));
  const button = make("button", { type: "button", className: "dc-save" }, "Save");
  button.addEventListener("click", () => model.send({ kind: "save" }));
  const legend = make("legend", {}, "I am drawing a");
  const show = () => {
    for (const radio of radios) radio.checked = radio.value === model.get("label");
  };
  return { element: make("fieldset", { className: "dc-collect" }, legend, ...choices, button), show };
}
