// Title, epoch and verdict: what is going on, in one line, and why, with the number that proves it.

import { fill, html, say } from "../core/elements.js";
import { epochsUntil, shares } from "../core/engine.js";
import { shown, whole } from "../core/numbers.js";
import { halfLife, NEAR, verdict } from "../core/verdict.js";
import { word } from "../words/words.js";

/** @param {HTMLElement} place @param {import("../core/state.js").State} state */
export function mountHead(place, state) {
  const epoch = html("span", { class: "epoch" });
  const rule = html("strong", { "data-lights": "rate" }), claim = html("span");
  const judged = html("p", { class: "judged", role: "status" }, rule, claim);
  const summary = html("summary"), proof = html("div");
  const why = html("details", { class: "why" }, summary, proof);
  place.append(html("div", { class: "row headline" }, ...place.childNodes, epoch, judged, why));

  state.on(["at", "walk"], () => {
    const { epochs, count } = state.walk;
    say(epoch, word("head.epoch", { epoch: whole(epochs[state.get("at")]), epochs: whole(epochs[count - 1]) }));
  });
  state.on(["walk", "modes"], () => {
    say(summary, word("head.why"));
    const live = state.live && state.modes !== null;
    if (!live) {
      const run = state.runs[state.get("run")], finding = run.findings[0];
      judged.className = finding?.bad ? "judged bad" : "judged";
      say(rule, finding ? finding.rule : word("verdict.recorded"));
      say(claim, `: ${run.because}`);
      fill(
        proof,
        finding && html("p", {}, finding.claim), finding && html("p", {}, finding.advice),
        html("p", { class: "note" }, word("head.replay")),
        finding && state.get("language") !== "en" && html("p", { class: "note" }, word("english")),
        !state.names.length && html("p", { class: "note" }, word("head.costs", { count: whole(state.data.parameters) })),
      );
      return;
    }
    const { rule: name, bad, facts } = verdict(state);
    judged.className = bad ? "judged bad" : "judged";
    say(rule, word(`verdict.${name}`));
    say(claim, `: ${word(`fate.${name}`, {
      end: shown(facts.end, 6), needed: whole(facts.needed), life: shown(facts.life), limit: shown(facts.limit),
      factor: shown(facts.factor), keeps: shown(100 * facts.factor, 3),
    })}`);
    fill(proof, reasons(state).map((text) => html("p", {}, text)));
  });
}

/** Why the rate does what it does, each with its numbers. @param {import("../core/state.js").State} state */
function reasons(state) {
  const { modes, walk, limit } = state;
  if (!modes?.values.length || limit === null) return [word("rate.flat")];
  const sharpness = modes.values[0], smallest = modes.values[modes.values.length - 1], { rate } = walk;
  const ratio = rate * sharpness, values = { sharpness: shown(sharpness), rate: shown(rate), ratio: shown(ratio) };
  const told = [
    word("why.ratio", { ...values, limit: shown(limit) }),
    word("why.steep", { ...values, factor: shown(Math.abs(1 - ratio)) }),
  ];
  if (modes.values.length > 1 && smallest > 0) {
    const slow = Math.abs(1 - rate * smallest), best = 2 / (sharpness + smallest);
    const held = shares(modes, walk.gradients.subarray(0, walk.size));
    const height = held.reduce((sum, part) => sum + part, 0);
    told.push(
      word("why.flat", {
        smallest: shown(smallest), slow: shown(slow), life: shown(halfLife(slow)), condition: shown(sharpness / smallest),
      }),
      word("why.best", { best: shown(best), epochs: whole(epochsUntil(modes, held, best, NEAR * height)) }),
    );
  }
  return told;
}
