// The descent as a film: the page is led from step to step, and each picture kept.

import { Gif } from "./gif.js";
import { asCanvas } from "./pictures.js";

export const MOST_FRAMES = 60;
const FIRST = 20;
const WIDTH = 480;
/** Hundredths of a second. */
const EACH = 8, LAST = 200;

/** Which of so many points are shown: the first 20, then evenly by the logarithm of the epoch. @param {number} count */
export function moments(count) {
  if (count <= MOST_FRAMES) return [...Array(count).keys()];
  const shown = [...Array(FIRST).keys()], last = count - 1;
  for (let k = 1; k <= MOST_FRAMES - FIRST; k++) {
    const even = Math.round((FIRST - 1) * (last / (FIRST - 1)) ** (k / (MOST_FRAMES - FIRST)));
    shown.push(Math.max(shown[shown.length - 1] + 1, even));
  }
  return shown;
}

/**
 * @param {import("../core/state.js").State} state @param {Element} section
 * @param {(done: number) => boolean} goOn told how many frames are done; false stops it
 * @returns {Promise<Blob | null>}
 */
export async function film(state, section, goOn) {
  const { at, phase } = state.settings, steps = moments(state.walk.count);
  // A small landscape is not blown up.
  const scale = Math.min(1, WIDTH / section.getBoundingClientRect().width);
  const taken = async (/** @type {number} */ step) => {
    state.go(step);
    state.flush();
    const canvas = await asCanvas(section, scale);
    const image = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height);
    if (!image) throw new Error("no pixels");
    return image;
  };
  try {
    const middle = steps[steps.length >> 1], last = steps[steps.length - 1];
    const samples = [await taken(0), await taken(middle), await taken(last)];
    const { width, height } = samples[0], gif = new Gif(width, height, samples.map(({ data }) => data));
    for (const [index, step] of steps.entries()) {
      if (!goOn(index)) return null;
      const image = await taken(step);
      if (image.width !== width || image.height !== height) throw new Error("the window changed its size");
      gif.add(image.data, step === last ? LAST : EACH);
      // Let the page answer the hand between two frames.
      await new Promise((done) => setTimeout(done));
    }
    return gif.finish();
  } finally {
    state.set({ at, phase });
  }
}
