// The whole descent as a PyTorch script to copy: it prints the numbers of this page.

import { html, say, set } from "../core/elements.js";
import { whileNear } from "../core/near.js";
import { programOf } from "./program.js";
import { word } from "../words/words.js";

/** @param {HTMLElement} place @param {import("../core/state.js").State} state */
export function mountScript(place, state) {
  place.hidden = !state.live || !state.names.length;
  if (place.hidden) return;
  const heading = html("h2"), help = html("p", { class: "help" });
  const code = html("code"), text = html("pre", { class: "program", tabindex: 0 }, code);
  const copy = html("button", { type: "button", onclick: () => take() });
  const done = html("span", { class: "note", role: "status" });
  place.append(heading, help, html("div", { class: "row" }, copy, done), text);

  async function take() {
    try {
      await navigator.clipboard.writeText(programOf(state));
      say(done, word("script.copied"));
    } catch {
      // A page opened from a file may have no clipboard: then the text is selected, and the user's own keys copy it.
      getSelection()?.selectAllChildren(text);
      text.focus({ preventScroll: true });
      say(done, word("script.selected"));
    }
  }

  const write = () => {
    say(code, programOf(state));
    say(done, "");
  };
  const changedNow = whileNear(place, write);
  write();
  state.on(["walk", "points"], () => {
    say(heading, word("script.title"));
    say(help, word("script.help"));
    say(copy, word("script.copy"));
    set(text, { "aria-label": word("script.title") });
    changedNow();
  });
}
