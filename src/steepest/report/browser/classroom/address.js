// The state of the page as the fragment of an address, and back: short, readable, and never trusted.

import { costAt } from "../core/engine.js";
import { State } from "../core/state.js";
import { LANGUAGES } from "../words/words.js";

/** @typedef {import("../core/state.js").Settings} Settings */

/** What a teacher can hide: whole sections by their id, and what is in them, by a selector. */
export const HIDEABLE = {
  landscape: "#landscape", cuts: "#cuts", spectrum: "#spectrum", fit: "#fit", curve: "#curve", cards: "#cards", transport: "#transport", rate: "#rate",
  settings: "#settings", predict: "#predict", findings: "#findings", curvature: "#curvature",
  derivation: "#derivation", graph: "#graph", fog: "#fog", script: "#script", table: "#table", compare: "#compare",
  checks: "#checks", export: "#export", share: "#share", help: "#help", narration: "#narration",
  verdict: "#head .judged, #head .why, #findings", zones: "#rate .zones, #rate .cliff-mark, #rate .help",
  speed: "#transport .speed", looks: ":is(#landscape, #cuts) .looks", heights: ":is(#landscape, #cuts) .heights", code: "#cards code, #script",
};

const LOOKS = ["surface", "contour", "slices"];
const HEIGHTS = ["linear", "root", "log"];
const SCALES = ["linear", "log"];
/** So many taps at most stand in an address, that it can still be sent. */
const MOST_TAPS = 200;

/** @type {WeakMap<object, Settings>} */
const BEGINNINGS = new WeakMap();

/** Where the page begins when nothing is asked of it. @param {any} data @returns {Settings} */
function beginning(data) {
  const known = BEGINNINGS.get(data) ?? new State(data).settings;
  BEGINNINGS.set(data, known);
  return known;
}

/**
 * The word by which an address calls each parameter: its name where that is short and plain, else p0, p1, ...
 * @param {string[]} names
 */
export function calls(names) {
  const taken = new Set([...PLAIN.keys(), "start", "hide"]);
  return names.map((name, index) => {
    const plain = /^[A-Za-z_]\w{0,11}$/.test(name) && !/^p\d+$/.test(name) && !taken.has(name);
    if (plain) taken.add(name);
    return plain ? name : `p${index}`;
  });
}

