// What Python wrote is English, whatever the page speaks: said where it stands, and marked for who reads aloud.

import { html, say, set } from "../core/elements.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */

/** @param {State} state @param {Element[]} parts written in English @param {Element} before which it is said */
export function markEnglish(state, parts, before) {
  const note = html("p", { class: "note" });
  for (const part of parts) set(part, { lang: "en" });
  before.before(note);
  state.on([], () => {
    note.hidden = state.get("language") === "en";
    say(note, word("english"));
  });
}

/** A section as Python wrote it, but for its title. @param {string} title the key of a string */
export function mountEnglish(title) {
  return (/** @type {HTMLElement} */ place, /** @type {State} */ state) => {
    const [head, ...parts] = place.children;
    if (!parts.length) return;
    markEnglish(state, parts, parts[0]);
    state.on([], () => say(head, word(title)));
  };
}
