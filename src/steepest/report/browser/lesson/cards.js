// The four steps of learning in numbers: forward pass, cost, gradient, adjust; the one that is on is lit.

import { CODE, formulaOf } from "./card_formulas.js";
import { figuresOf } from "./card_figures.js";
import { fill, html, math, say, set } from "../core/elements.js";
import { whence } from "./whence.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */
/** @typedef {import("./whence.js").Topic} Topic */
/** @typedef {1 | 2 | 3 | 4} Phase */

/** @type {Phase[]} */
const PHASES = [1, 2, 3, 4];

/** What changes the formulas, and not their numbers alone. */
const REBUILT = /** @type {const} */ (["pair", "frozen", "standardise", "run"]);

/** @param {HTMLElement} place @param {State} state */
export function mountCards(place, state) {
  /** @type {Topic | null} */
  let asked = null;
  const heading = html("h2", { class: "seen-only-by-readers" }), help = html("p", { class: "help" });
  const locked = () => state.get("predicting") && !state.get("guessed");
  const turn = (/** @type {Phase} */ phase) => {
    // The last step is measured, and not followed by an adjustment.
    if (!locked() && (phase < 4 || state.get("at") < state.walk.count - 1)) state.set({ phase, playing: false });
  };
  const cards = PHASES.map((phase) => {
    const button = html("button", { type: "button", class: "phase", onclick: () => turn(phase) });
    const code = html("code"), formula = html("div", { class: "formula" }), figures = html("div", { class: "figures" });
    const card = html("article", {
      class: "card", "data-phase": phase,
      onclick: (/** @type {any} */ event) => event.target.closest("button") ?? turn(phase),
    }, html("h3", {}, button), code, formula, figures);
    return { phase, button, code, formula, figures, card, update: () => {} };
  });
  const strip = html("div", { class: "strip" }, cards.map(({ card }) => card));
  const back = html("button", { type: "button", onclick: () => state.advance(-1) }, "‹");
  const on = html("button", { type: "button", onclick: () => state.advance(1) }, "›");
  const counter = html("span", { class: "note", "aria-hidden": "true" });
  const answer = html("div", { class: "answer" });
  const close = html("button", { type: "button", onclick: () => ask(null) }, "×");
  const panel = html("div", { class: "whence", role: "region", tabindex: -1, hidden: true }, close, answer);
  place.append(heading, strip, html("div", { class: "row turns" }, back, counter, on), help, panel);

  /** @param {Topic | null} topic */
  function ask(topic) {
    const same = topic && asked && topic.kind === asked.kind && topic.index === asked.index;
    asked = same ? null : topic;
    explain();
  }
  function explain() {
    panel.hidden = !asked;
    help.hidden = Boolean(asked);
    if (asked) fill(answer, whence(state, asked));
    const open = asked && `${asked.kind} ${asked.index}`;
    for (const button of place.querySelectorAll("button.figure"))
      set(button, { "aria-expanded": String(button.getAttribute("data-asks") === open) });
  }

  const build = () => {
    set(place, { "aria-label": word("cards.title") });
    set(panel, { "aria-label": word("cards.whence") });
    set(close, { "aria-label": word("cards.close"), title: word("cards.close") });
    set(back, { "aria-label": word("cards.back") });
    set(on, { "aria-label": word("cards.on") });
    say(heading, word("cards.title"));
    say(help, word(state.live ? "cards.help" : "cards.replay"));
    for (const card of cards) {
      fill(card.button, html("b", {}, String(card.phase)), ` ${word(`phase.${card.phase}`)}`);
      say(card.code, CODE[card.phase - 1](state));
      set(card.code, { title: card.code.textContent });
      fill(card.formula, math("math", {}, formulaOf(state, card.phase)));
      const figures = figuresOf(state, card.phase, ask);
      fill(card.figures, figures.elements);
      card.update = figures.update;
    }
  };

  /** Show the card of the phase: only the strip is scrolled, and never the page. @param {ScrollBehavior} behavior */
  const reveal = (behavior) => {
    const { card } = cards[state.get("phase") - 1];
    strip.scrollTo({ left: card.offsetLeft - strip.offsetLeft, behavior });
  };
  new ResizeObserver(() => reveal("instant")).observe(strip);

  let shownPhase = 0;
  const update = () => {
    const phase = state.get("phase"), last = state.get("at") >= state.walk.count - 1;
    for (const card of cards) {
      const active = card.phase === phase, waits = card.phase > phase;
      card.card.classList.toggle("active", active);
      card.card.classList.toggle("waits", waits);
      card.button.disabled = (locked() && waits) || (card.phase === 4 && last);
      set(card.button, { "aria-current": active ? "step" : null });
      card.update();
    }
    back.disabled = state.get("at") === 0 && phase === 1;
    on.disabled = (last && phase >= 3) || Boolean(locked());
    say(counter, `${phase} / 4`);
    if (asked) explain();
    if (phase !== shownPhase) reveal("auto");
    shownPhase = phase;
  };

  const keys = /** @type {const} */ (["at", "phase", "walk", "points", "predicting", "guessed", ...REBUILT]);
  state.on([...keys], (changed) => {
    const built = [...REBUILT, "language"].some((key) => changed.has(key));
    if (built || !cards[0].formula.firstChild) build();
    update();
  });
}
