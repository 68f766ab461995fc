// The recorded runs beside the one that is shown, in the parameters that are walked now, and how each is told apart.

import { scaled, unscaled } from "../core/engine.js";
import { recorded } from "../core/state.js";

/** @typedef {import("../core/engine.js").Walk} Walk */
/** @typedef {import("../core/state.js").State} State */

/** Never colour alone: each has dashes of its own. */
export const RUN_LOOKS = [
  { colour: "#e69f00", dash: "7 3" }, { colour: "#56b4e9", dash: "2 3" }, { colour: "#cc79a7", dash: "9 3 2 3" },
  { colour: "#f0e442", dash: "4 2" }, { colour: "#d55e00", dash: "1 4" },
];

/**
 * @param {State} state
 * @returns {{label: string, walk: Walk, look: {colour: string, dash: string}, number: number}[]}
 */
export function otherRuns(state) {
  const shown = state.get("run");
  return state.runs.flatMap((run, number) => number === shown ? [] : [
    { label: run.label, number, walk: inUnits(state, recorded(run)), look: RUN_LOOKS[(number + 4) % RUN_LOOKS.length] },
  ]);
}

/** A recorded walk in the units that are walked now. @param {State} state @param {Walk} walk @returns {Walk} */
export function inUnits(state, walk) {
  const on = state.get("standardise");
  if (!state.live || on === state.data.live.standardised) return walk;
  const { size, count } = walk, params = new Float64Array(size * count);
  for (let index = 0; index < count; index++) {
    const row = walk.params.subarray(index * size, (index + 1) * size);
    params.set(on ? scaled(row, state.scale) : unscaled(row, state.scale), index * size);
  }
  return { ...walk, params };
}
