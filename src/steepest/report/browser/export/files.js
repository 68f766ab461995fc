// The walk and the state as files: every digit, and nothing that a spreadsheet would run.

import { toFragment } from "../classroom/address.js";

/** @typedef {import("../core/state.js").State} State */

/** The walk as a table with commas, by RFC 4180: one row a measured point. @param {State} state */
export function walkAsCsv({ walk, names }) {
  const heads = ["epoch", "cost", ...names, ...names.map((name) => `slope of ${name}`)];
  const lines = [heads.map(cell).join(",")];
  for (let at = 0; at < walk.count; at++) {
    const row = [walk.epochs[at], walk.costs[at]];
    for (const part of [walk.params, walk.gradients])
      for (let i = 0; i < walk.size; i++) row.push(part[at * walk.size + i]);
    lines.push(row.join(","));
  }
  return `${lines.join("\r\n")}\r\n`;
}

/**
 * A name in quotes where it needs them. A spreadsheet takes what begins with one of these signs for a formula, also
 * within quotes; an apostrophe before it says that it is text.
 * @param {string} name
 */
function cell(name) {
  const safe = /^[=+\-@\t\r]/.test(name) ? `'${name}` : name;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** What is set and what follows from it; a number that is not finite is null, and named. @param {State} state */
export function stateAsJson(state) {
  /** @type {Record<string, string>} */
  const notFinite = {};
  /** @type {(value: any, path: string) => any} */
  const plain = (value, path) => {
    if (ArrayBuffer.isView(value)) value = Array.from(/** @type {any} */ (value));
    if (Array.isArray(value)) return value.map((item, index) => plain(item, `${path}[${index}]`));
    if (value && typeof value === "object") {
      const told = Object.entries(value).map(([key, item]) => [key, plain(item, path ? `${path}.${key}` : key)]);
      return Object.fromEntries(told);
    }
    if (typeof value !== "number" || Number.isFinite(value)) return value;
    notFinite[path] = String(value);
    return null;
  };
  const { walk, step, floor, lowest, limit, names, data } = state;
  const told = plain({
    title: data.title, names, settings: state.settings, step, outcome: walk.outcome, points: walk.count,
    lowest, floor, learning_rate_limit: limit, link: `#${toFragment(state)}`,
  }, "");
  return `${JSON.stringify({ ...told, not_finite: notFinite }, null, 2)}\n`;
}

/** @param {string} name @param {BlobPart} content @param {string} type */
export function save(name, content, type) {
  const file = content instanceof Blob ? content : new Blob([content], { type }), url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads it after the click; a minute is plenty.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return file.size;
}
