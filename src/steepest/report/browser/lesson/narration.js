// Each step told in words, for those who hear the page and for those who like to read along.

import { html, say } from "../core/elements.js";
import { examplesAt } from "./examples.js";
import { brief, pairOf, shortened } from "./formulas.js";
import { whole } from "../core/numbers.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */

const DIGITS = 4;
const PAUSE = 1000;
/** While it plays, the line changes once in so many milliseconds at most: a voice needs time. */

/** @param {HTMLElement} place @param {State} state */
export function mountNarration(place, state) {
  const line = html("p", { class: "told", "aria-live": "polite", "aria-atomic": "true" });
  place.append(line);
  let at = state.get("at"), told = 0, waiting = 0;
  const tell = () => {
    clearTimeout(waiting);
    waiting = 0;
    told = performance.now();
    say(line, sentence(state, state.get("at") !== at));
    at = state.get("at");
  };
  state.on(["at", "phase", "walk", "playing"], () => {
    const left = told + PAUSE - performance.now();
    if (!state.get("playing") || left <= 0) tell();
    else waiting ||= setTimeout(tell, left);
  });
}

/** @param {State} state @param {boolean} stepped whether this is another step than the one told before */
function sentence(state, stepped) {
  const at = state.get("at"), phase = state.get("phase"), { walk } = state, epoch = whole(walk.epochs[at]);
  const cost = brief(state.step.cost, DIGITS);
  if (!Number.isFinite(state.step.cost)) return word("told.lost", { epoch });
  if (phase === 4 && state.stale)
    return word("told.adjust", { epoch, moves: moves(state, at, at + 1), rate: brief(walk.rate, DIGITS) });
  if (at && (phase === 1 || (phase >= 3 && stepped))) return word("told.step", {
    epoch, moves: moves(state, at - 1, at), before: brief(walk.costs[at - 1], DIGITS), after: cost,
  });
  if (phase === 1) return word("told.forward", { epoch, estimates: estimates(state) });
  if (phase === 2) return word("told.cost", { epoch, cost });
  return word("told.gradient", { epoch, cost, slopes: slopes(state) });
}

/** From where to where the shown parameters went. @param {State} state @param {number} from @param {number} to */
function moves(state, from, to) {
  const { size, params } = state.walk;
  if (!size) return word("told.parameters");
  return pairOf(state).map((index) => word("told.move", {
    name: shortened(state.names[index]), before: brief(params[from * size + index], DIGITS),
    after: brief(params[to * size + index], DIGITS),
  })).join(", ");
}

/** @param {State} state */
function slopes(state) {
  const { gradient } = state.step;
  if (!gradient.length) return brief(state.runs[state.get("run")].gradient_lengths[state.get("at")], DIGITS);
  return pairOf(state).map((index) => `${shortened(state.names[index])} ${brief(gradient[index], DIGITS)}`).join(", ");
}

/** @param {State} state */
function estimates(state) {
  const known = examplesAt(state, state.step.params);
  if (!known) return "";
  const few = known.estimates.slice(0, 3).map((value) => brief(value, DIGITS)).join(", ");
  return ` ${few}${known.examples > 3 ? ", …" : ""}`;
}
