// Guess first, then run: the fate, the directions, or the next cost; and then why it was so.

import { fill, html, say, set } from "../core/elements.js";
import { costAt } from "../core/engine.js";
import { full, shown } from "../core/numbers.js";
import { SLOW, verdict, ZIGZAG } from "../core/verdict.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */
/** @typedef {"converges" | "zigzags" | "crawls" | "diverges"} Fate */
/**
 * @typedef {object} Answer
 * @property {boolean} right
 * @property {string} kind the key, among the words, of why
 * @property {Record<string, number | string>} values
 * @property {Fate} [fate] what was guessed: kept as a key, so that the list speaks the language that is spoken now
 */

const FATES = /** @type {Fate[]} */ (["converges", "zigzags", "crawls", "diverges"]);
/** A guessed cost is right if it is so near, relatively. */
const NEAR = 0.05;

/** @param {HTMLElement} place @param {State} state */
export function mountPredict(place, state) {
  if (!state.live) {
    place.hidden = true;
    return;
  }
  /** @type {Answer[]} */
  const answers = [];
  /** The start, rate and ground for which a guess was made. */
  let guessed = "";
  const asked = () => {
    const { start, rate, frozen, moved, standardise } = state.settings;
    return JSON.stringify([Array.from(start), rate, frozen, moved, standardise]);
  };
  const judge = (/** @type {Answer} */ answer) => {
    answers.unshift(answer);
    guessed = asked();
    state.set({ guessed: true });
    tell();
  };

  const title = html("h2"), help = html("p", { class: "help" });
  const on = html("input", {
    type: "checkbox", onchange: () => state.set({ predicting: on.checked, playing: false }),
  });
  const onName = html("span"), score = html("p", { class: "score", role: "status" });
  const list = html("ol", { class: "guesses", reversed: true });

  const fateName = html("legend"), fates = FATES.map((fate) => ({
    fate, button: html("button", { type: "button", "data-fate": fate, onclick: () => judge(fateAnswer(state, fate)) }),
  }));
  const fateRow = html("div", { class: "row" }, fates.map(({ button }) => button));
  const fateField = html("fieldset", {}, fateName, fateRow);
  const ways = [0, 1].map((axis) => {
    const name = html("span", { class: axis ? "two" : "one" });
    const [up, down] = [1, -1].map((way) =>
      html("button", {
        type: "button", "data-way": `${axis}:${way}`, onclick: () => judge(wayAnswer(state, axis, way)),
      }));
    return { axis, name, up, down, row: html("div", { class: "row" }, name, up, down) };
  });
  const wayName = html("legend"), wayField = html("fieldset", {}, wayName, ways.map(({ row }) => row));
  const costName = html("legend"), costLabel = html("span", { "data-lights": "cost" });
  const ask = html("button", { type: "submit" });
  const number = html("input", { type: "number", step: "any", min: 0, required: true });
  const costField = html("form", { onsubmit: (event) => {
    event.preventDefault();
    if (Number.isFinite(number.valueAsNumber)) judge(costAnswer(state, number.valueAsNumber));
    number.value = "";
  } }, html("fieldset", {}, costName, html("label", { class: "row" }, costLabel, number), ask));
  const fields = html("div", { class: "guessing" }, fateField, wayField, costField);
  place.append(title, help, html("label", { class: "row" }, on, onName), fields, score, list);

  const tell = () => {
    const right = answers.filter((answer) => answer.right).length, waits = !state.get("guessed");
    const latest = waits ? word("predict.waits") : "";
    say(score, answers.length ? `${latest} ${word("predict.score", { right, all: answers.length })}`.trim() : latest);
    fill(list, answers.map((answer) => html("li", { class: answer.right ? "right" : "wrong", "data-kind": answer.kind },
      html("strong", {}, word(answer.right ? "predict.right" : "predict.wrong")), " ", told(answer))));
  };
  state.on(["predicting", "guessed", "walk", "at", "pair", "frozen"], (changed) => {
    const predicting = state.get("predicting");
    on.checked = predicting;
    fields.hidden = score.hidden = list.hidden = !predicting;
    state.set({ guessed: !predicting || guessed === asked() });
    // What would give the answer away is not seen until then.
    document.documentElement.classList.toggle("awaits-guess", predicting && !state.get("guessed"));
    if (changed.has("language") || !title.textContent) {
      say(title, word("predict.title"));
      say(help, word("predict.help"));
      say(onName, word("predict.switch"));
      say(fateName, word("predict.fate"));
      for (const { fate, button } of fates) say(button, word(`predict.${fate}`));
      say(wayName, word("predict.way"));
      for (const { up, down } of ways) {
        say(up, word("predict.up"));
        say(down, word("predict.down"));
      }
      say(costName, word("predict.cost"));
      say(ask, word("predict.ask"));
    }
    if (!predicting) return;
    const pair = state.get("pair"), next = state.step.epoch + 1;
    fateField.hidden = verdict(state).rule === "unclear";
    for (const { axis, name, up, down, row } of ways) {
      const parameter = state.names[pair[axis]].slice(0, 40);
      row.hidden = axis === 1 && pair[0] === pair[1];
      say(name, parameter);
      set(name, { "data-lights": `p${pair[axis]}` });
      set(up, { "aria-label": `${parameter}: ${word("predict.up")}` });
      set(down, { "aria-label": `${parameter}: ${word("predict.down")}` });
    }
    say(costLabel, word("predict.at", { epoch: next, cost: shown(state.step.cost) }));
    if (changed.size > 1 || !changed.has("at")) tell();
  });
}

