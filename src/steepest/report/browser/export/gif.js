// A film as GIF89a: one palette for all frames, only what changed of each, compressed after Lempel, Ziv and Welch.

const COLOURS = 256;

export class Gif {
  /** @type {Uint8Array[]} */ #parts = [];
  /** @type {Uint8Array | null} */ #before = null;

  /**
   * @param {number} width @param {number} height
   * @param {Uint8ClampedArray[]} samples some of the frames (RGBA), from which the palette is taken
   */
  constructor(width, height, samples) {
    this.width = width;
    this.height = height;
    this.palette = new Palette(samples);
    // The signature, the size, and a table of 256 colours; then: play for ever.
    this.#write(text("GIF89a"), short(width), short(height), [0xf7, 0, 0], this.palette.table);
    this.#write([0x21, 0xff, 11], text("NETSCAPE2.0"), [3, 1, 0, 0, 0]);
  }

  /** @param {Uint8ClampedArray} pixels RGBA @param {number} hundredths of a second that it is seen */
  add(pixels, hundredths) {
    const { width, height } = this, whole = this.palette.indices(pixels);
    const { left, top, right, bottom } = changed(this.#before, whole, width, height);
    const part = new Uint8Array((right - left) * (bottom - top));
    for (let row = top; row < bottom; row++)
      part.set(whole.subarray(row * width + left, row * width + right), (row - top) * (right - left));
    this.#before = whole;
    this.#write([0x21, 0xf9, 4, 4], short(hundredths), [0, 0]);
    this.#write([0x2c], short(left), short(top), short(right - left), short(bottom - top), [0]);
    this.#write([8], blocks(compress(part)), [0]);
  }

  /** @returns {Blob} */
  finish() {
    this.#write([0x3b]);
    return new Blob(/** @type {BlobPart[]} */ (this.#parts), { type: "image/gif" });
  }

  /** @param {...ArrayLike<number>} parts */
  #write(...parts) {
    for (const part of parts) this.#parts.push(Uint8Array.from(part));
  }
}

/** @param {string} letters */
const text = (letters) => [...letters].map((letter) => letter.charCodeAt(0));
/** @param {number} value */
const short = (value) => [value & 255, value >> 8];

/**
 * The rectangle in which two frames differ; one pixel where they do not, because a frame must have some.
 * @param {Uint8Array | null} before @param {Uint8Array} now @param {number} width @param {number} height
 */
function changed(before, now, width, height) {
  if (!before) return { left: 0, top: 0, right: width, bottom: height };
  let left = width, top = height, right = 0, bottom = 0;
  for (let row = 0, at = 0; row < height; row++)
    for (let column = 0; column < width; column++, at++)
      if (before[at] !== now[at]) {
        if (column < left) left = column;
        if (column >= right) right = column + 1;
        if (row < top) top = row;
        bottom = row + 1;
      }
  return bottom ? { left, top, right, bottom } : { left: 0, top: 0, right: 1, bottom: 1 };
}

/** Colours by median cut: the box with most to tell apart is halved, until there are enough. */
class Palette {
  #nearest = new Int16Array(1 << 15).fill(-1);

  /** @param {Uint8ClampedArray[]} samples */
  constructor(samples) {
    const bins = new Map();
    for (const pixels of samples)
      for (let i = 0; i < pixels.length; i += 4) {
        const key = bin(pixels, i), known = bins.get(key);
        if (!known) bins.set(key, [pixels[i], pixels[i + 1], pixels[i + 2], 1]);
        else {
          for (let k = 0; k < 3; k++) known[k] += pixels[i + k];
          known[3]++;
        }
      }
    for (const colour of bins.values()) for (let k = 0; k < 3; k++) colour[k] /= colour[3];
    let boxes = [boxed([...bins.values()])];
    while (boxes.length < COLOURS) {
      const box = boxes.reduce((one, other) => (other.weight > one.weight ? other : one));
      if (!box.weight) break;
      const sorted = box.colours.sort((a, b) => a[box.axis] - b[box.axis]), half = sorted.length >> 1;
      boxes = [...boxes.filter((other) => other !== box), boxed(sorted.slice(0, half)), boxed(sorted.slice(half))];
    }
    this.table = new Uint8Array(3 * COLOURS);
    boxes.forEach(({ mean }, index) => this.table.set(mean, 3 * index));
    this.count = boxes.length;
  }

  /** @param {Uint8ClampedArray} pixels */
  indices(pixels) {
    const found = new Uint8Array(pixels.length / 4);
    for (let at = 0, i = 0; at < found.length; at++, i += 4) {
      const key = bin(pixels, i);
      if (this.#nearest[key] < 0) this.#nearest[key] = this.#closest(pixels, i);
      found[at] = this.#nearest[key];
    }
    return found;
  }

  /** @param {Uint8ClampedArray} pixels @param {number} i */
  #closest(pixels, i) {
    let best = 0, least = Infinity;
    for (let index = 0; index < this.count; index++) {
      let far = 0;
      for (let k = 0; k < 3; k++) far += (pixels[i + k] - this.table[3 * index + k]) ** 2;
      if (far < least) [best, least] = [index, far];
    }
    return best;
  }
}

/** Five bits of each colour. @param {Uint8ClampedArray} pixels @param {number} i */
function bin(pixels, i) {
  return ((pixels[i] >> 3) << 10) | ((pixels[i + 1] >> 3) << 5) | (pixels[i + 2] >> 3);
}

/** @param {number[][]} colours */
function boxed(colours) {
  let total = 0, axis = 0, widest = 0;
  const mean = [0, 0, 0];
  for (const colour of colours) {
    total += colour[3];
    for (let k = 0; k < 3; k++) mean[k] += colour[k] * colour[3];
  }
  for (let k = 0; k < 3; k++) {
    const values = colours.map((colour) => colour[k]), wide = Math.max(...values) - Math.min(...values);
    if (wide > widest) [widest, axis] = [wide, k];
  }
  // By the root of how often: a thin path must keep its colour beside a wide ground.
  return { colours, axis, mean: mean.map((sum) => Math.round(sum / total)), weight: widest * Math.sqrt(total) };
}

const CLEAR = COLOURS, END = COLOURS + 1, FULL = 4096;
/** @type {Int16Array | undefined} */
let table;

/** Codes of nine to twelve bits for ever longer strings of indices. @param {Uint8Array} indices */
function compress(indices) {
  const bytes = [], codes = (table ??= new Int16Array(FULL * COLOURS)).fill(0);
  let held = 0, filled = 0, bits = 9, next = END + 1;
  const emit = (/** @type {number} */ code) => {
    held |= code << filled;
    for (filled += bits; filled >= 8; filled -= 8, held >>>= 8) bytes.push(held & 255);
  };
  emit(CLEAR);
  let prefix = indices[0];
  for (let i = 1; i < indices.length; i++) {
    const key = (prefix << 8) | indices[i];
    if (codes[key]) {
      prefix = codes[key];
      continue;
    }
    emit(prefix);
    prefix = indices[i];
    if (next === FULL) {
      emit(CLEAR);
      codes.fill(0);
      [bits, next] = [9, END + 1];
    } else {
      // The reader learns each string one code later, and so widens its codes one later.
      if (next >= 1 << bits) bits++;
      codes[key] = next++;
    }
  }
  emit(prefix);
  emit(END);
  if (filled) bytes.push(held & 255);
  return bytes;
}

/** Blocks of at most 255 bytes, each after its length. @param {number[]} bytes */
function blocks(bytes) {
  const parts = [];
  for (let from = 0; from < bytes.length; from += 255) {
    const block = bytes.slice(from, from + 255);
    parts.push(block.length, ...block);
  }
  return parts;
}
