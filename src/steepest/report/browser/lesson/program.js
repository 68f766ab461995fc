// The descent of the page as a PyTorch program: the same data, start, rate and epochs, and so the same numbers.

import { standIns } from "./formulas.js";

/** @typedef {import("../core/state.js").State} State */

const MOST_ROWS = 200;
/** Longer tables are not written into the program: it reads them from the user's own file. */

const FLOAT = "dtype=torch.float64";

/** @param {State} state */
export function programOf(state) {
  const { intercept, examples, ridge } = state.data.live, { frozen, start, moved, standardise } = state.settings;
  const { walk } = state, features = state.names.length - Number(intercept), signs = standIns(state);
  const inside = Boolean(state.points && state.points.targets.length === examples && examples <= MOST_ROWS);
  const single = features === 1, symbols = signs.map(({ letter, below }) => letter + below), last = walk.count - 1;
  const wide = features > 1;
  const part = (/** @type {Float64Array} */ all, /** @type {number} */ at) =>
    [...all.subarray(at * walk.size, (at + 1) * walk.size)];
  const lines = [
    `# ${remark(state.data.title)}`,
    "# The four steps of learning by PyTorch alone, as the page of steepest shows them: it gives the same numbers.",
    ...(inside ? [] : ["import csv", ""]), "import torch", "",
    ...(inside ? rowsInside(state, single) : rowsFromFile(state, single)),
    ...(inside ? [] : dragged(state, moved)),
    ...(standardise ? scaling(state, single) : []),
    "",
    ...startAt(state, symbols, start, frozen, wide),
    `optimizer = torch.optim.SGD([${adjusted(symbols, frozen, wide)}], lr=${float(walk.rate)})`,
    "",
    "",
    "def forward():",
    `    return ${model(symbols, wide, intercept)}  # 1 forward pass`,
    "",
    "",
    "def cost_of(estimate):",
    `    return ((estimate - y) ** 2).mean()${ridge ? penalty(state, wide) : ""}  # 2 cost`,
    "",
    "",
    `for epoch in range(${last}):`,
    "    cost = cost_of(forward())",
    "    optimizer.zero_grad()",
    "    cost.backward()  # 3 gradient",
    "    if epoch == 0:",
    `        print("at the start: cost", cost.item(), "slopes", ${slopes(symbols, wide, intercept)})`,
    "    optimizer.step()  # 4 adjust",
    "",
    `print("after", ${last}, "epochs: cost", cost_of(forward()).item(),`,
    `      "parameters", ${values(symbols, wide, intercept)})`,
    "",
    "# The page says:",
    ...(last ? [`# at the start: cost ${float(walk.costs[0])} slopes ${list(part(walk.gradients, 0), frozen)}`] : []),
    `# after ${last} epochs: cost ${float(walk.costs[last])} parameters ${list(part(walk.params, last))}`,
  ];
  if (frozen.every(Boolean)) return lines.filter((line) => !/optimizer|backward/.test(line)).join("\n") + "\n";
  return lines.join("\n") + "\n";
}

/** @param {State} state @param {boolean} single */
function rowsInside(state, single) {
  const points = state.points ?? { inputs: [], targets: [] };
  const rows = points.inputs.map((row) => (single ? float(row[0]) : list(row)));
  return [
    `# ${remark(state.data.x_names.join(", "))}`,
    ...wrapped("x = torch.tensor([", rows, `], ${FLOAT})`),
    `# ${remark(state.data.y_name)}`,
    ...wrapped("y = torch.tensor([", points.targets.map(float), `], ${FLOAT})`),
  ];
}

/** @param {State} state @param {boolean} single */
function rowsFromFile(state, single) {
  const names = state.data.x_names.length ? state.data.x_names : state.names.slice(0, state.data.live.mean.length);
  return [
    `# Put the name of your own table here; it has ${state.data.live.examples} rows.`,
    `with open("data.csv", encoding="utf-8", newline="") as file:`,
    "    table = list(csv.DictReader(file))",
    ...wrapped("columns = [", names.map(quoted), "]"),
    single ? `x = torch.tensor([float(row[columns[0]]) for row in table], ${FLOAT})`
      : `x = torch.tensor([[float(row[name]) for name in columns] for row in table], ${FLOAT})`,
    `y = torch.tensor([float(row[${quoted(state.data.y_name || "target")}]) for row in table], ${FLOAT})`,
  ];
}

/**
 * Points that were dragged, found by what they were: a page holds a sample of a long table.
 * @param {State} state @param {import("../core/state.js").Settings["moved"]} moved
 */
function dragged(state, moved) {
  const given = state.data.points;
  return moved.flatMap(({ row, input, target }) => [
    `row = ((x == ${float(given.inputs[row][0])}) & (y == ${float(given.targets[row])})).nonzero()[0].item()`,
    `x[row], y[row] = ${float(input)}, ${float(target)}`,
  ]);
}

