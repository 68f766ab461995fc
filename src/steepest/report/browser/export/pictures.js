// The pictures of the page as files that stand alone: canvas and drawing in one, always on white paper.

import { svg } from "../core/elements.js";

/** Smaller ones are icons. */
const LEAST = 90;
/** Handed down from parent to child, and so written only where they change. */
const INHERITED = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap",
  "stroke-linejoin", "font-family", "font-size", "font-weight", "font-style", "text-anchor", "dominant-baseline",
  "letter-spacing", "paint-order", "visibility",
];
/** @type {Record<string, string>} */
const OWN = { opacity: "1", "text-decoration-line": "none", "stop-color": "rgb(0, 0, 0)", "stop-opacity": "1" };

/** @typedef {HTMLCanvasElement | SVGSVGElement} Layer */

/** What is drawn in a section, from the ground up, and the rectangle around it. @param {Element} section */
function layersOf(section) {
  const layers = [...section.querySelectorAll("canvas, svg")].filter((layer) => {
    const { width, height } = layer.getBoundingClientRect();
    return width >= LEAST && height >= LEAST && !layer.parentElement?.closest("svg, button, noscript");
  });
  const boxes = layers.map((layer) => layer.getBoundingClientRect());
  const left = Math.min(...boxes.map((box) => box.left)), top = Math.min(...boxes.map((box) => box.top));
  const width = Math.max(...boxes.map((box) => box.right)) - left;
  const height = Math.max(...boxes.map((box) => box.bottom)) - top;
  return { layers: /** @type {Layer[]} */ (layers), boxes, left, top, width, height };
}

/** @param {Element | null} section */
export function hasPicture(section) {
  return section !== null && layersOf(section).layers.length > 0;
}

/** A section's picture as the text of an SVG file. @param {Element} section */
export function asSvg(section) {
  const { layers, boxes, left, top, width, height } = layersOf(section);
  const sheet = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}` },
    svg("rect", { width, height, fill: "#fff" }));
  onWhitePaper(() => layers.forEach((layer, index) => {
    const box = boxes[index], place = { x: box.left - left, y: box.top - top, width: box.width, height: box.height };
    sheet.append(layer instanceof HTMLCanvasElement
      ? svg("image", { ...place, href: layer.toDataURL(), preserveAspectRatio: "none" }) : copied(layer, place));
  }));
  return new XMLSerializer().serializeToString(sheet);
}

/**
 * A section's picture painted on a canvas.
 * @param {Element} section @param {number} scale @returns {Promise<HTMLCanvasElement>}
 */
export async function asCanvas(section, scale) {
  const { layers, boxes, left, top, width, height } = layersOf(section);
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("no 2d canvas");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  /** @type {(string | HTMLCanvasElement)[]} */
  let sources = [];
  onWhitePaper(() => {
    sources = layers.map((layer, index) => {
      if (layer instanceof HTMLCanvasElement) return layer;
      const size = { width: boxes[index].width * scale, height: boxes[index].height * scale };
      return new XMLSerializer().serializeToString(copied(layer, size));
    });
  });
  for (const [index, source] of sources.entries()) {
    const box = boxes[index], image = typeof source === "string" ? await loaded(source) : source;
    const [x, y, wide, tall] = [box.left - left, box.top - top, box.width, box.height].map((part) => part * scale);
    pen.drawImage(image, x, y, wide, tall);
  }
  return canvas;
}

/** @param {string} text of an SVG file */
async function loaded(text) {
  const url = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" })), image = new Image();
  image.src = url;
  try {
    await image.decode();
  } finally {
    URL.revokeObjectURL(url);
  }
  return image;
}

/**
 * A drawing with its styles written into it.
 * @param {SVGSVGElement} drawing @param {Record<string, number>} place
 */
function copied(drawing, place) {
  const copy = /** @type {SVGSVGElement} */ (drawing.cloneNode(true));
  const { width, height } = drawing.getBoundingClientRect();
  /** @type {(from: Element, to: Element, above: CSSStyleDeclaration | null) => void} */
  const styled = (from, to, above) => {
    const style = getComputedStyle(from);
    if (style.display === "none") return to.remove();
    const moved = /** @type {SVGElement} */ (from).style.transform;
    to.removeAttribute("style");
    to.removeAttribute("class");
    for (const name of INHERITED) {
      const value = style.getPropertyValue(name);
      if (!above || value !== above.getPropertyValue(name)) to.setAttribute(name, value);
      // What was asked for by an attribute, and is the parent's all the same, would otherwise be a name of the page's.
      else to.removeAttribute(name);
    }
    for (const [name, plain] of Object.entries(OWN)) {
      const value = style.getPropertyValue(name);
      if (value !== plain) to.setAttribute(name === "text-decoration-line" ? "text-decoration" : name, value);
    }
    if (moved) to.setAttribute("style", `transform: ${moved}`);
    const children = [...to.children];
    [...from.children].forEach((child, index) => styled(child, children[index], style));
  };
  styled(drawing, copy, null);
  if (!copy.hasAttribute("viewBox")) copy.setAttribute("viewBox", `0 0 ${width} ${height}`);
  for (const [name, value] of Object.entries(place)) copy.setAttribute(name, String(value));
  return copy;
}

/**
 * Do something while the page has its light colours; between two frames, so that nobody sees it.
 * @param {() => void} work
 */
function onWhitePaper(work) {
  const root = document.documentElement, before = root.getAttribute("style");
  const light = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
    .find((rule) => rule instanceof CSSStyleRule && rule.selectorText === ":root");
  for (const name of light instanceof CSSStyleRule ? light.style : [])
    if (name.startsWith("--") && light instanceof CSSStyleRule)
      root.style.setProperty(name, light.style.getPropertyValue(name));
  root.style.colorScheme = "light";
  try {
    work();
  } finally {
    if (before === null) root.removeAttribute("style");
    else root.setAttribute("style", before);
  }
}
