// The whole state in the address, a link to copy, and what a teacher hides before handing it on.

import { fromFragment, HIDEABLE, LINKED, toFragment } from "./address.js";
import { html, say, set } from "../core/elements.js";
import { speak, word } from "../words/words.js";

/** Browsers refuse more than a hundred changes of the address in half a minute. */
const PAUSE = 400;

/** @param {HTMLElement} place @param {import("../core/state.js").State} state */
export function mountShare(place, state) {
  const refused = html("p", { class: "note", role: "status" });
  const read = () => {
    const ignored = fromFragment(location.hash, state);
    refused.dataset.ignored = ignored.map((part) => part.slice(0, 60)).join(" ");
    say(refused, ignored.length ? word("share.ignored", { parts: refused.dataset.ignored }) : "");
  };
  // Nothing is asked of it: then nothing has changed, and no view needs to look again.
  if (location.hash) read();
  window.addEventListener("hashchange", read);
  // Mounted first, and so told first: the views after it already find their words in the new language.
  state.on(["language"], () => speak(state.get("language")));
  hideWhatIsHidden(state);

  const title = html("h2"), help = html("p", { class: "help" });
  const link = html("input", { type: "text", readonly: true, class: "link", onfocus: () => link.select() });
  const copied = html("span", { class: "note", role: "status" });
  const copy = html("button", { type: "button", onclick: async () => {
    write();
    link.value = address(state);
    say(copied, word((await copiedToClipboard(link)) ? "share.copied" : "share.by_hand"));
  } });
  const present = html("button", { type: "button", onclick: () => state.set({ presenting: true }) });
  const teacher = mountHiding(state);
  place.append(title, help, html("div", { class: "row" }, link, copy, present, copied), refused, teacher.element);

  let asked = 0;
  const write = () => {
    clearTimeout(asked);
    asked = 0;
    const fragment = toFragment(state);
    if (fragment === location.hash.slice(1)) return;
    try {
      // A frame without an address of its own (in a notebook) may not change it.
      history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname + location.search);
    } catch {
      return;
    }
  };
  state.on(LINKED, (changed) => {
    if (changed.has("language")) {
      say(title, word("share.title"));
      say(help, word("share.help"));
      set(link, { "aria-label": word("share.link") });
      say(copy, word("share.copy"));
      say(present, word("share.present"));
      say(copied, "");
    }
    // Not while it plays: the address would run along, and nobody can read it.
    if (!asked) asked = window.setTimeout(() => {
      asked = 0;
      if (document.activeElement !== link) link.value = address(state);
      if (!state.get("playing")) write();
    }, PAUSE);
  });
  state.on(["playing"], () => !state.get("playing") && !asked && write());
}

/** @param {import("../core/state.js").State} state */
function address(state) {
  const fragment = toFragment(state), here = location.href.split("#")[0];
  return location.protocol === "about:" ? `#${fragment}` : fragment ? `${here}#${fragment}` : here;
}

/** @param {HTMLInputElement} link */
async function copiedToClipboard(link) {
  try {
    // In a notebook's frame it is forbidden, and asking would only leave an error on the console.
    if (location.protocol === "about:") throw new Error("a frame");
    await navigator.clipboard.writeText(link.value);
    return true;
  } catch {
    link.focus();
    link.select();
    return false;
  }
}

/**
 * By a style sheet of its own: views hide themselves by their own reasons, and the two must not undo each other.
 * @param {import("../core/state.js").State} state
 */
function hideWhatIsHidden(state) {
  const style = html("style");
  document.head.append(style);
  state.on(["hidden"], () => {
    const selectors = state.get("hidden").map((name) => HIDEABLE[/** @type {keyof typeof HIDEABLE} */ (name)]);
    set(document.documentElement, { "data-hides": state.get("hidden").join(" ") || null });
    say(style, selectors.length ? `${selectors.join(", ")} { display: none !important; }` : "");
  });
}

/** A box for each thing that can be hidden. @param {import("../core/state.js").State} state */
function mountHiding(state) {
  const summary = html("summary"), help = html("p", { class: "help" });
  const names = /** @type {(keyof typeof HIDEABLE)[]} */ (Object.keys(HIDEABLE));
  const boxes = names.map((name) => {
    const text = html("span");
    const input = html("input", { type: "checkbox", "data-hides": name, onchange: () => {
      const others = state.get("hidden").filter((other) => other !== name);
      state.set({ hidden: input.checked ? [...others, name] : others });
    } });
    return { name, text, input, label: html("label", { class: "row" }, input, text) };
  });
  const element = html("details", {}, summary, help, html("div", { class: "boxes" }, boxes.map(({ label }) => label)));
  state.on(["hidden"], () => {
    say(summary, word("share.teacher"));
    say(help, word("share.teacher_help"));
    for (const { name, text, input } of boxes) {
      say(text, word(`hide.${name}`));
      input.checked = state.get("hidden").includes(name);
    }
  });
  // What this page does not have cannot be hidden.
  element.addEventListener("toggle", () => {
    for (const { name, label } of boxes) label.hidden = !document.querySelector(HIDEABLE[name])?.hasChildNodes();
  });
  return { element };
}
