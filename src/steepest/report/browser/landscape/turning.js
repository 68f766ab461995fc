// Turning a surface: by a hand that drags it, by arrow keys, and by buttons.

import { html, set } from "../core/elements.js";
import { word } from "../words/words.js";
import { TILTS } from "./camera.js";

/** @typedef {import("../core/state.js").State} State */

/** Pixels that a click may move. */
const STILL = 4;
/** Radians: to a pixel, of a key, and of a press of a button. */
const TURN = 0.008, KEY_TURN = 0.12, PRESS = 0.2;
const TURNS = /** @type {const} */ ([
  ["left", "↺", -1, 0], ["right", "↻", 1, 0], ["up", "↑", 0, 1], ["down", "↓", 0, -1],
]);

/** Which way an arrow key leads, across and up. @type {Record<string, [number, number]>} */
export const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** @param {State} state @param {number} by @param {number} up radians @param {{turn: number, tilt: number}} [from] */
function turn(state, by, up, from = state.get("camera")) {
  state.set({ camera: { turn: from.turn + by, tilt: Math.max(TILTS[0], Math.min(TILTS[1], from.tilt + up)) } });
}

/** @param {State} state @param {[number, number]} way of an arrow key */
export function turnByKey(state, [by, up]) {
  turn(state, by * KEY_TURN, up * KEY_TURN);
}

/**
 * A hand that presses and moves drags, and turns where that is what dragging does; one that only presses has clicked.
 * @param {HTMLElement} place @param {State} state
 * @param {{turns: () => boolean, dragged?: (event: PointerEvent) => void, clicked: (event: PointerEvent) => void}} on
 */
export function drags(place, state, { turns, dragged, clicked }) {
  /** @type {{x: number, y: number, moved: boolean, turn: number, tilt: number, id: number} | null} */
  let held = null;
  place.addEventListener("pointerdown", (event) => {
    if (event.button || /** @type {Element} */ (event.target).closest("button")) return;
    held = { x: event.clientX, y: event.clientY, moved: false, id: event.pointerId, ...state.get("camera") };
  });
  place.addEventListener("pointermove", (event) => {
    if (!held || held.id !== event.pointerId) return;
    const dx = event.clientX - held.x, dy = event.clientY - held.y;
    if (!held.moved && Math.hypot(dx, dy) <= STILL) return;
    if (!held.moved) place.setPointerCapture(event.pointerId);
    held.moved = true;
    if (turns()) turn(state, dx * TURN, dy * TURN, held);
    else dragged?.(event);
  });
  place.addEventListener("pointerup", (event) => {
    if (held && !held.moved) clicked(event);
    held = null;
  });
  place.addEventListener("pointercancel", () => (held = null));
}

/** @param {State} state */
export function turnButtons(state) {
  const buttons = TURNS.map(([, sign, by, up]) =>
    html("button", { type: "button", onclick: () => turn(state, by * PRESS, up * PRESS) }, sign));
  return {
    element: html("div", { class: "choices turns", role: "group" }, buttons),
    words() {
      TURNS.forEach(([name], k) => {
        const title = word(`landscape.turn.${name}`);
        set(buttons[k], { "aria-label": title, title });
      });
    },
  };
}
