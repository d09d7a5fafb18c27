import { make } from "./elements.js";

const MIN_SURE = 0.8; // a digit less probable than this is called a guess

/** A probability in words: 0.9876 is 98.8 %, and nothing is certain. */
export function inPercent(probability) {
  return probability >= 0.9995 ? "> 99.9 %" : `${(100 * probability).toFixed(1)} %`;
}

/** One bar for each label. Returns the element and a function that shows probabilities, an empty list for none. */
function makeBars(labels) {
  const rows = labels.map((label) => {
    const fill = make("span", { className: "dc-fill" });
    const value = make("span", { className: "dc-value" });
    const bar = make("span", { className: "dc-bar" }, fill);
    const row = make("li", {}, make("span", { className: "dc-label" }, label), bar, value);
    return { row, fill, value };
  });
  const list = { className: "dc-bars", "aria-label": "Probability of each label" };
  const element = make("ul", list, ...rows.map(({ row }) => row));
  const show = (probabilities) => {
    const best = probabilities.indexOf(Math.max(...probabilities));
    rows.forEach(({ row, fill, value }, i) => {
      row.classList.toggle("is-best", i === best);
      fill.style.width = `${100 * (probabilities[i] ?? 0)}%`;
      value.textContent = probabilities.length > 0 ? inPercent(probabilities[i]) : "";
    });
  };
  return { element, show };
}

/**
 * What a model reads, in words and as bars.
 *
 * Returns the element and a function that shows probabilities, an empty list if nothing was read, of a drawing that is
 * blank or not.
 */
export function makeAnswer(labels) {
  const words = make("p", { className: "dc-answer", role: "status" });
  const bars = makeBars(labels);
  const show = (probabilities, blank) => {
    bars.show(probabilities);
    if (probabilities.length === 0) {
      words.textContent = blank ? "Draw a digit." : "";
      return;
    }
    const largest = Math.max(...probabilities);
    words.replaceChildren(
      largest < MIN_SURE ? "Perhaps " : "Read as ",
      make("strong", {}, labels[probabilities.indexOf(largest)]),
      ` (${inPercent(largest)})`,
    );
  };
  return { element: make("div", {}, words, bars.element), show };
}
