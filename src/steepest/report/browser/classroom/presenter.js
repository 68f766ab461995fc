// Presenting: the desk alone, a third larger, as on a projector.

import { html, say } from "../core/elements.js";
import { word } from "../words/words.js";

/** @param {import("../core/state.js").State} state */
export function mountPresenter(state) {
  const leave = html("button", { type: "button", class: "leave", onclick: () => state.set({ presenting: false }) });
  document.body.append(leave);
  state.on(["presenting"], () => {
    const on = state.get("presenting");
    say(leave, word("present.leave"));
    leave.hidden = !on;
    if (document.documentElement.classList.contains("presenting") === on) return;
    document.documentElement.classList.toggle("presenting", on);
    if (on) scrollTo(0, 0);
  });
}
