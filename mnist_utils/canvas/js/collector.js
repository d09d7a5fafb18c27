import { make } from "./elements.js";

/** The labels to choose from and the button to save with, for a canvas that collects drawings. */
export function makeCollector(model, id) {
  const choices = model.get("labels").map((label) => {
    const radio = make("input", { type: "radio", name: id, value: label, checked: label === model.get("label") });
    radio.addEventListener("change", () => {
      model.set("label", label);
      model.save_changes();
    });
    return make("label", {}, radio, label);
  });
  const button = make("button", { type: "button", className: "dc-save" }, "Save");
  button.addEventListener("click", () => model.send({ kind: "save" }));
  return make("fieldset", { className: "dc-collect" }, make("legend", {}, "I am drawing a"), ...choices, button);
}
