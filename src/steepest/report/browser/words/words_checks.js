// Strings of the checks.

/** @type {Record<string, Record<string, string>>} */
export const CHECKS = {
  "check.title": { en: "How the numbers of this page were checked", de: "Wie die Zahlen dieser Seite geprüft wurden" },
  "check.help": {
    en: "Each number is reached by two roads that share no formula, again at every step that you see.",
    de: "Jede Zahl wird auf zwei Wegen erreicht, die keine Formel teilen, und das bei jedem Schritt aufs Neue." },
  "check.head_what": { en: "What, and by which roads", de: "Was, und auf welchen Wegen" },
  "check.head_one": { en: "One road", de: "Ein Weg" },
  "check.head_other": { en: "The other", de: "Der andere" },
  "check.head_apart": { en: "Relative difference", de: "Relative Abweichung" },
  "check.head_agrees": { en: "Agree?", de: "Einig?" },
  "check.yes": { en: "✓ yes", de: "✓ ja" },
  "check.no": { en: "✗ no", de: "✗ nein" },
  "check.walk_cost": {
    en: "Cost where the walks differ most: this page, PyTorch's recorded run in {kind}; epochs compared: {epochs}",
    de: "Kosten, wo die Wege am weitesten auseinander sind: diese Seite, PyTorchs Lauf in {kind}; verglichen: {epochs}" },
  "check.walk_params": {
    en: "Parameter where the walks differ most: this page, PyTorch's recorded run in {kind}; epochs compared: {epochs}",
    de: "Parameter, wo die Wege am weitesten auseinander sind: diese Seite, PyTorchs Lauf in {kind}; verglichen: {epochs}" },
  "check.cost": {
    en: "Cost at this step: from the bowl, mean square over the points",
    de: "Kosten bei diesem Schritt: aus der Schüssel, mittleres Quadrat über die Punkte" },
  "check.tapped": {
    en: "Slope along {name}: by formula, by tapping on both sides",
    de: "Steigung entlang {name}: nach Formel, durch Tasten nach beiden Seiten" },
  "check.mean": {
    en: "Slope along {name}: from the bowl, mean over the points",
    de: "Steigung entlang {name}: aus der Schüssel, Mittel über die Punkte" },
  "check.floor": {
    en: "Lowest cost: from the bowl, mean square over the points",
    de: "Tiefste Kosten: aus der Schüssel, mittleres Quadrat über die Punkte" },
  "check.residual": {
    en: "Sharpness λ, and length of Hv along its direction v: difference is |Hv − λv| / λ",
    de: "Schärfe λ, und Länge von Hv in ihrer Richtung v: Abweichung ist |Hv − λv| / λ" },
  "check.sharpness": {
    en: "Sharpness: by rotations on this page, by PyTorch",
    de: "Schärfe: durch Drehungen auf dieser Seite, von PyTorch" },
  "check.adjusted": {
    en: "Parameter after an adjustment, worst of {steps}: old − rate × slope, as recorded",
    de: "Parameter nach der Anpassung, schlechteste von {steps}: alt − Rate × Steigung, wie aufgezeichnet" },
  "check.length": {
    en: "Length of the gradient: from its recorded slopes, as recorded",
    de: "Länge des Gradienten: aus den aufgezeichneten Steigungen, wie aufgezeichnet" },
  "check.fall": {
    en: "Fall of the cost in the gentlest step: mean slope × way, as recorded (within 1 %)",
    de: "Fall der Kosten im sanftesten Schritt: mittlere Steigung × Weg, wie aufgezeichnet (auf 1 %)" },
  "check.other_walk": {
    en: "You have changed start, rate or data: PyTorch's recorded run set out otherwise, so it is not compared. The "
      + "others are.",
    de: "Start, Rate oder Daten sind verändert: PyTorchs Lauf begann anders und wird nicht verglichen. Das Übrige "
      + "schon." },
  "check.replay": {
    en: "This page plays back a recorded run: its cost is not here, so only what was recorded can be held against "
      + "itself.",
    de: "Diese Seite spielt einen Lauf ab: Die Kostenfunktion ist nicht hier, nur Aufgezeichnetes lässt sich "
      + "vergleichen." },
};
