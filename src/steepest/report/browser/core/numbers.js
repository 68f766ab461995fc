// Numbers as words: four significant digits, a real minus sign, and a width that stays while they tick.

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** @param {number | null | undefined} value @param {number} [digits] significant digits */
export function shown(value, digits = 4) {
  if (value === null || value === undefined || Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const rounded = Number(value.toPrecision(digits)), size = Math.floor(Math.log10(Math.abs(rounded)));
  if (size < -4 || size >= Math.max(digits, 6) + 1) {
    const [mantissa, power] = rounded.toExponential(digits - 1).split("e");
    const raised = [...power.replace("+", "")].map((sign) => (sign === "-" ? "⁻" : RAISED[Number(sign)])).join("");
    return `${minus(mantissa)} × 10${raised}`;
  }
  return minus(grouped(rounded.toFixed(Math.max(0, digits - 1 - size))));
}

/** Every digit that a float64 has. @param {number | null | undefined} value */
export function full(value) {
  return value === null || value === undefined || Number.isNaN(value) ? "NaN" : minus(String(value));
}

/** As one would have typed it: of a float32's own value, the shortest number that rounds to it. @param {number} value */
export function typed(value) {
  if (Math.fround(value) !== value) return String(value);
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}

/** A whole number, its thousands apart. @param {number} value */
export function whole(value) {
  return Number.isFinite(value) ? minus(grouped(String(Math.round(value)))) : shown(value);
}

/** @param {string} text */
function grouped(text) {
  const [front, back] = text.split(".");
  return front.replace(/\B(?=(\d{3})+$)/g, "\u2009") + (back ? `.${back}` : "");
}

/** @param {string} text */
function minus(text) {
  return text.replace("-", "−");
}
