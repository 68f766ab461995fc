// The cost over two parameters: surface, contour or slices, with path, gradient and trilobite.

import { Frame, cut } from "../core/axes.js";
import { drawTicks, drawWalls, lineNumbers, MARGINS } from "./box.js";
import { map, perspective } from "./camera.js";
import { costAt } from "../core/engine.js";
import { fill, html, say, set } from "../core/elements.js";
import { liveGround, recordedGround } from "./ground.js";
import { hands } from "./hands.js";
import { Heights } from "./heights.js";
import { drawHoles } from "./holes.js";
import { lookbar } from "./lookbar.js";
import { shown } from "../core/numbers.js";
import { Overlay } from "./overlay.js";
import { pairing } from "./pairing.js";
import { reachOf, reachOfAll, within } from "./reach.js";
import { Scene } from "./scene.js";
import { Sheet } from "./sheet.js";
import { Slices } from "./slices.js";
import { told, twin } from "./twin.js";
import { otherRuns } from "./walks.js";
import { word } from "../words/words.js";

/** @typedef {import("../core/state.js").State} State */

/** The arrow of the first gradient, in half widths of the frame. */
const ARROW = 0.5;

/** @param {HTMLElement} place @param {State} state */
export function mountLandscape(place, state) {
  const single = state.names.length === 1;
  const replayed = state.live ? null : recordedGround(state);
  if (!state.names.length || !(state.live || replayed || single)) {
    place.hidden = true;
    return;
  }
  const title = html("h2"), help = html("p", { class: "help" }), cutNote = html("p", { class: "note" });
  const bar = lookbar(state, single);
  const canvas = html("canvas", { "aria-hidden": "true" });
  const picture = html("div", { class: "picture", tabindex: 0, role: "group" }, canvas);
  const frame = new Frame(picture, { label: "", height: tallness, redraw: () => layAll(), ...MARGINS });
  const cuts = new Slices(), overlay = new Overlay(frame.marks, state), numbers = twin(state);
  frame.svg.prepend(overlay.veil.element);
  frame.svg.append(cuts.element);
  picture.append(bar.turns, bar.edge);
  const heard = html("p", { class: "seen-only-by-readers", "aria-live": "polite" });
  const many = state.names.length > 2 && state.live ? pairing(state) : null;
  const foot = html("div", { class: "row foot" }, bar.key, numbers.element);
  place.append(...[
    html("div", { class: "row top" }, title, bar.looks, bar.heights), help, many?.choice,
    html("div", { class: many ? "stage with-bars" : "stage" }, html("div", {}, picture, cutNote), many?.bars),
    foot, heard,
  ].filter((child) => child !== undefined));

  const sheet = new Sheet(canvas);
  /** @type {import("./reach.js").Reach | null} */ let usual = null;
  /** @type {import("./reach.js").Reach | null} */ let reach = null;
  /** @type {import("./reach.js").Reach | null} */ let drawn = null;
  /** @type {import("./ground.js").Ground | null} */ let ground = null;
  /** @type {Scene | null} */ let scene = null;
  let bowl = state.bowl;
  let zoomed = false, length = 1, known = "";

  /** Limits and ground; either stays as it is, where nothing it shows has changed. @param {boolean} anew */
  function survey(anew) {
    const pair = state.get("pair");
    if (!replayed) {
      const before = usual;
      usual = reachOf(state, pair, anew ? null : usual);
      if (usual !== before) length = arrowLength(state, pair, usual);
    } else {
      usual = replayed.reach;
      length = arrowLength(state, pair, usual);
    }
    const wanted = zoomed && !replayed ? reachOfAll(state, pair, usual) : usual;
    if (String([wanted.x, wanted.y]) !== String(reach && [reach.x, reach.y])) reach = wanted;
    if (replayed) ground = replayed;
    else if (!single && state.live && reach) {
      const rests = [...(state.lowest ?? [])].map((value, i) => (i === pair[0] || i === pair[1] ? "" : value)).join();
      const now = [rests, state.floor, ...reach.x, ...reach.y, pair].join();
      if (now !== known || bowl !== state.bowl) ground = liveGround(state, pair, reach);
      [known, bowl] = [now, state.bowl];
    }
    numbers.lay(ground);
  }

  /** Make the scene anew, if it is another; the start is in it, though with more parameters it may float above. */
  function raise() {
    if (!ground) return false;
    const first = state.walk.costs[0], high = zoomed || !(first < 1e100) ? ground.high : Math.max(ground.high, first);
    const kind = state.get("height"), lit = state.get("look") === "surface";
    const same = scene?.heights.kind === kind && scene.heights.high === high && scene.lit === lit;
    if (same && scene?.ground === ground) return false;
    scene = new Scene(ground, new Heights(kind, ground.floor, high), lit);
    return true;
  }

  /** @type {import("./sheet.js").Draw} */
  function paint(context, ratio, buffers) {
    if (!scene) return;
    const upright = state.get("look") === "surface", { width, height } = frame;
    const pose = upright
      ? perspective(state.get("camera"), { width, height, ...MARGINS }) : map(frame, scene.ground.reach);
    if (upright) {
      drawWalls(context, pose, scene, ratio);
      drawHoles(context, pose, scene, ratio);
    }
    scene.draw(context, pose, ratio, buffers);
  }

  /** Draw the ground where the camera is; soft while it moves, sharp at rest. */
  function look() {
    const [first, second] = state.get("pair"), names = state.names, now = state.get("look");
    const flat = now === "contour";
    picture.className = `picture ${now}`;
    set(cuts.element, { display: now === "slices" ? null : "none" });
    for (const part of [frame.marks, overlay.veil.element]) set(part, { display: now === "slices" ? "none" : null });
    if (now === "slices" || !scene) {
      fill(frame.grid);
      sheet.clear(frame);
      lay();
      return;
    }
    if (flat) {
      const { x, y } = scene.ground.reach;
      frame.limits({ x, y, xName: cut(names[first], frame.width / 9), yName: cut(names[second], frame.height / 9) });
      frame.grid.querySelectorAll(".name").forEach((text, side) =>
        set(text, { class: side ? "name two" : "name one", "data-lights": `p${side ? second : first}` }));
    }
    sheet.show(frame, paint);
    const lights = /** @type {[string, string]} */ ([`p${first}`, `p${second}`]), { width, height } = frame;
    if (!flat) drawTicks(frame.grid, scene, { x: names[first], y: names[second], cost: costName() }, { width, height, lights });
    fill(overlay.numbers, flat && !state.get("fog") ? lineNumbers(scene) : []);
    lay();
  }

  /** Lay path and limits on what is drawn already. */
  function lay() {
    drawn = reach;
    overlay.room = frame;
    if (scene && state.get("look") !== "slices") overlay.lay(scene);
    else if (reach) cuts.lay(state, ground, reach, frame, word("landscape.cost"));
  }

  function costName() {
    if (!scene) return "";
    const { kind, floor, offset, range } = scene.heights;
    if (kind === "linear") return word("landscape.cost");
    // What rounding left of a perfect fit is no floor to speak of.
    if (Math.abs(floor) < 1e-9 * range) return word(`landscape.cost.${kind}.bare`, { offset: shown(offset, 1) });
    const written = floor < 0 ? `(${shown(floor)})` : shown(floor);
    return word(`landscape.cost.${kind}`, { floor: written, offset: shown(offset, 1) });
  }

  function step() {
    if (state.get("look") === "slices" || !scene) cuts.step(state, ground);
    else overlay.step({ length, size: frame.width < 480 ? 34 : 46 });
    const { capped, bottom } = overlay;
    const holes = ground?.holes ?? false;
    bar.keys({ capped, bottom, length, look: state.get("look"), holes, runs: otherRuns(state) });
    set(frame.svg, { "aria-label": told(state) });
    const pair = state.get("pair"), here = state.here;
    const out = reach !== null && !within(reach, here[pair[0]], here[pair[1]]);
    bar.showEdge({ out: out ? farthest(state, pair, reach) : null, zoomed, canZoom: !replayed });
    many?.step();
  }

  function layAll() {
    if (!frame.width) return;
    raise();
    look();
    step();
  }

  function words() {
    const [first, second] = state.get("pair").map((i) => cut(state.names[i], 24)), now = state.get("look");
    say(title, single ? word("landscape.title.one", { first }) : word("landscape.title", { first, second }));
    const kind = state.live ? "help" : single ? "recorded" : "replay";
    say(help, word(`landscape.${now}.${kind}`, { first, second }));
    const count = state.names.length - 2, noted = count > 0 && now !== "slices";
    say(cutNote, noted ? word(state.live ? "landscape.cut" : "landscape.cut.replay", { count }) : "");
    picture.setAttribute("aria-label", word(now === "surface" ? "landscape.picture" : `landscape.picture.${now}`));
    bar.words();
    numbers.words();
    many?.words();
  }

  /** @param {boolean} far */
  bar.onZoom = (far) => {
    zoomed = far;
    survey(false);
    layAll();
  };

  hands(picture, state, {
    reach: () => reach,
    said: () => say(heard, word("landscape.started", {
      values: state.get("pair").map((i) => `${state.names[i]} ${shown(state.get("start")[i])}`).join(", "),
      cost: shown(state.walk.costs[0]),
    })),
    pick(x, y) {
      if (!scene || !reach) return null;
      if (state.get("look") === "contour") {
        const box = frame.svg.getBoundingClientRect();
        const [a, b] = frame.at({ clientX: box.left + x, clientY: box.top + y });
        return within(reach, a, b) ? [a, b] : null;
      }
      const found = scene.pick(x, y);
      return found && [found.a, found.b];
    },
  });

  let mounted = false;
  state.on([
    "walk", "bowl", "lowest", "pair", "look", "height", "camera", "at", "phase", "trilobite", "fog", "taps", "frozen",
  ], (changed) => {
    const has = (/** @type {string[]} */ ...keys) => !mounted || keys.some((key) => changed.has(key));
    if (single && state.get("look") !== "slices") state.set({ look: "slices" });
    // A link may ask for two others; only these were recorded.
    if (replayed && String(replayed.pair) !== String(state.get("pair"))) state.set({ pair: replayed.pair });
    if (has("pair", "look", "language", "height")) words();
    if (has("walk", "pair")) many?.arrange();
    if (has("pair", "walk")) many?.chosen();
    const anew = has("pair", "standardise"), flat = state.get("look") !== "surface";
    if (anew) zoomed = false;
    if (has("start", "bowl", "lowest", "pair", "frozen")) survey(anew);
    mounted = true;
    if (!frame.width) return;
    if (raise() || has("look", "pair", "language", "fog") || (has("camera") && !flat) || reach !== drawn) look();
    else if (has("walk", "lowest")) lay();
    step();
  });

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", layAll);
}

