// Back, on, play, and the slider of time. Scrubbing never lags behind the hand: it only sets where it is.

import { fill, html, say, set, svg } from "../core/elements.js";
import { whole } from "../core/numbers.js";
import { word } from "../words/words.js";

/** Drawn on 16 by 16, because the signs for them turn into coloured emoji on some machines. */
const ICONS = {
  first: "M3 3v10M13 3 6 8l7 5z", back: "M11 3 4 8l7 5z", play: "M4 2.5 13 8l-9 5.5z", pause: "M4 3h3v10H4zM9 3h3v10H9z",
  on: "M5 3l7 5-7 5z", step: "M2 3l6 5-6 5zM8 3l6 5-6 5z", last: "M13 3v10M3 3l7 5-7 5z",
};

/** @param {HTMLElement} place @param {import("../core/state.js").State} state */
export function mountTransport(place, state) {
  const act = (/** @type {keyof typeof ICONS} */ name, /** @type {() => void} */ run) =>
    ({ name, button: html("button", { type: "button", class: "icon", onclick: run }, icon(name)) });
  const stop = () => state.set({ playing: false });
  const play = act("play", () => toggle(state));
  const actions = [
    act("first", () => (stop(), state.go(0))),
    act("back", () => (stop(), state.advance(-1))),
    play,
    act("on", () => (stop(), state.advance(1))),
    act("step", () => (stop(), state.advance(4))),
    act("last", () => (stop(), state.go(state.walk.count - 1))),
  ];
  const time = html("input", { type: "range", min: 0, step: 1, class: "time", oninput: () => (stop(), state.go(Number(time.value))) });
  const speeds = [1, 4, 12, 60, 240];
  const speed = html("select", { onchange: () => state.set({ speed: Number(speed.value) }) },
    speeds.map((value) => html("option", { value }, String(value))));
  const speedLabel = html("span", { class: "note" });
  const locked = html("span", { class: "note", role: "status" });
  place.classList.add("bar");
  place.append(
    html("div", { class: "row", role: "group" }, actions.map(({ button }) => button)),
    time,
    html("label", { class: "row speed" }, speedLabel, speed),
    locked,
  );

  state.on(["at", "walk", "playing", "speed", "guessed", "predicting"], (changed) => {
    const at = state.get("at"), last = state.walk.count - 1, waits = state.get("predicting") && !state.get("guessed");
    if (changed.has("walk") || Number(time.max) !== last) set(time, { max: last });
    time.value = String(at);
    set(time, { "aria-label": word("transport.time"), "aria-valuetext": whole(state.walk.epochs[at]) });
    const playing = state.get("playing");
    const name = playing ? "pause" : "play";
    if (play.name !== name) fill(play.button, icon((play.name = name)));
    for (const { name, button } of actions) {
      set(button, { "aria-label": word(`transport.${name}`), title: word(`transport.${name}`) });
      button.disabled = waits;
    }
    time.disabled = waits;
    say(locked, waits ? word("transport.locked") : "");
    say(speedLabel, word("transport.speed"));
    speed.value = String(speeds.includes(state.get("speed")) ? state.get("speed") : 12);
  });
  state.on(["playing"], () => {
    if (state.get("playing")) run(state);
  });
}

/** @param {keyof typeof ICONS} name */
function icon(name) {
  return svg("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
}

/** Play, from the start where it stands at the end; or pause. @param {import("../core/state.js").State} state */
export function toggle(state) {
  if (state.get("predicting") && !state.get("guessed")) return;
  if (!state.get("playing") && state.get("at") >= state.walk.count - 1) state.go(0);
  state.set({ playing: !state.get("playing") });
}

/**
 * Go on in time while it plays: by phases where an epoch lasts long enough to see them.
 * @param {import("../core/state.js").State} state
 */
function run(state) {
  let before = performance.now(), owed = 0;
  const frame = (/** @type {number} */ now) => {
    if (!state.get("playing")) return;
    const speed = state.get("speed"), phases = speed <= 4 ? 4 : 1;
    owed += ((now - before) / 1000) * speed * phases;
    before = now;
    const due = Math.floor(owed);
    owed -= due;
    if (due && phases > 1) state.advance(due);
    else if (due) state.go(state.get("at") + due);
    if (state.get("at") >= state.walk.count - 1) state.set({ playing: false });
    else requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}
