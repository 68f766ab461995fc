// The page: one state, and the views that show it.

import { mountCards } from "./lesson/cards.js";
import { mountChecks } from "./classroom/checks.js";
import { mountCompare } from "./charts/compare.js";
import { mountCuts } from "./network/cuts.js";
import { mountCurve } from "./charts/curve.js";
import { mountDerivation } from "./lesson/derivation.js";
import { mountEnglish } from "./desk/english.js";
import { mountExport } from "./export/export.js";
import { mountFit } from "./charts/fit.js";
import { mountFog } from "./fog/fog.js";
import { mountGraph } from "./lesson/graph.js";
import { mountHead } from "./desk/head.js";
import { mountHelp } from "./classroom/help.js";
import { mountLandscape } from "./landscape/landscape.js";
import { mountNarration } from "./lesson/narration.js";
import { mountPredict } from "./classroom/predict.js";
import { mountRate } from "./desk/rate.js";
import { mountScript } from "./lesson/script.js";
import { mountSettings } from "./desk/settings.js";
import { mountShare } from "./classroom/share.js";
import { State } from "./core/state.js";
import { mountSpectrum } from "./network/spectrum.js";
import { mountTable } from "./charts/table.js";
import { mountTransport } from "./desk/transport.js";
import { speak } from "./words/words.js";

/** In the order of reading; share comes first, because it sets the state that was linked to. */
const VIEWS = {
  share: mountShare, head: mountHead, landscape: mountLandscape, fit: mountFit, curve: mountCurve, cards: mountCards,
  cuts: mountCuts, spectrum: mountSpectrum, findings: mountEnglish("findings.title"),
  curvature: mountEnglish("curvature.title"), missing: mountEnglish("missing.title"),
  transport: mountTransport, rate: mountRate, settings: mountSettings, predict: mountPredict,
  narration: mountNarration, derivation: mountDerivation, graph: mountGraph, fog: mountFog, script: mountScript,
  table: mountTable, compare: mountCompare, checks: mountChecks, export: mountExport, help: mountHelp,
};

const data = JSON.parse(document.getElementById("run")?.textContent ?? "null");
const state = new State(data);
state.on([], () => speak(state.get("language")));
for (const [id, mount] of Object.entries(VIEWS)) {
  const place = document.getElementById(id);
  if (place) mount(place, state);
}

// A quantity lights up in every view that shows it: elements say which with data-lights.
let lit = "";
for (const event of ["pointerover", "focusin"])
  document.addEventListener(event, (/** @type {any} */ { target }) => {
    const light = target.closest?.("[data-lights]")?.getAttribute("data-lights") ?? "";
    if (light === lit) return;
    for (const element of document.querySelectorAll(".lit")) element.classList.remove("lit");
    for (const name of light.split(" "))
      if (name) for (const element of document.querySelectorAll(`[data-lights~="${CSS.escape(name)}"]`)) element.classList.add("lit");
    lit = light;
  });

document.documentElement.classList.add("ready");
/** For tests and for the curious: the state behind the page. */
Object.assign(window, { steepest: state });
