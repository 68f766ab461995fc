// The gradient derived by hand: the lines that Python checked, and below them the numbers of the step that is shown.

import { fill, html, math, say, set } from "../core/elements.js";
import { examplesAt, leverOf, rowsWritten, slopeByExamples } from "./examples.js";
import {
  brief, fraction, hue, number, operator, signsOf, termsInNumbers, termsWorkedOut,
} from "./formulas.js";
import { whileNear } from "../core/near.js";
import { full, shown, whole } from "../core/numbers.js";
import { LESSON } from "../words/words_lesson.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */
/** @typedef {import("./examples.js").Examples} Examples */
/** @typedef {{index: number, say: (known: Examples) => void, colour: () => void}} Board */

/** @param {HTMLElement} place @param {State} state */
export function mountDerivation(place, state) {
  const [heading] = place.getElementsByTagName("h2"), help = place.querySelector("p.help");
  const titles = [...place.getElementsByTagName("h3")];
  const first = state.live ? examplesAt(state, state.settings.start) : null;
  if (!first || !heading || !help) return;
  const boards = [...place.querySelectorAll(".board")].map((element) => boardOf(element, state, first));
  const rules = [...place.querySelectorAll("td:last-child")].map((cell) => ({ cell, english: cell.textContent ?? "" }));

  const withs = [...place.querySelectorAll("mtext")];

  const tell = () => {
    say(heading, word("derivation.title"));
    titles.forEach((title, at) => {
      const { index } = boards[at];
      fill(title, word("derivation.for"), " ", html("bdi", { class: hue(state, index) }, state.names[index]));
    });
    for (const { cell, english } of rules) say(cell, inLanguage(english));
    for (const text of withs) say(text, word("derivation.with"));
    for (const board of boards) board.colour();
  };
  const update = () => {
    const known = examplesAt(state, state.step.params);
    if (!known) return;
    const epoch = whole(state.step.epoch);
    say(help, word(state.get("standardise") ? "derivation.scaled" : "derivation.help", { epoch }));
    for (const board of boards) board.say(known);
  };

  const changedNow = whileNear(place, update);
  state.on(["at", "walk", "points", "standardise", "pair"], (changed) => {
    if (["pair", "language", "standardise"].some((key) => changed.has(key))) tell();
    changedNow();
  });
  update();
}

/**
 * The rows of one derivation that hold numbers, made anew so that only their texts have to change.
 * @param {Element} element @param {State} state @param {Examples} first @returns {Board}
 */
function boardOf(element, state, first) {
  const index = Number(element.getAttribute("data-parameter")), weight = index < first.inputs[0].length;
  const rows = rowsWritten(first.targets.length), gap = rows.length < first.examples, single = first.examples === 1;
  const inNumbers = termsInNumbers(rows, gap, weight), worked = termsWorkedOut(rows, gap);
  const result = number("", { class: hue(state, index), "data-lights": `g${index} gradient` });
  const front = () => single ? [number("2")] : [fraction(number("2"), number(whole(first.examples)))];
  const lines = [...element.querySelectorAll("tr[data-numbers]")];
  // A single example has no sum, so that there are no terms to work out.
  const between = lines.length > 2 ? [[...front(), worked.element]] : [];
  const contents = [[...front(), inNumbers.element], ...between, [result]];
  lines.forEach((line, at) => fill(line.children[1], math("math", {}, operator("="), contents[at])));
  const check = html("p", { class: "note" });
  for (const made of element.getElementsByTagName("p")) set(made, { class: "note", lang: "en" });
  element.append(check);
  const signs = [...element.querySelectorAll("mi")].map((sign) => ({ sign, owner: ownerOf(sign, state) }));
  return {
    index,
    colour: () => {
      for (const { sign, owner } of signs)
        if (owner >= 0) set(sign, { class: hue(state, owner) || null, "data-lights": `p${owner}` });
      set(result, { class: hue(state, index) || null });
    },
    say: (known) => {
      const { params, gradient } = state.step;
      const terms = rows.map((row) => ({
        estimate: known.estimates[row], target: known.targets[row], input: leverOf(known, row, index),
      }));
      inNumbers.update(terms);
      worked.update(terms.map(({ estimate, target, input }) => (estimate - target) * input));
      const derived = slopeByExamples(state, params, index), slope = derived ?? gradient[index];
      say(result, brief(slope));
      set(result, { title: full(slope) });
      say(check, derived === null ? word("derivation.sample") : word("derivation.agrees", {
        value: shown(gradient[index], 12), difference: shown(gradient[index] - derived, 2),
      }));
    },
  };
}

/** Which parameter a sign in a formula stands for; −1 for none. @param {Element} sign @param {State} state */
function ownerOf(sign, state) {
  const within = sign.parentElement?.localName === "msub" && sign.parentElement.firstElementChild === sign;
  const below = within ? sign.nextElementSibling?.textContent ?? "" : "";
  return signsOf(state).findIndex((known) => known.letter === sign.textContent && known.below === below);
}

/** The rule beside a line, which Python wrote in English. @param {string} english */
function inLanguage(english) {
  const key = Object.keys(LESSON).find((name) => name.startsWith("rule.") && LESSON[name].en === english);
  if (key) return word(key);
  const long = english.match(/^with the numbers, n = (\d+)$/);
  if (long) return word("derivation.long", { count: whole(Number(long[1])) });
  const named = english.match(/^stands for (.*)$/s);
  return named ? word("derivation.stands", { name: named[1] }) : english;
}
