// The keys and what they do, as a panel; and the words of this page, explained.

import { html, say } from "../core/elements.js";
import { KEYS, listen } from "./keys.js";
import { mountPresenter } from "./presenter.js";
import { word } from "../words/words.js";

/** The words of the lesson, in the order in which they are met. */
const GLOSSARY = [
  "parameter", "estimate", "loss", "cost", "mse", "forward", "gradient", "partial", "descent", "batch", "step", "epoch",
  "rate", "trajectory", "autodiff", "tap", "trilobite", "direction", "slice", "sharpness", "condition", "finding",
];

/** @param {HTMLElement} place @param {import("../core/state.js").State} state */
export function mountHelp(place, state) {
  const title = html("h2"), open = html("button", { type: "button", onclick: () => panel.showModal() });
  const list = html("div", { class: "glossary" }), words = GLOSSARY.map((name) => {
    const term = html("summary"), meaning = html("p");
    list.append(html("details", {}, term, meaning));
    return { name, term, meaning };
  });
  const glossary = html("h3");
  place.append(title, html("div", { class: "row" }, open), glossary, list);

  const heading = html("h2", { id: "keys-title" }), note = html("p", { class: "note" });
  const head = [html("th", { scope: "col" }), html("th", { scope: "col" })];
  const rows = KEYS.map(({ shown }) => ({ cell: html("td"), shown }));
  const helpCell = html("td");
  const close = html("button", { type: "button", onclick: () => leave() });
  const panel = html("dialog", { class: "keys", "aria-labelledby": "keys-title" },
    html("div", { class: "row apart" }, heading, close),
    note,
    html("table", {}, html("thead", {}, html("tr", {}, head)), html("tbody", {},
      rows.map(({ cell, shown }) => html("tr", {}, html("th", { scope: "row" }, html("kbd", {}, shown)), cell)),
      html("tr", {}, html("th", { scope: "row" }, html("kbd", {}, "?")), helpCell))));
  document.body.append(panel);
  mountPresenter(state);
  /** Close; what had the focus in it would keep it until the next frame, and swallow the next key. */
  const leave = () => {
    panel.close();
    if (panel.contains(document.activeElement)) /** @type {HTMLElement} */ (document.activeElement).blur();
  };
  listen(state, () => (panel.open ? leave() : panel.showModal()));

  state.on(["language"], () => {
    say(title, word("help.title"));
    say(open, word("help.open"));
    say(heading, word("help.keys"));
    say(note, word("help.note"));
    say(close, word("help.close"));
    say(helpCell, word("key.help"));
    say(head[0], word("help.key"));
    say(head[1], word("help.does"));
    rows.forEach(({ cell }, index) => say(cell, word(KEYS[index].does)));
    say(glossary, word("help.glossary"));
    for (const { name, term, meaning } of words) {
      say(term, word(`glossary.${name}`));
      say(meaning, word(`glossary.${name}.is`));
    }
  });
}
