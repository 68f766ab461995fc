// What the marks of a slice mean.

import { html } from "../core/elements.js";
import { shown, whole } from "../core/numbers.js";
import { word } from "../words/words.js";

/**
 * @param {import("./cut_data.js").Cut} cut
 * @param {{values: Float64Array, run: number, runs: number, cost: boolean, quantity: string,
 *          path: import("./cut_path.js").CutPath | null}} now the path where it floats over a surface
 */
export function keyOf({ axes, paths, centred }, { values, run, runs, cost, quantity, path }) {
  const lost = values.filter((value) => !Number.isFinite(value)), nan = lost.filter(Number.isNaN).length;
  const laid = paths[run], far = Math.max(0, ...(laid?.distances ?? []).map((value) => value ?? 0));
  const flat = axes.length === 2, floats = path && cost;
  const way = floats ? "path_own" : path ? "path_under" : flat ? "path" : "path_line";
  const mark = (/** @type {string} */ name, /** @type {string} */ text) =>
    html("li", {}, html("span", { class: `mark ${name}`, "aria-hidden": "true" }), text);
  return [
    lost.length > 0 && mark("hole", word("cuts.holes", {
      nan: whole(nan), infinite: whole(lost.length - nan), count: whole(values.length),
    })),
    flat && lost.length < values.length && mark("star", word("cuts.lowest")),
    flat && centred && mark("model", word("cuts.model")),
    laid && mark(flat ? "core" : "dashes", word(`cuts.${way}`, { quantity })),
    floats && path.stems.length > 0 && mark("stem", word("cuts.stem")),
    floats && path.beyond > 0 && html("li", {}, word("cuts.beyond", { count: whole(path.beyond) })),
    flat && !path && far > 0 && mark("disc", word("cuts.disc", { far: shown(far, 3) })),
    flat && paths.filter(Boolean).length > 1 && runs > 1 && html("li", {}, word("cuts.others")),
  ];
}
