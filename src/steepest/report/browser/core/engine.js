// The cost of a linear model, its gradient, curvature and descent, in float64: the same numbers as PyTorch's.

/**
 * A bowl: with d = u − about, the cost is d'·matrix·d − 2 slope·d + rest. Few numbers, whatever the rows behind them.
 * @typedef {object} Bowl
 * @property {number} size how many parameters
 * @property {Float64Array} matrix size × size, by rows; half the Hessian
 * @property {Float64Array} slope
 * @property {number} rest
 * @property {Float64Array} about
 */

/**
 * The walk of a descent: one entry a measured point, parameters and gradients one row a point.
 * @typedef {object} Walk
 * @property {number} size how many parameters
 * @property {number} count how many points
 * @property {number[] | Float64Array} epochs
 * @property {Float64Array} costs
 * @property {Float64Array} params
 * @property {Float64Array} gradients
 * @property {number} rate
 * @property {"settled" | "out of epochs" | "diverged" | "interrupted"} outcome
 */

/**
 * @typedef {object} Modes
 * @property {Float64Array} values eigenvalues of the Hessian, falling
 * @property {Float64Array[]} directions their unit vectors
 */

/**
 * Make a bowl of a factor B and its lowest point: the cost is |B (u − lowest)|² + floor.
 * @param {number[][]} factor @param {ArrayLike<number>} lowest @param {number} floor @returns {Bowl}
 */
export function bowlOf(factor, lowest, floor) {
  const size = lowest.length, matrix = new Float64Array(size * size);
  for (const row of factor)
    for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) matrix[i * size + j] += row[i] * row[j];
  return { size, matrix, slope: new Float64Array(size), rest: floor, about: Float64Array.from(lowest) };
}

/** @param {Bowl} bowl @param {ArrayLike<number>} params @param {Float64Array} [gradient] filled in if given */
export function costAt(bowl, params, gradient) {
  const { size, matrix, slope, about } = bowl;
  let cost = bowl.rest;
  for (let i = 0; i < size; i++) {
    let along = 0;
    for (let j = 0; j < size; j++) along += matrix[i * size + j] * (params[j] - about[j]);
    cost += (along - 2 * slope[i]) * (params[i] - about[i]);
    if (gradient) gradient[i] = 2 * (along - slope[i]);
  }
  return cost;
}

/**
 * Exchange one row of the data for another: a rank-one change, exact for any number of rows.
 * @param {Bowl} bowl @param {number} rows how many there are
 * @param {{inputs: ArrayLike<number>, target: number}} old @param {{inputs: ArrayLike<number>, target: number}} now
 * @param {boolean} intercept @returns {Bowl}
 */
export function exchanged(bowl, rows, old, now, intercept) {
  const { size, about } = bowl;
  const matrix = bowl.matrix.slice(), slope = bowl.slope.slice();
  let rest = bowl.rest;
  for (const [row, sign] of /** @type {const} */ ([[old, -1], [now, 1]])) {
    const z = Float64Array.from({ length: size }, (_, i) => (intercept && i === size - 1 ? 1 : row.inputs[i]));
    let missed = row.target;
    for (let i = 0; i < size; i++) missed -= z[i] * about[i];
    for (let i = 0; i < size; i++) {
      slope[i] += (sign * z[i] * missed) / rows;
      for (let j = 0; j < size; j++) matrix[i * size + j] += (sign * z[i] * z[j]) / rows;
    }
    rest += (sign * missed * missed) / rows;
  }
  return { size, matrix, slope, rest, about };
}

/**
 * The same cost in standardised parameters v, where the inputs have mean 0 and deviation 1: u = unscaled(v).
 * @param {Bowl} bowl @param {Scale} scale @returns {Bowl}
 */
