// The blind trilobite: taps in the fog, what each of them costs, and the way down that they show.

import { html, say, set } from "../core/elements.js";
import { Hike, REACHES } from "./hike.js";
import { full, shown, whole } from "../core/numbers.js";
import { mountRose, mountShrinking } from "./rose.js";
import { angle, DIRECTIONS } from "./taps.js";
import { word } from "../words/words.js";

const FACTS = ["stands", "cost", "forward", "backward", "moves", "slopes", "gradient", "angle"];
/** @type {Record<string, string>} */
const LIGHTS = { cost: "cost", slopes: "gradient", gradient: "gradient" };
/** Stands where nothing was felt yet, as wide as a digit. */
const NOTHING = "·";

/** @param {HTMLElement} place @param {import("../core/state.js").State} state */
export function mountFog(place, state) {
  if (!state.live) {
    place.hidden = true;
    return;
  }
  const hike = new Hike(state);
  const button = (/** @type {string} */ name, /** @type {() => void} */ run) =>
    ({ name, element: html("button", { type: "button", "data-act": name, onclick: run }) });
  const buttons = {
    around: button("around", () => hike.tapAround()), best: button("best", () => hike.walk(hike.lower)),
    along: button("along", () => hike.walkAlong()), reveal: button("reveal", () => hike.reveal()),
    reset: button("reset", () => hike.begin()),
  };
  const title = html("h2"), help = html("p", { class: "help" });
  const fog = html("input", { type: "checkbox", onchange: () => state.set({ fog: fog.checked }) });
  const fogName = html("span");
  const reachName = html("span"), reach = html("select", { class: "cane", onchange: () => {
    hike.reach = Number(reach.value);
    show();
  } }, REACHES.map((value) => html("option", { value }, shown(value, 1))));
  const goalName = html("span"), goal = html("input", { type: "number", min: 1, step: 1, onchange: () => {
    hike.goal = Math.max(1, Math.round(goal.valueAsNumber) || hike.goal);
    show();
  } });
  reach.value = String(hike.reach);
  goal.value = String(hike.goal);
  const facts = FACTS.map((name) => {
    const term = html("dt"), parts = [html("span"), html("span")];
    const value = html("dd", { "data-fact": name, "data-lights": LIGHTS[name] ?? null }, parts);
    return { name, term, value, parts, row: html("div", {}, term, value) };
  });
  const said = html("p", { role: "status", class: "said" }), price = html("p", { class: "note" });
  const rose = mountRose((way) => hike.tap([hike.target(way)]));
  const shrinking = mountShrinking(REACHES, () => hike.tapAhead());
  const acts = [buttons.around, buttons.best, buttons.along, buttons.reveal].map(({ element }) => element);
  const body = html("div", { class: "tapping" }, rose.element,
    html("div", {}, html("dl", {}, facts.map(({ row }) => row)), html("div", { class: "row" }, acts), said, price),
    shrinking.element);
  const controls = html("div", { class: "row" }, html("label", { class: "row" }, fog, fogName),
    html("label", { class: "row when-on" }, reachName, reach), html("label", { class: "row when-on" }, goalName, goal),
    buttons.reset.element);
  place.append(title, help, controls, body);

  const show = () => {
    const on = state.get("fog"), { bowl } = state;
    fog.checked = on;
    place.classList.toggle("on", on);
    body.hidden = buttons.reset.element.hidden = !on;
    if (!on || !bowl) return;
    const { cost, slopes, gradient, open, lower } = hike, names = hike.pair.map((i) => state.names[i]);
    const here = hike.pair.map((i) => state.here[i]);
    const arrow = slopes.every((slope) => slope !== null) ? /** @type {[number, number]} */ (slopes) : null;
    const costs = new Map(DIRECTIONS.map((way) => [way, hike.feltAt(way)]));
    rose.show({ costs, cost, open, names, arrow, real: gradient });
    shrinking.show(names, hike.shrinking, gradient);

    const apart = arrow && gradient ? angle(arrow, gradient) : null;
    /** @type {Record<string, (number | null | undefined)[]>} */
    const values = {
      stands: here, cost: [cost], forward: [hike.taps.length], backward: [state.get("backward")], moves: [hike.moves],
      slopes, gradient: gradient ?? [null], angle: [apart],
    };
    for (const { name, term, value, parts } of facts) {
      const known = values[name].filter((number) => number !== null && number !== undefined);
      const counted = name === "forward" || name === "backward" || name === "moves";
      const written = values[name].map((number) =>
        number === null || number === undefined ? NOTHING : counted ? whole(number) : shown(number));
      say(term, word(`fog.${name}`, { names: names.map((name) => name.slice(0, 24)).join(", ") }));
      parts.forEach((part, axis) => {
        const degrees = name === "angle" && apart !== null ? "°" : "";
        say(part, axis < written.length ? `${axis ? ", " : ""}${written[axis]}${degrees}` : "");
        part.className = written.length === 2 ? (axis ? "two" : "one") : "";
      });
      set(value, { title: known.map(full).join(", ") || null, "data-value": known.join(",") });
    }
    const around = open.every((way) => hike.feltAt(way) !== undefined);
    buttons.around.element.disabled = around && cost !== undefined;
    buttons.best.element.disabled = !lower;
    buttons.along.element.disabled = !arrow;
    buttons.reveal.element.disabled = gradient !== null;
    say(price, word("fog.price", { n: whole(bowl.size), one: whole(bowl.size + 1), two: whole(2 * bowl.size) }));
    say(said, verdict(hike, around && cost !== undefined && !lower));
  };
  state.on(["fog", "taps", "backward", "walk", "at", "phase", "pair", "frozen", "floor"], (changed) => {
    if (changed.has("walk")) hike.forget();
    if (changed.has("language") || !title.textContent) {
      say(title, word("fog.title"));
      say(help, word("fog.help"));
      say(fogName, word("fog.switch"));
      say(reachName, word("fog.cane"));
      say(goalName, word("fog.goal"));
      for (const { name, element } of Object.values(buttons)) say(element, word(`fog.${name}`));
    }
    show();
  });
}

/** How the hike stands, in words. @param {Hike} hike @param {boolean} flat no tap around it is lower */
function verdict(hike, flat) {
  const { goal, inValley, taps: { length: paid } } = hike;
  if (paid && inValley && !hike.arrived) hike.arrived = paid;
  const end = flat ? word(inValley ? "fog.flat" : "fog.not_lowest", { step: shown(hike.reach, 1) }) : "";
  const key = hike.arrived ? (hike.arrived <= goal ? "won" : "late") : paid <= goal ? "going" : "spent";
  const score = word(`fog.${key}`, { taps: whole(hike.arrived), left: whole(goal - paid), goal: whole(goal) });
  return `${end} ${score}`.trim();
}
