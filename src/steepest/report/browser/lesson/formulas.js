// Formulas in MathML: the symbols of the run's own parameters, and the pieces that formulas are built of.

import { math, say } from "../core/elements.js";
import { shown } from "../core/numbers.js";

/** @typedef {import("../core/state.js").State} State */
/** @typedef {import("../core/elements.js").Facts} Facts */
/** @typedef {import("../core/elements.js").Child} Child */

// As derivation/problem.py reads names, so that a symbol here is the one on the board.
const PLAIN_NAME = /^([A-Za-z]{1,12})([0-9]{0,3})$/;
const TAKEN = new Set(["C", "i", "j", "k", "n", "x", "y", "p", "z", "h", "d", "e", "ln", "tanh"]);
const LOWERED = "₀₁₂₃₄₅₆₇₈₉";
const LONGEST_NAME = 14;

/** @typedef {{letter: string, below: string}} Sign a symbol: its letter, and the digits below it */

/**
 * How each parameter is written: by its own name if all names can stand in a formula.
 * @param {State} state @returns {Sign[]}
 */
export function signsOf(state) {
  const parts = state.names.map((name) => PLAIN_NAME.exec(name));
  const plain = parts.every((part) => part && (!state.live || !TAKEN.has(part[1])));
  if (plain) return parts.map((part) => ({ letter: part?.[1] ?? "", below: part?.[2] ?? "" }));
  if (state.live) return standIns(state);
  return state.names.map((name) => ({ letter: shortened(name), below: "" }));
}

/**
 * m and b, or w₁, w₂ … and b: what can stand in any formula, and in any program.
 * @param {State} state @returns {Sign[]}
 */
export function standIns(state) {
  const features = state.names.length - Number(state.data.live.intercept);
  return state.names.map((_, i) =>
    i >= features ? { letter: "b", below: "" }
      : features === 1 ? { letter: "m", below: "" } : { letter: "w", below: String(i + 1) });
}

/** A name that is too long for a line loses its end. @param {string} name */
export function shortened(name) {
  const signs = [...name];
  return signs.length > LONGEST_NAME ? `${signs.slice(0, LONGEST_NAME - 1).join("")}…` : name;
}

/** A symbol as plain text. @param {Sign} sign */
export function textOf(sign) {
  return sign.letter + [...sign.below].map((digit) => LOWERED[Number(digit)]).join("");
}

/**
 * The colour of a parameter: the same in every view.
 * @param {State} state @param {number} index @returns {"one" | "two" | ""}
 */
export function hue(state, index) {
  const [first, second] = state.get("pair");
  return index === first ? "one" : index === second ? "two" : "";
}

/** The two parameters that are shown; one where there is but one, none where none has a name. @param {State} state */
export function pairOf(state) {
  return state.names.length ? [...new Set(state.get("pair"))] : [];
}

/**
 * A number in a formula: as short as it can be written with so many digits.
 * @param {number} value @param {number} [digits]
 */
export function brief(value, digits = 6) {
  return shown(value, digits).replace(/(\.\d*?)0+(?!\d)/, "$1").replace(/\.(?!\d)/, "");
}

/** A number that follows a sign: in brackets where it is negative. @param {number} value */
export function fenced(value) {
  return value < 0 ? `(${brief(value)})` : brief(value);
}

/** @param {string} text @param {Facts} [facts] */
export function name(text, facts = {}) {
  return math("mi", facts, text);
}

/** @param {string} text @param {Facts} [facts] */
export function number(text, facts = {}) {
  return math("mn", facts, text);
}

/** @param {string} text @param {Facts} [facts] */
export function operator(text, facts = {}) {
  return math("mo", facts, text);
}

/** @param {...(Child | Child[])} parts */
export function row(...parts) {
  return math("mrow", {}, ...parts);
}

/** @param {Child} top @param {Child} bottom */
export function fraction(top, bottom) {
  return math("mfrac", {}, top, bottom);
}

/** In brackets. @param {...(Child | Child[])} parts */
export function fence(...parts) {
  return row(operator("("), ...parts, operator(")"));
}

/** @param {Child} base @param {string} exponent */
export function power(base, exponent) {
  return math("msup", {}, base, number(exponent));
}

/**
 * A symbol of an example, such as ŷ with an i below.
 * @param {string} letter @param {string[]} below @param {Facts} [facts]
 */
export function indexed(letter, below, facts = {}) {
  const parts = below.filter(Boolean);
  if (!parts.length) return name(letter, facts);
  const signs = parts.map((part) => (/^\d/.test(part) ? number(part) : name(part)));
  return math("msub", facts, name(letter), signs.length > 1 ? row(signs[0], operator(","), signs[1]) : signs[0]);
}

/** A parameter, in its colour. @param {State} state @param {number} index @param {Sign[]} [signs] */
export function parameter(state, index, signs = signsOf(state)) {
  const { letter, below } = signs[index];
  return indexed(letter, [below], { class: hue(state, index) || null, "data-lights": `p${index}` });
}

/** The slope of the cost by a parameter. @param {State} state @param {number} index @param {Sign[]} [signs] */
export function slopeBy(state, index, signs = signsOf(state)) {
  const by = fraction(row(name("∂"), name("C")), row(name("∂"), parameter(state, index, signs)));
  by.setAttribute("data-lights", `g${index} gradient`);
  return by;
}

/** The sum over the examples. */
export function sum() {
  return math("munderover", {}, operator("∑"), row(name("i"), operator("="), number("1")), name("n"));
}

/** @param {number} example @param {Element} element */
function lighting(example, element) {
  element.setAttribute("data-lights", `row${example}`);
  return element;
}

/**
 * A sum over the examples with its numbers: built once, then only its texts change.
 * `product` says that each term is (estimate − target) · input, and not (estimate − target) alone.
 * @param {number[]} examples which are written @param {boolean} gap whether others stand before the last one
 * @param {boolean} product
 * @returns {{element: Element, update: (rows: {estimate: number, target: number, input: number}[]) => void}}
 */
export function termsInNumbers(examples, gap, product) {
  const terms = examples.length;
  const slots = examples.map(() => ({ estimate: number(""), target: number(""), input: number("") }));
  const parts = slots.flatMap(({ estimate, target, input }, place) => [
    place ? operator("+") : null,
    gap && place === terms - 1 ? [operator("⋯"), operator("+")] : null,
    lighting(examples[place], row(fence(estimate, operator("−"), target), product ? [operator("·"), input] : null)),
  ]).flat();
  return {
    element: terms > 1 ? fence(...parts) : row(...parts),
    update: (rows) => slots.forEach((slot, place) => {
      say(slot.estimate, brief(rows[place].estimate));
      say(slot.target, fenced(rows[place].target));
      say(slot.input, fenced(rows[place].input));
    }),
  };
}

/**
 * A sum with its terms worked out: built once, then only its texts change.
 * @param {number[]} examples @param {boolean} gap @returns {{element: Element, update: (values: number[]) => void}}
 */
export function termsWorkedOut(examples, gap) {
  const terms = examples.length;
  const slots = examples.map(() => ({ sign: operator("+"), value: number("") }));
  const parts = slots.flatMap(({ sign, value }, place) => [
    gap && place === terms - 1 ? [operator("+"), operator("⋯")] : null, place ? sign : null,
    lighting(examples[place], value),
  ]).flat();
  return {
    element: terms > 1 ? fence(...parts) : row(...parts),
    update: (values) => slots.forEach((slot, place) => {
      say(slot.sign, values[place] < 0 ? "−" : "+");
      say(slot.value, brief(place ? Math.abs(values[place]) : values[place]));
    }),
  };
}
