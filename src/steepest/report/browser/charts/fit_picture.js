// The picture of data and fit: points, line, sticks and squares, drawn where they stand and moved by attributes only.

import { Frame } from "../core/axes.js";
import { html, say, set, svg } from "../core/elements.js";
import { shown } from "../core/numbers.js";
import { aired, ends, inFrame, squareBeside, within } from "./squares.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */

/** Of more points, neither squares nor sticks of their own: they would cover each other. */
export const MOST_SQUARES = 30;

/**
 * What is drawn, in the data's own units: of one feature a line through the points, of several features the estimates
 * over their targets, where the diagonal stands for the line.
 * @typedef {object} Drawn
 * @property {number} m @property {number} b slope and intercept of the line, or 1 and 0 of the diagonal
 * @property {number[] | Float64Array} across where a point stands @property {number[] | Float64Array} up
 */

export class FitPicture {
  /** @param {HTMLElement} place @param {State} state @param {() => void} redraw */
  constructor(place, state, redraw) {
    this.state = state;
    const { inputs } = /** @type {NonNullable<State["points"]>} */ (state.points);
    this.count = inputs.length;
    this.one = state.data.x_names.length === 1;
    this.few = this.count <= MOST_SQUARES;
    /** Whether a hand holds something: the axes stand still under it. */
    this.held = false;
    this.laid = false;
    this.chosen = 0;
    /** @type {{x: [number, number], y: [number, number]} | null} */ this.shows = null;
    /** @type {Drawn} */ this.drawn = { m: 0, b: 0, across: [], up: [] };
    const height = (/** @type {number} */ width) => (width < 420 ? 230 : 232);
    this.frame = new Frame(place, { label: "", height, redraw: () => ((this.laid = false), redraw()) });
    this.clip = svg("rect");
    const each = (/** @type {(row: number) => SVGElement} */ make) =>
      this.few ? Array.from({ length: this.count }, (_, row) => make(row)) : [];
    this.squares = each((row) => svg("rect", { class: "square", "data-lights": `cost residual row${row}` }));
    this.sticks = each((row) => svg("line", { class: "stick", "data-lights": `residual row${row}` }));
    this.dots = each((row) => svg("circle", { class: "point", r: 4.5, "data-lights": `row${row}` }));
    this.allSticks = svg("path", { class: "stick thin", "data-lights": "residual" });
    this.allDots = svg("path", { class: "points" });
    this.origins = svg("path", { class: "origin" });
    this.best = svg("line", { class: "best" });
    this.ghost = svg("line", { class: "ghost", "data-lights": "next" });
    this.line = svg("line", { class: "line", "data-lights": "estimate" });
    this.edge = place.appendChild(html("p", { class: "edge" }));
    place.classList.add("picture");
    const grips = this.few ? this.count : 1;
    this.grips = state.data.live?.draggable
      ? Array.from({ length: grips }, () => svg("circle", { class: "grip", role: "slider", tabindex: 0 })) : [];
    this.handles = this.grips.length
      ? ["left", "right"].map((side) => svg("g", { class: "handle", role: "slider", tabindex: 0, "data-end": side,
        "aria-orientation": "vertical" }, svg("circle", { class: "grip-of-end" }), svg("circle", { r: 6 })))
      : [];
    this.frame.marks.append(
      svg("defs", {}, svg("clipPath", { id: "fit-clip" }, this.clip)),
      svg("g", { "clip-path": "url(#fit-clip)" },
        this.squares, this.allSticks, this.sticks, this.best, this.ghost, this.line,
        this.origins, this.allDots, this.dots),
      ...this.handles, ...this.grips,
    );
    // What can be operated in it may not stand inside an image.
    if (this.grips.length) set(this.frame.svg, { role: "group" });
  }

  /** Line and points for parameters in the data's own units. @param {ArrayLike<number>} own @returns {Drawn} */
  of(own) {
    const { inputs, targets } = /** @type {NonNullable<State["points"]>} */ (this.state.points);
    const features = this.state.data.x_names.length, b = this.state.data.live.intercept ? own[features] : 0;
    if (this.one) return { m: own[0], b, across: Float64Array.from(inputs, (row) => row[0]), up: targets };
    const estimates = Float64Array.from(inputs, (row) => {
      let sum = b;
      for (let i = 0; i < features; i++) sum += row[i] * own[i];
      return sum;
    });
    return { m: 1, b: 0, across: targets, up: estimates };
  }

  /**
   * Lay the axes out for the data and the line at the start; as before, if these fit.
   * @param {ArrayLike<number>} start in the data's own units
   */
  layOut(start) {
    if (!this.frame.width || (this.laid && this.held)) return;
    const { m, b, across, up } = this.of(start), spanX = ends(across);
    const spanY = this.one ? within(ends(up), ends([m * spanX[0] + b, m * spanX[1] + b])) : within(spanX, ends(up));
    const { frame } = this, { x_names: names, y_name: target } = this.state.data;
    if (!this.shows || !suits(this.shows.x, spanX) || !suits(this.shows.y, spanY))
      this.shows = { x: aired(spanX, 0.07), y: aired(spanY, 0.06) };
    const told = target === "target" ? word("fit.target") : `${word("fit.target")}: ${target}`;
    frame.limits({
      ...this.shows, xName: this.one ? names[0] : told, yName: this.one ? target : word("fit.estimate"),
    });
    this.laid = true;
    const { left, top, right, bottom } = frame.margin;
    set(this.clip, { x: left, y: top, width: frame.width - left - right, height: frame.height - top - bottom });
  }

