// The page's strings, one table: every view asks for a word by its key, in the language that is spoken.

import { CHARTS } from "./words_charts.js";
import { CLASS } from "./words_class.js";
import { DESK } from "./words_desk.js";
import { LANDSCAPE } from "./words_landscape.js";
import { LESSON } from "./words_lesson.js";
import { NETWORK } from "./words_network.js";

/** @type {Record<string, Record<string, string>>} */
const TABLE = { ...DESK, ...LESSON, ...CLASS, ...CHARTS, ...LANDSCAPE, ...NETWORK };

export const LANGUAGES = { en: "English", de: "Deutsch" };

let spoken = "en";

/** @param {string} language */
export function speak(language) {
  spoken = language in LANGUAGES ? language : "en";
  document.documentElement.lang = spoken;
}

/**
 * A string, its `{places}` filled; what is missing in a language is said in English.
 * @param {string} key @param {Record<string, string | number>} [values] @returns {string}
 */
export function word(key, values = {}) {
  const entry = TABLE[key];
  if (!entry) throw new RangeError(`no string '${key}'`);
  return (entry[spoken] ?? entry.en).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** All keys and languages, for the test that nothing is missing. */
export function everyWord() {
  return TABLE;
}