/** @param {Answer} answer */
function told({ kind, values, fate }) {
  const numbers = Object.entries(values).filter(([, value]) => typeof value === "number");
  const written = Object.fromEntries(numbers.map(([name, value]) => [name, shown(Number(value))]));
  const title = numbers.map(([name, value]) => `${name} ${full(Number(value))}`).join(", ");
  const guess = fate && { guess: word(`predict.${fate}`) };
  return html("span", { title }, word(kind, { ...values, ...written, ...guess }));
}

/** @param {State} state @param {Fate} guess @returns {Answer} */
function fateAnswer(state, guess) {
  const { rule, facts } = verdict(state), { ratio, rate } = facts, sharpness = ratio / rate;
  /** @type {Record<string, Fate>} */
  const fates = { diverging: "diverges", climbing: "diverges", crawling: "crawls", zigzag: "zigzags" };
  const fate = fates[rule] ?? "converges";
  // Above 1.3 it crosses the valley at every step, also when it has settled in the end: both are true of it.
  const both = fate === "converges" && ratio > ZIGZAG && guess === "zigzags";
  const kind = rule === "climbing" ? "predict.why_climbing" : ratio > 2 ? "predict.why_diverges"
    : fate === "crawls" ? "predict.why_crawls" : ratio > ZIGZAG ? "predict.why_zigzags" : "predict.why_converges";
  const values = { rate, sharpness, ratio, life: facts.life ?? NaN, slow: String(SLOW) };
  return { right: guess === fate || both, kind, values, fate: guess };
}

/** @param {State} state @param {number} axis @param {number} guess 1 up, -1 down @returns {Answer} */
function wayAnswer(state, axis, guess) {
  const index = state.get("pair")[axis], { gradient, params } = state.step, slope = gradient[index];
  const rate = state.get("rate"), next = state.get("frozen")[index] ? params[index] : params[index] - rate * slope;
  const way = Math.sign(next - params[index]);
  const kind = way === 0 ? "predict.why_still" : way > 0 ? "predict.why_up" : "predict.why_down";
  const name = state.names[index].slice(0, 40);
  return { right: way === guess, kind, values: { name, slope, rate, from: params[index], to: next } };
}

/** @param {State} state @param {number} guess @returns {Answer} */
function costAnswer(state, guess) {
  const { gradient, params, cost } = state.step, { bowl } = state;
  const frozen = state.get("frozen"), rate = state.get("rate");
  if (!bowl) throw new TypeError("a guess needs a bowl");
  const next = costAt(bowl, params.map((value, i) => (frozen[i] ? value : value - rate * gradient[i])));
  const off = Math.abs(guess - next) / Math.abs(next);
  const values = { guess, next, cost, off: `${shown(off * 100, 2)} %`, near: `${NEAR * 100} %` };
  return { right: off <= NEAR, kind: "predict.why_cost", values };
}