/** @param {State} state @param {boolean} single */
function scaling(state, single) {
  const { mean, deviation, intercept } = state.scale;
  const given = (/** @type {ArrayLike<number>} */ numbers) =>
    single ? float(numbers[0]) : `torch.tensor(${list(Array.from(numbers))}, ${FLOAT})`;
  const divisor = Array.from(deviation, (value) => value || 1);
  return [
    "# Standardised: mean and deviation are those of the data as they were loaded.",
    intercept ? `x = (x - ${given(mean)}) / ${given(divisor)}` : `x = x / ${given(divisor)}`,
  ];
}

/**
 * @param {State} state
 * @param {string[]} symbols @param {Float64Array} start @param {boolean[]} frozen @param {boolean} wide
 */
function startAt(state, symbols, start, frozen, wide) {
  const tensor = (/** @type {number} */ i) =>
    `torch.tensor(${float(start[i])}, ${FLOAT}, requires_grad=${frozen[i] ? "False" : "True"})`;
  const about = (/** @type {number} */ i) => {
    const named = symbols[i] === state.names[i] ? "" : remark(state.names[i]);
    const words = [named, frozen[i] ? "held" : ""].filter(Boolean);
    return words.length ? `  # ${words.join(", ")}` : "";
  };
  const features = wide ? state.data.live.mean.length : 0;
  const lines = wide ? ["w = [", ...symbols.slice(0, features).map((_, i) => `    ${tensor(i)},${about(i)}`), "]"] : [];
  for (let i = features; i < symbols.length; i++) lines.push(`${symbols[i]} = ${tensor(i)}${about(i)}`);
  return lines;
}

/** @param {string[]} symbols @param {boolean} wide @param {boolean} intercept */
function model(symbols, wide, intercept) {
  if (wide) return `torch.stack(w) @ x.T${intercept ? " + b" : ""}`;
  return `${symbols[0]} * x${intercept ? ` + ${symbols[1]}` : ""}`;
}

/** @param {string[]} symbols @param {boolean[]} frozen @param {boolean} wide */
function adjusted(symbols, frozen, wide) {
  const written = symbols.map((symbol, i) => (wide && symbol !== "b" ? `w[${i}]` : symbol));
  return written.filter((_, i) => !frozen[i]).join(", ");
}

/** @param {string[]} symbols @param {boolean} wide @param {boolean} intercept */
function every(symbols, wide, intercept) {
  return wide ? (intercept ? "[*w, b]" : "w") : `[${symbols.join(", ")}]`;
}

/** @param {string[]} symbols @param {boolean} wide @param {boolean} intercept */
function slopes(symbols, wide, intercept) {
  return `[p.grad.item() if p.requires_grad else None for p in ${every(symbols, wide, intercept)}]`;
}

/** @param {string[]} symbols @param {boolean} wide @param {boolean} intercept */
function values(symbols, wide, intercept) {
  return `[p.item() for p in ${every(symbols, wide, intercept)}]`;
}

/** @param {State} state @param {boolean} wide */
function penalty(state, wide) {
  const { ridge, standardised, deviation } = state.data.live;
  const weights = wide ? "torch.stack(w)" : "m";
  if (state.get("standardise") === standardised) return ` + ${float(ridge)} * (${weights} ** 2).sum()`;
  const factors = deviation.map((/** @type {number} */ value) => (standardised ? value || 1 : 1 / (value || 1)));
  const scales = wide ? `torch.tensor(${list(factors)}, ${FLOAT})` : float(factors[0]);
  return ` + ${float(ridge)} * ((${weights} * ${scales}) ** 2).sum()`;
}

/** A list that is broken into lines. @param {string} head @param {string[]} items @param {string} tail */
function wrapped(head, items, tail) {
  const whole = head + items.join(", ") + tail;
  if (whole.length <= 100) return [whole];
  const lines = [head];
  for (const item of items) {
    const line = lines[lines.length - 1];
    if (lines.length > 1 && line.length + item.length < 96) lines[lines.length - 1] = `${line} ${item},`;
    else lines.push(`    ${item},`);
  }
  return [...lines, tail];
}

/** A number as Python writes a float, every digit. @param {number} value */
function float(value) {
  if (Number.isNaN(value)) return 'float("nan")';
  if (!Number.isFinite(value)) return `float("${value > 0 ? "" : "-"}inf")`;
  const text = Object.is(value, -0) ? "-0" : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** @param {number[]} numbers @param {boolean[]} [without] those that have none */
function list(numbers, without) {
  return `[${numbers.map((value, i) => (without?.[i] ? "None" : float(value))).join(", ")}]`;
}

/** A user's words as a string of Python, in ASCII. @param {string} text */
function quoted(text) {
  const ascii = [...text].map((sign) => {
    const code = sign.codePointAt(0) ?? 0;
    if (sign === '"' || sign === "\\") return `\\${sign}`;
    if (code >= 32 && code < 127) return sign;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
  return `"${ascii.join("")}"`;
}

/** A user's words as a comment on one line. @param {string} text */
function remark(text) {
  return quoted(text.length > 80 ? `${text.slice(0, 79)}...` : text).slice(1, -1).replaceAll('\\"', '"');
}
