// The colours of the cost: viridis, shaded by light and crossed by height lines, as one table to look up in.

const STOPS = "440154470d6048186a482374472d7b4537814240863e49893b528b375b8d33638d2f6b8e2c728e297a8e26828e23898e21918c" +
  "1f988b1fa08822a78528ae8032b67a3fbc734ec36b5ec96270cf5784d44b98d83eaddc30c2df23d8e219ece51bfde725";

export const TONES = 256;
export const LIGHTS = 32;
export const LINES = 8;
/** The light that leaves a colour as it is. */
export const PLAIN = 23;
/** Above this share of the height, height lines are black; below, white: either is seen on its ground. */
export const BRIGHT = 0.55;

/**
 * Red, green and blue at a share of the height.
 * @param {number} share from 0 to 1 @returns {[number, number, number]}
 */
export function viridis(share) {
  const last = STOPS.length / 6 - 1, place = Math.max(0, Math.min(1, share)) * last;
  const low = Math.min(last - 1, Math.floor(place)), part = place - low;
  const at = (/** @type {number} */ stop, /** @type {number} */ channel) =>
    parseInt(STOPS.slice(stop * 6 + channel * 2, stop * 6 + channel * 2 + 2), 16);
  const mixed = (/** @type {number} */ channel) => at(low, channel) * (1 - part) + at(low + 1, channel) * part;
  return [mixed(0), mixed(1), mixed(2)];
}

/** @type {Uint32Array | null} */
let made = null;

/**
 * Every pixel there can be: `table[tone + TONES * (light + LIGHTS * line)]`, in the order of bytes of an ImageData.
 * @returns {Uint32Array}
 */
export function colourTable() {
  if (made) return made;
  const bytes = new Uint8ClampedArray(TONES * LIGHTS * LINES * 4);
  let next = 0;
  for (let line = 0; line < LINES; line++)
    for (let light = 0; light < LIGHTS; light++)
      for (let tone = 0; tone < TONES; tone++) {
        const share = tone / (TONES - 1), over = (0.5 * line) / (LINES - 1), ink = share > BRIGHT ? 0 : 255;
        const factor = 0.62 + (0.38 * light) / PLAIN;
        for (const channel of viridis(share)) bytes[next++] = channel * factor * (1 - over) + ink * over;
        bytes[next++] = 255;
      }
  made = new Uint32Array(bytes.buffer);
  return made;
}
