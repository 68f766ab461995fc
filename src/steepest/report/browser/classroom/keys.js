// The keyboard map: one list, which acts and from which the help panel is written.

import { LANGUAGES } from "../words/words.js";
import { toggle } from "../desk/transport.js";

/** @typedef {import("../core/state.js").State} State */

/**
 * @typedef {object} Binding
 * @property {string[]} keys as the browser names them
 * @property {string} shown as the help panel shows them
 * @property {string} does its key among the words
 * @property {(state: State) => void} act
 */

const FASTER = 1.1;
const LOOKS = /** @type {const} */ (["surface", "contour", "slices"]);

/** Nothing moves while a guess is awaited. @param {State} state */
const stopped = (state) => {
  state.set({ playing: false });
  return !state.get("predicting") || state.get("guessed");
};
/** @param {State} state @param {number} by */
const phases = (state, by) => stopped(state) && state.advance(by);
/** @param {State} state @param {number} index */
const visit = (state, index) => stopped(state) && state.go(index);
/** @param {State} state @param {number} by */
const rate = (state, by) =>
  state.live && state.set({ rate: Number((state.get("rate") * by).toPrecision(4)), playing: false });

/** @type {Binding[]} */
export const KEYS = [
  {
    keys: [" "], shown: "Space", does: "key.play",
    act: (state) => (state.get("presenting") ? phases(state, 1) : toggle(state)),
  },
  { keys: ["ArrowRight"], shown: "→", does: "key.on", act: (state) => phases(state, 1) },
  { keys: ["ArrowLeft"], shown: "←", does: "key.back", act: (state) => phases(state, -1) },
  {
    keys: ["Shift+ArrowRight"], shown: "Shift →", does: "key.epoch_on",
    act: (state) => visit(state, state.get("at") + 1),
  },
  {
    keys: ["Shift+ArrowLeft"], shown: "Shift ←", does: "key.epoch_back",
    act: (state) => visit(state, state.get("at") - 1),
  },
  { keys: ["Home"], shown: "Home", does: "key.first", act: (state) => visit(state, 0) },
  { keys: ["End"], shown: "End", does: "key.last", act: (state) => visit(state, state.walk.count - 1) },
  { keys: ["+", "="], shown: "+", does: "key.faster", act: (state) => rate(state, FASTER) },
  { keys: ["-", "−"], shown: "−", does: "key.slower", act: (state) => rate(state, 1 / FASTER) },
  ...LOOKS.map((look, index) => ({
    keys: [String(index + 1)], shown: String(index + 1), does: `key.${look}`,
    act: (/** @type {State} */ state) => state.set({ look }),
  })),
  { keys: ["f"], shown: "F", does: "key.fog", act: (state) => state.live && state.set({ fog: !state.get("fog") }) },
  { keys: ["t"], shown: "T", does: "key.trilobite", act: (state) => state.set({ trilobite: !state.get("trilobite") }) },
  { keys: ["l"], shown: "L", does: "key.language", act: (state) => {
    const known = Object.keys(LANGUAGES);
    state.set({ language: known[(known.indexOf(state.get("language")) + 1) % known.length] });
  } },
  { keys: ["p"], shown: "P", does: "key.present", act: (state) => state.set({ presenting: !state.get("presenting") }) },
  { keys: ["Escape"], shown: "Esc", does: "key.leave", act: (state) => state.set({ presenting: false }) },
];

/** Keys that do something of their own on what has the focus: these are left to it. */
const USED = new Set([" ", "Enter", "Home", "End", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "+", "-", "="]);
const FIELDS = "input:not([type=checkbox], [type=radio], [type=range]), select, textarea, [contenteditable]";
const CONTROLS = "a, button, input, select, summary, textarea, dialog, [tabindex]";

/** Listen to the whole page. @param {State} state @param {() => void} help opens or closes the panel */
export function listen(state, help) {
  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (target instanceof Element && target.closest(FIELDS)) return;
    const busy = target instanceof Element && target.closest(CONTROLS);
    const named = key.length === 1 ? key.toLowerCase() : event.shiftKey ? `Shift+${key}` : key;
    if (busy && USED.has(key)) return;
    if (document.querySelector("dialog[open]") && named !== "?") return;
    const binding = KEYS.find(({ keys }) => keys.includes(named));
    if (named === "?") help();
    else if (!binding || (named === "Escape" && !state.get("presenting"))) return;
    else binding.act(state);
    event.preventDefault();
  });
}
