// Strings for the class: a key, and what it says in each language; the view fills in {names}.

import { CHECKS } from "./words_checks.js";
import { FOG } from "./words_fog.js";
import { HELP } from "./words_help.js";
import { SHARE } from "./words_share.js";

/** @type {Record<string, Record<string, string>>} */
export const CLASS = { ...FOG, ...SHARE, ...CHECKS, ...HELP };
