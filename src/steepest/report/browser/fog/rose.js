// The compass rose of eight taps with its two arrows, and the table of ever shorter taps.

import { cut } from "../core/axes.js";
import { fill, html, say, set, svg } from "../core/elements.js";
import { full, shown } from "../core/numbers.js";
import { angle, COMPASS, DIRECTIONS } from "./taps.js";
import { word } from "../words/words.js";

/** @typedef {import("./taps.js").Direction} Direction */
/** @typedef {[number, number]} Arrow slopes along both axes */

/** @param {(way: Direction) => void} tap */
export function mountRose(tap) {
  const found = arrowPicture("found"), real = arrowPicture("real");
  const picture = svg("svg", { viewBox: "-1.2 -1.2 2.4 2.4", role: "img", class: "arrows" },
    svg("circle", { r: 0.07 }), real, found);
  const cells = DIRECTIONS.map((way) => {
    const name = html("span", { class: "way" }), change = html("span", { class: "change" });
    const button = html("button", { type: "button", "data-way": way, onclick: () => tap(way) }, name, change);
    return { way, name, change, button };
  });
  const buttons = cells.map(({ button }) => button);
  const element = html("div", { class: "rose", role: "group" }, buttons.slice(0, 4), picture, buttons.slice(4));

  return {
    element,
    /**
     * @param {{costs: Map<Direction, number | undefined>, cost: number | undefined, open: Direction[],
     *          names: string[], arrow: Arrow | null, real: Arrow | null}} told `costs` at the tapped places
     */
    show({ costs, cost, open, names, arrow, real: truth }) {
      set(element, { "aria-label": word("fog.rose") });
      for (const { way, name, change, button } of cells) {
        const reached = costs.get(way), felt = reached !== undefined && cost !== undefined ? reached - cost : null;
        button.disabled = !open.includes(way);
        const axes = COMPASS[way].flatMap((part, axis) => (part ? [axis] : []));
        const alone = axes.length === 1 ? ` · ${cut(names[axes[0]], 7)} ${COMPASS[way][axes[0]] > 0 ? "+" : "−"}` : "";
        say(name, `${word(`fog.${way}`)}${alone}`);
        name.className = alone ? `way ${axes[0] ? "two" : "one"}` : "way";
        say(change, felt === null ? "·" : `${felt < 0 ? "▼ " : felt > 0 ? "▲ +" : "= "}${shown(felt)}`);
        button.classList.toggle("lower", felt !== null && felt < 0);
        const moved = COMPASS[way].map((part, axis) => part && `${names[axis].slice(0, 40)} ${part > 0 ? "+" : "−"}`);
        const where = moved.filter(Boolean).join(", "), heard = felt === null ? word("fog.untapped") : shown(felt);
        set(button, {
          "data-value": felt, title: felt === null ? where : `${where}: ${full(felt)}`,
          "aria-label": `${word(`fog.${way}`)}, ${where}: ${heard}`,
        });
      }
      point(found, arrow);
      point(real, truth);
      const read = arrow ? word("fog.arrow", { degrees: shown(heading(arrow)) }) : word("fog.no_arrow");
      set(picture, { "aria-label": read });
    },
  };
}

/** @param {string} name */
function arrowPicture(name) {
  const tip = svg("path", { class: "tip", d: "M1.05 0 .76-.14V.14Z" });
  return svg("g", { class: name }, svg("path", { d: "M0 0H.86" }), tip);
}

/** Turn an arrow downhill; north is up. @param {SVGElement} element @param {Arrow | null} slopes */
function point(element, slopes) {
  const lies = slopes !== null && Math.hypot(...slopes) > 0;
  set(element, { transform: lies ? `rotate(${-heading(slopes)})` : null, visibility: lies ? null : "hidden" });
}

/** Where it goes down most steeply, in degrees from east by north. @param {Arrow} slopes */
function heading([one, two]) {
  return ((Math.atan2(-two, -one) * 180) / Math.PI + 360) % 360;
}

/** The slopes that ever shorter taps give, beside the true ones. @param {number[]} steps @param {() => void} tapAll */
export function mountShrinking(steps, tapAll) {
  const summary = html("summary"), head = html("tr"), help = html("p", { class: "help" });
  const button = html("button", { type: "button", onclick: tapAll });
  const rows = steps.map((step) => {
    const cells = [html("td"), html("td"), html("td")];
    return { cells, row: html("tr", {}, html("th", { scope: "row" }, shown(step, 1)), cells) };
  });
  const element = html("details", { class: "shrinking" }, summary, help, button,
    html("div", { class: "scroll", role: "region", tabindex: 0 },
      html("table", { class: "numbers" }, html("thead", {}, head), html("tbody", {}, rows.map(({ row }) => row)))));
  return {
    element,
    /** @param {string[]} names @param {[number | null, number | null][]} all @param {Arrow | null} real */
    show(names, all, real) {
      say(summary, word("fog.shrinking"));
      say(help, word("fog.shrinking_help"));
      say(button, word("fog.tap_all", { taps: 2 * steps.length }));
      set(/** @type {Element} */ (element.querySelector(".scroll")), { "aria-label": word("fog.shrinking") });
      const titles = [word("fog.step"), ...names.map((name) => word("fog.slope", { name })), word("fog.angle")];
      if (head.textContent !== titles.join("")) fill(head, titles.map((title) => html("th", { scope: "col" }, title)));
      rows.forEach(({ cells }, index) => {
        const [one, two] = all[index], apart = real && one !== null && two !== null ? angle([one, two], real) : null;
        [one, two, apart].forEach((value, column) => {
          say(cells[column], value === null ? "·" : shown(value, 6) + (column === 2 ? "°" : ""));
          set(cells[column], { title: value === null ? null : full(value) });
        });
      });
    },
  };
}
