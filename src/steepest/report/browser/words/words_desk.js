// Strings of the desk (title, transport, rate, settings): a key, and what it says in each language.

/** @type {Record<string, Record<string, string>>} */
export const DESK = {
  "head.epoch": { en: "epoch {epoch} of {epochs}", de: "Epoche {epoch} von {epochs}" },
  "head.replay": {
    en: "A recorded run, played back: its cost cannot be computed in a page.",
    de: "Ein aufgezeichneter Lauf wird abgespielt: seine Kosten lassen sich in einer Seite nicht berechnen.",
  },
  english: {
    en: "What Python found is told as Python wrote it.",
    de: "Was Python gefunden hat, steht hier auf Englisch, wie Python es geschrieben hat.",
  },
  "findings.title": { en: "The verdict on the run as it was recorded", de: "Das Urteil über den Lauf, wie er aufgezeichnet wurde" },
  "curvature.title": { en: "How the cost bends", de: "Wie sich die Kosten krümmen" },
  "missing.title": { en: "What is not shown, and why", de: "Was nicht gezeigt wird, und warum" },
  "head.costs": {
    en: "Only costs and gradient lengths are here: the model has {count} parameters.",
    de: "Hier sind nur Kosten und Längen der Gradienten: Das Modell hat {count} Parameter.",
  },
  "head.why": { en: "Why did it do that?", de: "Warum tat es das?" },

  "verdict.settled": { en: "converges", de: "konvergiert" },
  "verdict.descending": { en: "converges", de: "konvergiert" },
  "verdict.crawling": { en: "crawls", de: "kriecht" },
  "verdict.zigzag": { en: "zigzags", de: "pendelt" },
  "verdict.diverging": { en: "diverges", de: "divergiert" },
  "verdict.climbing": { en: "climbs", de: "steigt" },
  "verdict.unclear": { en: "unclear", de: "unklar" },
  "verdict.recorded": { en: "recorded", de: "aufgezeichnet" },

  "fate.settled": {
    en: "at rest at the lowest cost, {end}",
    de: "in Ruhe bei den niedrigsten Kosten, {end}",
  },
  "fate.descending": {
    en: "a thousandth of the first height after {needed} epochs",
    de: "nach {needed} Epochen ein Tausendstel der ersten Höhe",
  },
  "fate.crawling": {
    en: "along a flat direction the distance halves in {life} epochs",
    de: "in flacher Richtung halbiert sich der Abstand in {life} Epochen",
  },
  "fate.zigzag": {
    en: "each step overshoots the steep direction, keeping {keeps} % of the distance",
    de: "jeder Schritt schießt in steiler Richtung über und behält {keeps} % des Abstands",
  },
  "fate.diverging": {
    en: "above the limit {limit}: each step multiplies the distance by {factor}",
    de: "über der Grenze {limit}: Jeder Schritt vervielfacht den Abstand mit {factor}",
  },
  "fate.climbing": { en: "a rate not above 0 does not go down", de: "eine Rate nicht über 0 führt nicht hinab" },
  "fate.unclear": { en: "one point shows no direction", de: "ein Punkt zeigt keine Richtung" },

  "why.ratio": {
    en: "The sharpest direction bends with {sharpness}. Rate × sharpness = {rate} × {sharpness} = {ratio}, and 2 is the cliff: the rate could be at most {limit}.",
    de: "Die schärfste Richtung krümmt sich mit {sharpness}. Rate × Schärfe = {rate} × {sharpness} = {ratio}, und bei 2 ist die Kante: Die Rate dürfte höchstens {limit} sein.",
  },
  "why.steep": {
    en: "In that direction each step multiplies the distance to the floor by |1 − {ratio}| = {factor}.",
    de: "In dieser Richtung vervielfacht jeder Schritt den Abstand zum Boden mit |1 − {ratio}| = {factor}.",
  },
  "why.flat": {
    en: "The flattest direction bends with {smallest} only, so its distance shrinks by the factor {slow} a step: halved every {life} epochs. Sharp over flat is {condition}, the condition number.",
    de: "Die flachste Richtung krümmt sich nur mit {smallest}, ihr Abstand schrumpft je Schritt um den Faktor {slow}: halbiert alle {life} Epochen. Scharf durch flach ist {condition}, die Konditionszahl.",
  },
  "why.best": {
    en: "The best fixed rate for these data is {best} = 2 / (sharpest + flattest); with it a thousandth of the first height takes {epochs} epochs.",
    de: "Die beste feste Rate für diese Daten ist {best} = 2 / (schärfste + flachste); damit braucht ein Tausendstel der ersten Höhe {epochs} Epochen.",
  },

  "transport.first": { en: "To the start", de: "Zum Anfang" },
  "transport.back": { en: "Back one phase", de: "Eine Phase zurück" },
  "transport.play": { en: "Play", de: "Abspielen" },
  "transport.pause": { en: "Pause", de: "Anhalten" },
  "transport.on": { en: "On one phase", de: "Eine Phase weiter" },
  "transport.step": { en: "One whole step", de: "Ein ganzer Schritt" },
  "transport.last": { en: "To the end", de: "Zum Ende" },
  "transport.time": { en: "Epoch", de: "Epoche" },
  "transport.speed": { en: "Epochs a second", de: "Epochen je Sekunde" },
  "transport.locked": { en: "First guess, then play.", de: "Erst raten, dann abspielen." },

  "rate.label": { en: "Learning rate", de: "Lernrate" },
  "rate.help": {
    en: "How far each adjustment goes. Too small crawls, too large falls off the cliff at {limit}.",
    de: "Wie weit jede Anpassung geht. Zu klein kriecht, zu groß fällt über die Kante bei {limit}.",
  },
  "rate.flat": { en: "Nothing bends upwards here: there is no cliff.", de: "Nichts krümmt sich hier nach oben: Es gibt keine Kante." },
  "rate.crawl": { en: "crawls", de: "kriecht" },
  "rate.good": { en: "good", de: "gut" },
  "rate.zigzag": { en: "zigzags", de: "pendelt" },
  "rate.cliff": { en: "cliff", de: "Kante" },
  "rate.exact": { en: "Learning rate, exactly", de: "Lernrate, genau" },
  "rate.best": { en: "Best rate", de: "Beste Rate" },
  "rate.limit": { en: "limit {limit}", de: "Grenze {limit}" },

  "settings.title": { en: "Where it starts, and what may move", de: "Wo es beginnt, und was sich bewegen darf" },
  "settings.start": { en: "start {name}", de: "Start {name}" },
  "settings.frozen": { en: "hold {name}", de: "{name} festhalten" },
  "settings.random": { en: "Random start", de: "Zufälliger Start" },
  "settings.recorded": { en: "As recorded", de: "Wie aufgezeichnet" },
  "settings.standardise": {
    en: "standardise the inputs (mean 0, deviation 1)",
    de: "Eingaben standardisieren (Mittel 0, Abweichung 1)",
  },
  "settings.epochs": { en: "epochs", de: "Epochen" },
  "settings.trilobite": { en: "trilobite", de: "Trilobit" },
  "settings.language": { en: "language", de: "Sprache" },
  "settings.condition": {
    en: "Condition number {now}; standardised {then}.",
    de: "Konditionszahl {now}; standardisiert {then}.",
  },
};