/**
 * How high a picture of a width is: with the cards and the transport below it, all is to be seen at once.
 * @param {number} width
 */
function tallness(width) {
  return Math.max(240, Math.min(width * 0.86, innerHeight * 0.54 - 60, 620));
}

/**
 * How long the arrow is to one of the gradient: a round number, fixed for a frame.
 * @param {State} state @param {[number, number]} pair @param {import("./reach.js").Reach} reach
 */
function arrowLength(state, pair, reach) {
  const slope = state.walk.gradients.slice(0, state.walk.size);
  if (state.bowl) costAt(state.bowl, state.get("start"), slope);
  const wide = (reach.x[1] - reach.x[0]) / 2, deep = (reach.y[1] - reach.y[0]) / 2;
  const long = Math.hypot(slope[pair[0]] / wide, slope[pair[1]] / deep);
  return long > 0 && Number.isFinite(long) ? Number((ARROW / long).toPrecision(1)) : 1;
}

/**
 * What is farthest out of the frame.
 * @param {State} state @param {[number, number]} pair @param {import("./reach.js").Reach | null} reach
 */
function farthest(state, pair, reach) {
  const here = state.here, { epochs } = state.walk;
  const outside = [reach?.x ?? [0, 1], reach?.y ?? [0, 1]].map(([low, high], side) => {
    const off = Math.abs(here[pair[side]] - (low + high) / 2) / (high - low);
    return Number.isNaN(off) ? Infinity : off;
  });
  const i = pair[outside[0] >= outside[1] ? 0 : 1], epoch = epochs[state.get("at") + (state.stale ? 1 : 0)];
  return { name: state.names[i], value: shown(here[i]), epoch };
}