  /** @param {Drawn} drawn */
  draw(drawn) {
    this.drawn = drawn;
    const { frame } = this, { m, b, across, up } = drawn, { left, right } = frame.margin;
    const rise = (frame.y(m) - frame.y(0)) / (frame.x(1) - frame.x(0));
    /** @type {import("./squares.js").Box} */
    const box = [left, 0, frame.width - right, frame.height];
    const tall = frame.height - frame.margin.top - frame.margin.bottom;
    let dots = "", sticks = "", out = 0, furthest = 0, hidden = 0;
    for (let row = 0; row < this.count; row++) {
      const x = frame.x(across[row]), point = tame(frame.y(up[row])), line = tame(frame.y(m * across[row] + b));
      if (this.few) {
        const square = squareBeside(x, point, line, rise, box);
        const visibility = square.size < tall ? null : "hidden";
        if (visibility) hidden++;
        set(this.squares[row], { x: square.x, y: square.y, width: square.size, height: square.size, visibility });
        set(this.sticks[row], { x1: x, x2: x, y1: point, y2: line });
        set(this.dots[row], { cx: x, cy: point });
      } else {
        const at = `M${x.toFixed(1)} ${point.toFixed(1)}`;
        dots += `${at}h0`;
        sticks += `${at}V${line.toFixed(1)}`;
      }
      const estimate = this.one ? m * across[row] + b : up[row];
      if (!(estimate >= frame.spanY[0] && estimate <= frame.spanY[1])) {
        out++;
        if (!(Math.abs(estimate) <= Math.abs(furthest))) furthest = estimate;
      }
    }
    if (!this.few) {
      set(this.allDots, { d: dots });
      set(this.allSticks, { d: sticks });
    }
    this.#lay(this.line, m, b);
    this.#grip();
    this.#edge(out, furthest, hidden);
  }

  /** A thin or a dashed line beside; null hides it. @param {SVGElement} line @param {ArrayLike<number> | null} own */
  beside(line, own) {
    const drawn = own && this.one ? this.of(own) : null;
    if (drawn) this.#lay(line, drawn.m, drawn.b);
    else set(line, { visibility: "hidden" });
  }

  /** Where points lay before they were moved. */
  markOrigins() {
    const { inputs, targets } = this.state.data.points, { frame } = this;
    set(this.origins, { d: this.state.get("moved").map(({ row }) => {
      const x = frame.x(inputs[row][0]), y = frame.y(targets[row]);
      return `M${x - 4} ${y - 4}l8 8m0 -8l-8 8`;
    }).join("") });
  }

  /** The ends of a line that are in the frame, in the data's own units. @param {Drawn} drawn */
  endsOf({ m, b }) {
    return inFrame(m, b, this.frame.spanX, this.frame.spanY);
  }

  /** @param {SVGElement} line @param {number} m @param {number} b */
  #lay(line, m, b) {
    const { frame } = this, seen = inFrame(m, b, frame.spanX, frame.spanY);
    if (!seen) return set(line, { visibility: "hidden" });
    const [[x1, y1], [x2, y2]] = seen;
    return set(line, { visibility: null, x1: frame.x(x1), y1: frame.y(y1), x2: frame.x(x2), y2: frame.y(y2) });
  }

  #grip() {
    const { frame } = this, { across, up } = this.drawn, { x_names: names, y_name: target } = this.state.data;
    this.grips.forEach((grip, place) => {
      const row = this.few ? place : this.chosen;
      const input = `${names[0]} ${shown(across[row])}`, aim = `${target} ${shown(up[row])}`;
      set(grip, {
        cx: frame.x(across[row]), cy: frame.y(up[row]), "data-row": row, "data-lights": `row${row}`,
        "aria-label": word("fit.point", { row: row + 1, input, target: aim }),
        "aria-valuenow": up[row], "aria-valuetext": `${input}, ${aim}`,
      });
    });
    const places = this.endsOf(this.drawn);
    this.handles.forEach((handle, side) => {
      if (!places) return set(handle, { visibility: "hidden" });
      const [x, y] = places[side], key = side ? "fit.right_end" : "fit.left_end";
      return set(handle, {
        visibility: null, transform: `translate(${frame.x(x)} ${frame.y(y)})`, "aria-valuenow": y,
        "aria-label": word(key, { value: shown(y), at: `${names[0]} ${shown(x)}` }),
      });
    });
  }

  /**
   * Say at the edge what is out of the picture.
   * @param {number} out how many estimates @param {number} furthest of them @param {number} hidden how many squares
   */
  #edge(out, furthest, hidden) {
    const { frame } = this, { m, b } = this.drawn, middle = (frame.spanX[0] + frame.spanX[1]) / 2;
    const value = m * middle + b;
    let text = "", low = false;
    if (!Number.isFinite(value)) text = word("fit.gone");
    else if (this.one && !this.endsOf(this.drawn)) {
      low = value < frame.spanY[0];
      text = word(low ? "fit.below" : "fit.above", { value: shown(value), at: shown(middle) });
    } else if (out && (!this.one || hidden))
      text = word("fit.points_out", { count: out, drawn: this.count, value: shown(furthest) });
    say(this.edge, hidden ? word("fit.large", { text, count: hidden }) : text);
    this.edge.classList.toggle("low", low);
  }
}

/**
 * Whether limits show a span: all of it, and not too small.
 * @param {[number, number]} limits @param {[number, number]} span
 */
function suits(limits, span) {
  return limits[0] <= span[0] && limits[1] >= span[1] && span[1] - span[0] > 0.4 * (limits[1] - limits[0]);
}

/** A place that every browser can draw, far out where the number is. @param {number} pixels */
function tame(pixels) {
  return Number.isNaN(pixels) ? -1e5 : Math.max(-1e5, Math.min(1e5, pixels));
}