/** @param {string} text a number as it is written in plain, or nothing @returns {number | undefined} */
function number(text) {
  if (!/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** @param {string} text @param {number} low @param {number} high @returns {number | undefined} */
function count(text, low, high) {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  return value >= low && value <= high ? value : undefined;
}

/**
 * Read every part of a list, or nothing.
 * @template T @param {string[]} parts @param {(part: string) => T | undefined} read
 */
function all(parts, read) {
  const values = parts.map(read);
  return values.every((value) => value !== undefined) ? /** @type {T[]} */ (values) : undefined;
}

/**
 * @typedef {object} Way how a setting is written, and read with suspicion (undefined: that is none)
 * @property {(value: any, state: State) => string} write
 * @property {(text: string, state: State) => any} read
 */

/** @param {readonly string[]} words @returns {Way} */
const oneOf = (words) => ({ write: String, read: (text) => (words.includes(text) ? text : undefined) });
/** @type {Way} */
const yes = { write: (value) => (value ? "1" : "0"), read: (text) => (/^[01]$/.test(text) ? text === "1" : undefined) };

/** Only where the page walks by itself. @type {Way} */
const yesIfLive = { ...yes, read: (text, state) => (state.live ? yes.read(text, state) : undefined) };

/**
 * The settings in the order of the address. What depends on others is read after them.
 * @type {Map<keyof Settings, Way>}
 */
const PLAIN = new Map(/** @type {[keyof Settings, Way][]} */ (Object.entries({
  language: oneOf(Object.keys(LANGUAGES)),
  run: { write: String, read: (text, state) => count(text, 0, state.runs.length - 1) },
  rate: { write: String, read: (text, state) => (state.live ? number(text) : undefined) },
  epochs: { write: String, read: (text, state) => (state.live ? count(text, 0, state.mostEpochs) : undefined) },
  frozen: {
    write: (value, state) => calls(state.names).filter((_, index) => value[index]).join(","),
    read: (text, state) => {
      const known = calls(state.names), held = text.split(",");
      if (!state.live || !held.every((name) => known.includes(name))) return undefined;
      return known.map((name) => held.includes(name));
    },
  },
  moved: {
    write: (value) => value.map((/** @type {any} */ it) => `${it.row}:${it.input}:${it.target}`).join(","),
    read: (text, state) => {
      const rows = state.data.points?.targets.length ?? 0;
      if (!state.data.live?.draggable) return undefined;
      return all(text.split(","), (part) => {
        const [first, ...others] = part.split(":"), row = count(first, 0, rows - 1), place = all(others, number);
        return row !== undefined && place?.length === 2 ? { row, input: place[0], target: place[1] } : undefined;
      });
    },
  },
  at: { write: String, read: (text, state) => count(text, 0, state.walk.count - 1) },
  phase: { write: String, read: (text) => count(text, 1, 4) },
  pair: {
    write: (value) => value.join(","),
    read: (text, state) => {
      const pair = all(text.split(","), (part) => count(part, 0, state.names.length - 1));
      return pair?.length === 2 && pair[0] !== pair[1] ? pair : undefined;
    },
  },
  look: oneOf(LOOKS),
  height: oneOf(HEIGHTS),
  cut: { write: String, read: (text, state) => count(text, 0, state.data.cuts.length - 1) },
  metric: {
    write: String,
    read: (text, state) => count(text, 0, Object.keys(state.data.cuts[state.get("cut")]?.beside ?? {}).length),
  },
  scale: oneOf(SCALES),
  camera: {
    write: ({ turn, tilt }) => `${Number(turn.toFixed(4))},${Number(tilt.toFixed(4))}`,
    read: (text) => {
      const turns = all(text.split(","), number);
      if (turns?.length !== 2 || Math.abs(turns[0]) > 1000 || Math.abs(turns[1]) > Math.PI / 2) return undefined;
      return { turn: turns[0], tilt: turns[1] };
    },
  },
  speed: { write: String, read: (text) => count(text, 1, 1000) },
  trilobite: yes,
  fog: yesIfLive,
  taps: {
    write: (value) =>
      value.slice(-MOST_TAPS).map((/** @type {any} */ tap) => Array.from(tap.params).join(":")).join(","),
    read: (text, state) => {
      const { bowl } = state, parts = text.split(",");
      if (!bowl || parts.length > MOST_TAPS) return undefined;
      return all(parts, (part) => {
        const params = all(part.split(":"), number);
        return params?.length === bowl.size ? { params, cost: costAt(bowl, params) } : undefined;
      });
    },
  },
  backward: { write: String, read: (text, state) => (state.live ? count(text, 0, 1e6) : undefined) },
  predicting: yesIfLive,
  presenting: yes,
})));

/** What can be linked to; a view that subscribes to these hears of every change of the address. */
export const LINKED = /** @type {(keyof Settings)[]} */ ([...PLAIN.keys(), "start", "standardise", "hidden"]);

/** What differs from the beginning, as `m=0.9&rate=0.02`. @param {State} state @returns {string} */
export function toFragment(state) {
  const first = beginning(state.data), parts = [], now = state.settings;
  const units = now.standardise !== first.standardise;
  if (units) parts.push(`standardise=${yes.write(now.standardise, state)}`);
  calls(state.names).forEach((name, index) => {
    if (units || now.start[index] !== first.start[index]) parts.push(`${name}=${now.start[index]}`);
  });
  for (const [key, way] of PLAIN) {
    const text = way.write(now[key], state);
    if (text !== way.write(first[key], state)) parts.push(`${key}=${text}`);
  }
  if (now.hidden.length) parts.push(`hide=${now.hidden.join(",")}`);
  return parts.join("&");
}

/**
 * Begin again, and set what a fragment asks for; whatever is not known, or is no good, is left out and given back.
 * @param {string} fragment with or without its # @param {State} state @returns {string[]} what was not understood
 */
export function fromFragment(fragment, state) {
  const first = beginning(state.data), ignored = [];
  /** @type {Map<string, string>} */
  const asked = new Map();
  for (const part of fragment.replace(/^#/, "").split("&").filter(Boolean)) {
    const [key, ...rest] = part.split("="), text = decoded(rest.join("="));
    if (text === undefined || !rest.length || asked.has(key)) ignored.push(part);
    else asked.set(key, text);
  }
  const take = (/** @type {string} */ key) => {
    const text = asked.get(key);
    asked.delete(key);
    return text;
  };
  const { standardise, ...others } = first;
  state.set({ ...others, guessed: true });
  state.standardise(standardise);
  state.set({ start: first.start });

  const units = take("standardise");
  if (units !== undefined) {
    if (state.live && yes.read(units, state) !== undefined) state.standardise(yes.read(units, state));
    else ignored.push(`standardise=${units}`);
  }
  const start = state.get("start").slice();
  calls(state.names).forEach((name, index) => {
    const text = take(name), value = text === undefined ? undefined : number(text);
    if (value !== undefined && state.live) start[index] = value;
    else if (text !== undefined) ignored.push(`${name}=${text}`);
  });
  if (start.some((value, index) => value !== state.get("start")[index])) state.set({ start });
  for (const [key, way] of PLAIN) {
    const text = take(key);
    if (text === undefined) continue;
    const value = way.read(text, state);
    if (value === undefined) ignored.push(`${key}=${text}`);
    else state.set({ [key]: value });
  }
  const hide = take("hide")?.split(",").filter(Boolean) ?? [];
  state.set({ hidden: hide.filter((name) => Object.hasOwn(HIDEABLE, name)) });
  for (const name of hide) if (!Object.hasOwn(HIDEABLE, name)) ignored.push(`hide=${name}`);
  for (const [key, text] of asked) ignored.push(`${key}=${text}`);
  return ignored;
}

/** @param {string} text @returns {string | undefined} */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
