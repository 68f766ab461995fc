// A race with equal budgets: descents that were put into lanes walk the same number of epochs, from the same data.

import { Frame } from "../core/axes.js";
import { fill, html, say, set, svg } from "../core/elements.js";
import { walk } from "../core/engine.js";
import { bowlFor, fallFrom, needed, THOUSANDTH } from "./finish.js";
import { full, shown, whole } from "../core/numbers.js";
import { finished, plain } from "./rates.js";
import { spread, thread } from "./thread.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */

/**
 * @typedef {object} Lane
 * @property {string} letter
 * @property {Float64Array} start @property {number} rate @property {boolean[]} frozen @property {boolean} standardise
 */

/** @typedef {{lane: Lane, costs: Float64Array, floor: number, first: number, needs: number}} Raced */

const MOST = 6;
const LETTERS = "ABCDEF";
/** @type {[number, number]} */
const SHARES = [1e-5, 30];

/** @param {HTMLElement} place @param {State} state */
export function mountRace(place, state) {
  /** @type {Lane[]} */ let lanes = [];
  const title = html("h3"), help = html("p", { class: "help" }), note = html("p", { class: "note" });
  const add = html("button", { type: "button", onclick: () => enter([state.get("rate")]) });
  const four = html("button", { type: "button", onclick: () => {
    const limit = state.limit ?? 1;
    lanes = [];
    enter([0.01, limit / 2, 0.9 * limit, 1.02 * limit].map((rate) => Number(rate.toPrecision(4))));
  } });
  const clear = html("button", { type: "button", onclick: () => ((lanes = []), draw()) });
  const holder = html("div", { class: "chart" }), table = html("table", { class: "numbers lanes" });
  const scroll = html("div", { class: "scroll", role: "region", tabindex: 0 }, table);
  place.append(title, help, html("div", { class: "row" }, add, four, clear), note, holder, scroll);

  const clip = svg("rect"), paths = svg("g", { "clip-path": "url(#race-clip)" }), labels = svg("g");
  const finish = svg("line", { class: "finish" });
  const finishName = svg("text", { class: "finish-name", "text-anchor": "end" });
  const height = (/** @type {number} */ width) => (width < 420 ? 230 : 250);
  const frame = new Frame(holder, { label: "", height, redraw: () => draw(), left: 58, right: 40 });
  frame.marks.append(svg("defs", {}, svg("clipPath", { id: "race-clip" }, clip)), finish, paths, finishName, labels);

  /** @param {number[]} rates */
  function enter(rates) {
    for (const rate of rates) {
      const letter = [...LETTERS].find((one) => !lanes.some((lane) => lane.letter === one));
      if (letter === undefined) break;
      lanes.push({ letter, rate, start: state.get("start").slice(), frozen: [...state.get("frozen")],
        standardise: state.get("standardise") });
    }
    draw();
  }

  /** @param {Lane} lane @returns {Raced} */
  function raced(lane) {
    const bowl = bowlFor(state, lane.standardise), { start, rate, frozen } = lane;
    const { costs } = walk(bowl, { start, rate, frozen, epochs: state.get("epochs") });
    const fall = fallFrom(bowl, start, frozen);
    return { lane, costs, floor: fall.floor, first: fall.height, needs: needed(fall, rate, THOUSANDTH * fall.height) };
  }

  function draw() {
    const budget = state.get("epochs");
    say(help, word("race.help", { epochs: whole(budget) }));
    say(note, lanes.length >= MOST ? word("race.full") : lanes.length ? "" : word("race.empty"));
    note.hidden = !note.textContent;
    add.disabled = lanes.length >= MOST;
    clear.hidden = holder.hidden = scroll.hidden = !lanes.length;
    if (!lanes.length) return;
    // Who never finishes is behind all who do; among those, the lower cost at the end leads.
    const order = lanes.map(raced).sort((one, two) => one.needs - two.needs || end(one) - end(two) || 0);
    tell(order, budget);
    if (frame.width) picture(order, budget);
  }

  /** @param {Raced[]} order @param {number} budget */
  function picture(order, budget) {
    const { left, right, top, bottom } = frame.margin, low = frame.height - bottom, far = frame.width - right;
    frame.limits({
      x: [0, Math.max(1, budget)], y: SHARES, logY: true, xName: word("curve.epoch"), yName: word("race.share"),
    });
    set(clip, { x: left, y: top, width: far - left, height: low - top });
    const y = frame.y(THOUSANDTH);
    set(finish, { x1: left, x2: far, y1: y, y2: y });
    set(finishName, { x: far - 4, y: y + 15 });
    say(finishName, word("race.finish"));
    const up = (/** @type {number} */ share) => (share > 0 ? Math.max(-1e4, Math.min(1e4, frame.y(share))) : low + 10);
    fill(paths, order.map(({ lane, costs, floor, first }) => svg("path", {
      class: `lane lane${LETTERS.indexOf(lane.letter)}`, d: thread(costs.length, frame.x.bind(frame), (i) =>
        (Number.isFinite(costs[i]) ? up((costs[i] - floor) / first) : NaN)),
    })));
    const home = order.filter(({ needs }) => needs <= budget), late = order.filter(({ needs }) => !(needs <= budget));
    const at = home.map(({ needs }) => frame.x(needs)), apart = spread(at, 15, left + 8, far - 8);
    const lateAt = late.map(({ costs, floor, first }) => {
      const share = (costs[costs.length - 1] - floor) / first;
      return Number.isFinite(share) ? Math.max(top + 4, Math.min(low, up(share))) : top + 4;
    });
    const lateApart = spread(lateAt, 15, top + 4, low);
    fill(labels,
      home.map(({ lane }, i) => svg("g", {},
        svg("path", { class: "leader", d: `M${at[i]} ${y}L${apart[i]} ${y - 16}` }),
        svg("circle", { class: "home", cx: at[i], cy: y, r: 3.5 }),
        svg("text", { class: "letter", x: apart[i], y: y - 20, "text-anchor": "middle" }, lane.letter))),
      late.map(({ lane }, i) => svg("text", { class: "letter", x: far + 8, y: lateApart[i] + 4 },
        `${lane.letter}${lateAt[i] <= top + 4 ? " ↑" : ""}`)));
    set(frame.svg, { "aria-label": word("race.alt", { count: order.length,
      order: order.map(({ lane, needs }) => `${lane.letter} ${finished(needs)}`).join(", ") }) });
  }

  /** @param {Raced[]} order @param {number} budget */
  function tell(order, budget) {
    const { names } = state, pair = state.get("pair");
    // What no lane has needs no column.
    const held = lanes.some((lane) => lane.frozen.includes(true)), scaled = lanes.some((lane) => lane.standardise);
    const heads = ["race.place", "race.lane", "compare.rate", "race.start", held && "race.frozen",
      scaled && "race.standardised", "compare.to_finish", "compare.end"].map((name) =>
      name && html("th", { scope: "col" }, word(name)));
    const head = html("thead", {}, html("tr", {}, heads, html("td"), html("td")));
    fill(table, head, html("tbody", {}, order.map((one, place) => {
      const { lane, costs, needs } = one, frozen = names.filter((_, i) => lane.frozen[i]), lost = needs === Infinity;
      const start = [...new Set(pair)].filter((i) => i < names.length);
      const button = (/** @type {string} */ name, /** @type {() => void} */ run) => html("td", {}, html("button", {
        type: "button", "aria-label": word(`${name}_lane`, { lane: lane.letter }), onclick: run }, word(name)));
      return html("tr", {},
        html("td", {}, lost ? "—" : `${place + 1}.`),
        html("th", { scope: "row" }, key(lane.letter), lane.letter),
        html("td", { title: full(lane.rate) }, plain(lane.rate)),
        html("td", {}, start.flatMap((i, k) => [k > 0 && ", ", html("bdi", {}, `${names[i]} ${plain(lane.start[i])}`)]),
          names.length > start.length && ", …"),
        held && html("td", {}, frozen.length ? html("bdi", {}, frozen.join(", ")) : "—"),
        scaled && html("td", {}, word(lane.standardise ? "compare.yes" : "compare.no")),
        html("td", {}, needs <= budget || lost ? finished(needs) : word("race.would", { epochs: whole(needs) })),
        html("td", { title: full(end(one)) }, shown(costs[costs.length - 1])),
        button("race.show", () => show(lane)),
        button("race.remove", () => ((lanes = lanes.filter((other) => other !== lane)), draw())));
    })));
  }

  /** @param {Lane} lane */
  function show({ start, rate, frozen, standardise }) {
    state.standardise(standardise);
    state.set({ start: start.slice(), rate, frozen: [...frozen], at: 0 });
  }

  state.on(["moved", "epochs", "pair"], () => {
    say(title, word("race.title"));
    say(add, word("race.add"));
    say(four, word("race.four"));
    set(four, { title: word("race.four_help") });
    say(clear, word("race.clear"));
    set(scroll, { "aria-label": word("race.title") });
    draw();
  });
}

/** The cost at the end. @param {Raced} raced */
function end({ costs }) {
  return costs[costs.length - 1];
}

/** A piece of the lane's own line. @param {string} letter */
function key(letter) {
  return svg("svg", { width: 30, height: 8, class: "key", "aria-hidden": "true" },
    svg("path", { class: `lane lane${LETTERS.indexOf(letter)}`, d: "M0 4H30" }));
}
