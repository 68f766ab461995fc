// What can be taken home: PNG, SVG, CSV, JSON and GIF, each made here.

import { html, say, set } from "../core/elements.js";
import { save, stateAsJson, walkAsCsv } from "./files.js";
import { film, moments } from "./film.js";
import { whole } from "../core/numbers.js";
import { asCanvas, asSvg, hasPicture } from "./pictures.js";
import { word } from "../words/words.js";

const PICTURES = ["landscape", "cuts", "fit", "curve", "graph", "compare"];
/** Dots for each pixel of a PNG, that it is sharp on paper. */
const SHARP = 2;

/** @param {HTMLElement} place @param {import("../core/state.js").State} state */
export function mountExport(place, state) {
  const title = html("h2"), help = html("p", { class: "help" }), status = html("p", { class: "note", role: "status" });
  const button = (/** @type {string} */ name, /** @type {() => void} */ run) =>
    html("button", { type: "button", "data-export": name, onclick: run });
  const named = (/** @type {string} */ part, /** @type {string} */ ending) =>
    `steepest-${part}-epoch-${state.step.epoch}.${ending}`;
  const done = (/** @type {string} */ file, /** @type {number} */ size) =>
    say(status, word("export.done", { file, size: whole(Math.ceil(size / 1000)) }));
  const failed = (/** @type {unknown} */ why) => say(status, word("export.failed", { why: String(why).slice(0, 80) }));

  const heads = { pictures: html("h3"), numbers: html("h3"), film: html("h3") };
  const pictures = PICTURES.map((name) => {
    const section = document.getElementById(name);
    const drawn = button(`${name}.svg`, () => {
      const file = named(name, "svg");
      if (section) done(file, save(file, asSvg(section), "image/svg+xml"));
    });
    const painted = button(`${name}.png`, async () => {
      if (!section) return;
      try {
        const canvas = await asCanvas(section, SHARP), file = named(name, "png");
        canvas.toBlob((blob) => (blob ? done(file, save(file, blob, blob.type)) : failed("toBlob")), "image/png");
      } catch (error) {
        failed(error);
      }
    });
    const label = html("span", { class: "what" });
    return { name, section, label, drawn, painted, row: html("div", { class: "row" }, label, painted, drawn) };
  });
  const csv = button("csv", () => {
    const file = "steepest-walk.csv";
    done(file, save(file, walkAsCsv(state), "text/csv"));
  });
  const json = button("json", () => {
    const file = named("state", "json");
    done(file, save(file, stateAsJson(state), "application/json"));
  });
  const print = button("print", () => window.print());
  const progress = html("progress", { hidden: true, max: 1, value: 0 }), filmNote = html("span", { class: "note" });
  let running = false;
  const cancel = html("button", { type: "button", hidden: true, onclick: () => (running = false) });
  const gif = button("gif", async () => {
    const section = document.getElementById("landscape"), frames = moments(state.walk.count).length;
    if (!section || running) return;
    running = true;
    gif.disabled = true;
    progress.hidden = cancel.hidden = false;
    state.set({ playing: false });
    try {
      const file = "steepest-descent.gif", blob = await film(state, section, (made) => {
        progress.value = made / frames;
        say(status, word("export.progress", { done: made, frames }));
        return running;
      });
      if (blob) done(file, save(file, blob, blob.type));
      else say(status, word("export.cancelled"));
    } catch (error) {
      failed(error);
    }
    running = gif.disabled = false;
    progress.hidden = cancel.hidden = true;
  });
  const filmRow = html("div", { class: "row" }, gif, filmNote, progress, cancel);
  place.append(title, help, heads.pictures, html("div", { class: "takeaways" }, pictures.map(({ row }) => row)),
    heads.numbers, html("div", { class: "row" }, csv, json, print), heads.film, filmRow, status);

  const offer = () => {
    for (const { section, row } of pictures) row.hidden = !hasPicture(section);
    heads.film.hidden = filmRow.hidden = pictures[0].row.hidden;
  };
  state.on(["walk", "look", "hidden"], (changed) => {
    const { count } = state.walk, frames = moments(count).length;
    say(filmNote, word(frames < count ? "export.gif_help" : "export.gif_help_all", { frames, count: whole(count) }));
    // The other views find their size first; while a film is made, nothing has changed.
    if (!running) requestAnimationFrame(offer);
    if (!changed.has("language") && title.textContent) return;
    say(title, word("export.title"));
    say(help, word("export.help"));
    for (const [key, head] of Object.entries(heads)) say(head, word(`export.${key}`));
    for (const { name, label, drawn, painted } of pictures) {
      say(label, word(`hide.${name}`));
      for (const [element, form] of /** @type {const} */ ([[painted, "PNG"], [drawn, "SVG"]])) {
        say(element, form);
        set(element, { "aria-label": word("export.picture", { name: word(`hide.${name}`), form }) });
      }
    }
    say(csv, word("export.csv"));
    set(csv, { title: word("export.csv_tip") });
    say(json, word("export.json"));
    say(print, word("export.print"));
    say(gif, word("export.gif"));
    say(cancel, word("export.cancel"));
    set(progress, { "aria-label": word("export.film") });
  });
}
