// What is to be said of a slice beside its picture: how sure it is, how it was made, what of a run it cannot hold.

import { extremes } from "./cut_data.js";
import { shown, whole } from "../core/numbers.js";
import { word } from "../words/words.js";

/** The share of a random walk's motion that its best line and its best plane hold in many dimensions, in percent. */
const RANDOM_WALK = [60.8, 76];

/**
 * @param {import("./cut_data.js").Cut} cut @param {number} run @param {{flat: boolean, cost: boolean}} now
 * @returns {string[]}
 */
export function notesOf(cut, run, { flat, cost }) {
  const laid = cut.paths[run], notes = [];
  if (cost) notes.push(certainty(cut));
  if (cost && cut.intervals) {
    const known = cut.intervals.filter(Number.isFinite).sort(), [low, high] = extremes(cut.grids[0].values);
    notes.push(word("cuts.interval", { half: shown(known[known.length >> 1], 2), relief: shown(high - low, 3) }));
  }
  if (laid && laid.share !== null)
    notes.push(word(flat ? "cuts.share" : "cuts.share_line", { share: shown(100 * laid.share, 3), walk: RANDOM_WALK[flat ? 1 : 0] }));
  if (laid) {
    const out = laid.coordinates.filter((place) => place.some((value, side) => {
      const axis = cut.axes[side];
      return value === null || value < axis[0] || value > axis[axis.length - 1];
    })).length;
    if (out) notes.push(word("cuts.outside", { count: whole(out), all: whole(laid.coordinates.length) }));
  }
  if (!laid && cut.missing) notes.push(cut.missing);
  if (cut.about) notes.push(cut.about);
  notes.push(word("cuts.method", { method: cut.method }));
  return notes;
}

/** How far the picture may be off between what was measured. @param {import("./cut_data.js").Cut} cut */
function certainty({ error, scale, places, grids, axes }) {
  const points = grids[0].values.length, measured = places ? places.length / axes.length : points;
  if (error === null) return word(places ? "cuts.unsure" : "cuts.exact", { measured: whole(measured) });
  return scale === "log"
    ? word("cuts.error_log", { error: shown(error, 2), factor: shown(10 ** error, 3), measured: whole(measured) })
    : word("cuts.error", { error: shown(100 * error, 2), measured: whole(measured) });
}
