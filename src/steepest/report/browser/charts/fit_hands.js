// Hands on data and fit: a point, or an end of the line, dragged by mouse and finger or moved by keys.

import { scaled } from "../core/engine.js";
import { set } from "../core/elements.js";

/** @typedef {import("../core/state.js").State} State */
/** @typedef {import("./fit_picture.js").FitPicture} FitPicture */
/** @typedef {[number, number]} Place */

const REACH = 14;
/** So many pixels from a point a mouse takes hold of it. */

/** @param {FitPicture} picture @param {State} state @param {() => void} released */
export function takeHold(picture, state, released) {
  const { frame } = picture;
  /** @type {null | ((place: Place) => void)} */
  let drag = null;

  // Where things are, which the picture may not have drawn yet: keys can come faster than frames.
  const now = () => picture.of(state.inOwnUnits(state.here));

  frame.svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const target = /** @type {Element} */ (event.target), end = target.closest("[data-end]");
    const row = end ? -1 : nearest(picture, event, target.closest(".grip") ? 40 : REACH);
    if (!end && row < 0) return;
    event.preventDefault();
    frame.svg.setPointerCapture(event.pointerId);
    if (end) {
      drag = endOfLine(picture, state, end.getAttribute("data-end") === "right" ? 1 : 0, picture.drawn);
      /** @type {SVGElement} */ (end).focus({ preventScroll: true });
    } else {
      drag = (place) => movePoint(state, row, place);
      choose(picture, row);
    }
    picture.held = true;
    frame.svg.classList.add("held");
  });
  frame.svg.addEventListener("pointermove", (event) => drag?.(inside(picture, frame.at(event))));
  for (const ending of ["pointerup", "pointercancel"])
    frame.svg.addEventListener(ending, () => {
      if (!drag) return;
      drag = null;
      picture.held = false;
      frame.svg.classList.remove("held");
      released();
    });

  frame.svg.addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target), end = target.getAttribute("data-end");
    const row = target.getAttribute("data-row"), far = event.shiftKey ? 10 : 1;
    const across = (frame.spanX[1] - frame.spanX[0]) / 200 * far, up = (frame.spanY[1] - frame.spanY[0]) / 200 * far;
    const by = { ArrowLeft: [-across, 0], ArrowRight: [across, 0], ArrowUp: [0, up], ArrowDown: [0, -up] }[event.key];
    if (by && end) {
      const side = end === "right" ? 1 : 0, place = picture.endsOf(now())?.[side];
      if (place) endOfLine(picture, state, side, now())([place[0], place[1] + (by[1] || Math.sign(by[0]) * up)]);
    } else if (by && row !== null) {
      const { across: xs, up: ys } = now(), at = Number(row);
      movePoint(state, at, inside(picture, [xs[at] + by[0], ys[at] + by[1]]));
    } else if (row !== null && (event.key === "PageDown" || event.key === "PageUp")) {
      const step = event.key === "PageDown" ? 1 : -1;
      choose(picture, (Number(row) + step + picture.count) % picture.count);
    } else return;
    event.preventDefault();
    // The page's own keys do not move the epoch while a point is moved.
    event.stopPropagation();
  });
  // Once it is let go of, the axes may follow; under the keys they stand still.
  frame.svg.addEventListener("focusin", () => (picture.held = true));
  frame.svg.addEventListener("focusout", () => {
    if (drag) return;
    picture.held = false;
    released();
  });
}

/** Put focus on a point. @param {FitPicture} picture @param {number} row */
function choose(picture, row) {
  picture.chosen = row;
  picture.draw(picture.drawn);
  picture.grips[picture.few ? row : 0]?.focus({ preventScroll: true });
}

/** @param {FitPicture} picture @param {PointerEvent} event @param {number} reach pixels */
function nearest({ frame, drawn, count, grips }, event, reach) {
  if (!grips.length) return -1;
  const box = frame.svg.getBoundingClientRect();
  let best = reach, row = -1;
  for (let index = 0; index < count; index++) {
    const away = Math.hypot(
      frame.x(drawn.across[index]) - (event.clientX - box.left), frame.y(drawn.up[index]) - (event.clientY - box.top));
    if (away < best) [best, row] = [away, index];
  }
  return row;
}

/** @param {State} state @param {number} row @param {Place} place */
function movePoint(state, row, [input, target]) {
  state.set({ moved: [...state.get("moved").filter((point) => point.row !== row), { row, input, target }] });
}

/**
 * An end of the line in hand: the descent starts with the line through the hand and the other end.
 * @param {FitPicture} picture @param {State} state @param {number} side
 * @param {import("./fit_picture.js").Drawn} line @returns {(place: Place) => void}
 */
function endOfLine(picture, state, side, line) {
  const places = picture.endsOf(line), { intercept } = state.data.live;
  if (!places) return () => {};
  const [fixedX, fixedY] = places[1 - side], apart = (picture.frame.spanX[1] - picture.frame.spanX[0]) / 20;
  return ([x, y]) => {
    let own;
    if (intercept) {
      const away = side ? Math.max(apart, x - fixedX) : Math.min(-apart, x - fixedX), m = (y - fixedY) / away;
      own = Float64Array.of(m, fixedY - m * fixedX);
    } else if (Math.abs(x) > apart) own = Float64Array.of(y / x);
    else return;
    state.set({ start: state.get("standardise") ? scaled(own, state.scale) : own, at: 0, phase: 3 });
  };
}

/**
 * A place of the picture, for one that may be beside it.
 * @param {FitPicture} picture @param {Place} place @returns {Place}
 */
function inside({ frame }, [x, y]) {
  const held = (/** @type {number} */ value, /** @type {Place} */ [low, high]) => Math.max(low, Math.min(high, value));
  return [held(x, frame.spanX), held(y, frame.spanY)];
}

/** Tell those who do not see the picture how it is operated. @param {FitPicture} picture @param {string} id */
export function describeHands(picture, id) {
  for (const grip of picture.grips) set(grip, { "aria-describedby": id });
}