export function standardised(bowl, scale) {
  const { size } = bowl, back = matrixBack(size, scale);
  const matrix = new Float64Array(size * size), slope = new Float64Array(size);
  for (let i = 0; i < size; i++)
    for (let k = 0; k < size; k++) {
      slope[i] += back[k * size + i] * bowl.slope[k];
      let half = 0;
      for (let l = 0; l < size; l++) half += bowl.matrix[k * size + l] * back[l * size + i];
      for (let j = 0; j < size; j++) matrix[j * size + i] += back[k * size + j] * half;
    }
  return { size, matrix, slope, rest: bowl.rest, about: scaled(bowl.about, scale) };
}

/** @typedef {{mean: ArrayLike<number>, deviation: ArrayLike<number>, intercept: boolean}} Scale */

/** @param {number} size @param {Scale} scale the matrix of unscaled() */
function matrixBack(size, scale) {
  const back = new Float64Array(size * size), last = size - 1;
  for (let i = 0; i < scale.mean.length; i++) {
    const deviation = scale.deviation[i] || 1;
    back[i * size + i] = 1 / deviation;
    if (scale.intercept) back[last * size + i] = -scale.mean[i] / deviation;
  }
  if (scale.intercept) back[last * size + last] = 1;
  return back;
}

/** Parameters in the data's own units, of standardised ones. @param {ArrayLike<number>} params @param {Scale} scale */
export function unscaled(params, scale) {
  const own = Float64Array.from(params), last = own.length - 1;
  for (let i = 0; i < scale.mean.length; i++) {
    own[i] /= scale.deviation[i] || 1;
    if (scale.intercept) own[last] -= scale.mean[i] * own[i];
  }
  return own;
}

/** Standardised parameters, of those in the data's own units. @param {ArrayLike<number>} params @param {Scale} scale */
export function scaled(params, scale) {
  const own = Float64Array.from(params), last = own.length - 1;
  for (let i = 0; i < scale.mean.length; i++) {
    if (scale.intercept) own[last] += scale.mean[i] * own[i];
    own[i] *= scale.deviation[i] || 1;
  }
  return own;
}

/**
 * Walk down: forward pass, cost, gradient, adjustment, again and again; a frozen parameter is not adjusted.
 * It ends early where the numbers end, or where an adjustment no longer changes anything.
 * @param {Bowl} bowl
 * @param {{start: ArrayLike<number>, rate: number, epochs: number, frozen?: ArrayLike<boolean>}} how
 * @returns {Walk}
 */
export function walk(bowl, { start, rate, epochs, frozen }) {
  const { size } = bowl;
  const params = new Float64Array((epochs + 1) * size), gradients = new Float64Array((epochs + 1) * size);
  const costs = new Float64Array(epochs + 1), slope = new Float64Array(size);
  params.set(Float64Array.from(start));
  /** @type {Walk["outcome"]} */
  let outcome = "out of epochs";
  let epoch = 0;
  for (; ; epoch++) {
    const here = params.subarray(epoch * size, (epoch + 1) * size);
    costs[epoch] = costAt(bowl, here, slope);
    for (let i = 0; i < size; i++) gradients[epoch * size + i] = slope[i];
    if (!Number.isFinite(costs[epoch])) outcome = "diverged";
    else if (epoch && costs[epoch] === costs[epoch - 1] && same(params, epoch, size)) outcome = "settled";
    if (outcome !== "out of epochs" || epoch >= epochs) break;
    for (let i = 0; i < size; i++)
      params[(epoch + 1) * size + i] = frozen?.[i] ? here[i] : here[i] - rate * slope[i];
  }
  if (outcome === "out of epochs" && epoch && costs[epoch] > costs[epoch - 1] && costs[epoch] > costs[0])
    outcome = "diverged";
  const count = epoch + 1;
  return {
    size, count, rate, outcome,
    epochs: Float64Array.from({ length: count }, (_, index) => index),
    costs: costs.subarray(0, count),
    params: params.subarray(0, count * size),
    gradients: gradients.subarray(0, count * size),
  };
}

/** @param {Float64Array} params @param {number} epoch @param {number} size */
function same(params, epoch, size) {
  for (let i = 0; i < size; i++) if (params[epoch * size + i] !== params[(epoch - 1) * size + i]) return false;
  return true;
}

