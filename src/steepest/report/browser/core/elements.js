// Elements made with text only: what comes from a user's data can never become markup here.

const SVG = "http://www.w3.org/2000/svg";
const MATH = "http://www.w3.org/1998/Math/MathML";

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} Facts */

/**
 * An element with attributes (`onclick` and its like are listeners; null, undefined and false are left out).
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {Facts} [facts] @param {...(Child | Child[])} children @returns {HTMLElementTagNameMap[Tag]}
 */
export function html(tag, facts = {}, ...children) {
  return /** @type {any} */ (filled(document.createElement(tag), facts, children));
}

/** @param {string} tag @param {Facts} [facts] @param {...(Child | Child[])} children @returns {SVGElement} */
export function svg(tag, facts = {}, ...children) {
  return /** @type {any} */ (filled(document.createElementNS(SVG, tag), facts, children));
}

/** @param {string} tag @param {Facts} [facts] @param {...(Child | Child[])} children @returns {MathMLElement} */
export function math(tag, facts = {}, ...children) {
  return /** @type {any} */ (filled(document.createElementNS(MATH, tag), facts, children));
}

/** @param {Element} element @param {Facts} facts @param {(Child | Child[])[]} children */
function filled(element, facts, children) {
  set(element, facts);
  element.append(...nodes(children));
  return element;
}

/** @param {Element} element @param {Facts} facts */
export function set(element, facts) {
  for (const [name, value] of Object.entries(facts)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else {
      const text = value === true ? "" : tidy(String(value));
      if (element.getAttribute(name) !== text) element.setAttribute(name, text);
    }
  }
  return element;
}

/** Replace what is inside. @param {Element} element @param {...(Child | Child[])} children */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

/** Change a text only where it differs, so that nothing is laid out in vain. @param {Node} element @param {string} text */
export function say(element, text) {
  const safe = tidy(text);
  if (element.textContent !== safe) element.textContent = safe;
}

/** @param {(Child | Child[])[]} children @returns {(Node | string)[]} */
function nodes(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : tidy(String(child))));
}

/**
 * A user's words, safe to show: signs that turn the direction of writing or cannot be printed are taken out.
 * @param {string} text
 */
export function tidy(text) {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu, "\ufffd");
}