/**
 * Eigenvalues and directions of the Hessian over the parameters that are free (Jacobi's rotations).
 * @param {Bowl} bowl @param {ArrayLike<boolean>} [frozen] @returns {Modes}
 */
export function modes(bowl, frozen) {
  const free = [...Array(bowl.size).keys()].filter((i) => !frozen?.[i]), size = free.length;
  const a = free.map((i) => free.map((j) => 2 * bowl.matrix[i * bowl.size + j]));
  const v = free.map((_, i) => free.map((_, j) => Number(i === j)));
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let p = 0; p < size; p++)
      for (let q = p + 1; q < size; q++) {
        if (Math.abs(a[p][q]) <= 1e-17 * Math.sqrt(Math.abs(a[p][p] * a[q][q]))) continue;
        off = 1;
        const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1)), c = 1 / Math.hypot(t, 1), s = t * c;
        for (let k = 0; k < size; k++) [a[k][p], a[k][q]] = [c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]];
        for (let k = 0; k < size; k++) [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
        for (let k = 0; k < size; k++) [v[k][p], v[k][q]] = [c * v[k][p] - s * v[k][q], s * v[k][p] + c * v[k][q]];
      }
    if (!off) break;
  }
  const order = free.map((_, i) => i).sort((p, q) => a[q][q] - a[p][p]);
  const directions = order.map((column) => {
    const whole = new Float64Array(bowl.size);
    free.forEach((i, row) => (whole[i] = v[row][column]));
    return whole;
  });
  return { values: Float64Array.from(order, (i) => a[i][i]), directions };
}

/**
 * The lowest point that can be reached from a start: frozen parameters stay; along flat directions nothing moves.
 * @param {Bowl} bowl @param {ArrayLike<number>} start @param {ArrayLike<boolean>} [frozen] @param {Modes} [known]
 */
export function lowest(bowl, start, frozen, known = modes(bowl, frozen)) {
  const point = Float64Array.from(start, (value, i) => (frozen?.[i] ? value : bowl.about[i]));
  const gradient = new Float64Array(bowl.size), noise = flatness(known);
  costAt(bowl, point, gradient);
  known.values.forEach((value, k) => {
    const along = known.directions[k];
    let part = 0;
    if (value > noise) for (let i = 0; i < bowl.size; i++) part -= (along[i] * gradient[i]) / value;
    else for (let i = 0; i < bowl.size; i++) part += along[i] * (start[i] - point[i]);
    for (let i = 0; i < bowl.size; i++) point[i] += part * along[i];
  });
  return point;
}

/** Below this an eigenvalue is zero to within rounding. @param {Modes} known */
export function flatness(known) {
  return Math.abs(known.values[0] ?? 0) * 2.2e-16 * known.values.length;
}

/**
 * The cost above the minimum that each mode holds at a point with this gradient.
 * @param {Modes} known @param {ArrayLike<number>} gradient
 */
export function shares(known, gradient) {
  return known.values.map((value, k) => {
    let along = 0;
    known.directions[k].forEach((part, i) => (along += part * gradient[i]));
    return along === 0 ? 0 : (along * along) / (2 * value);
  });
}

/**
 * After how many epochs the cost is less than `above` over the minimum; Infinity where it never is.
 * @param {Modes} known @param {ArrayLike<number>} held as shares() gives it @param {number} rate @param {number} above
 */
export function epochsUntil(known, held, rate, above) {
  const left = (/** @type {number} */ epochs) => {
    let sum = 0;
    for (let k = 0; k < held.length; k++)
      if (held[k]) sum += held[k] * Math.abs(1 - rate * known.values[k]) ** (2 * epochs);
    return sum;
  };
  if (left(0) < above) return 0;
  for (let k = 0; k < held.length; k++)
    if (held[k] && !(Math.abs(1 - rate * known.values[k]) < 1)) return Infinity;
  let high = 1;
  while (!(left(high) < above)) if ((high *= 2) > 2 ** 52) return Infinity;
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (left(middle) < above) high = middle;
    else low = middle;
  }
  return high;
}
