// Strings of slices and spectra of networks: a key, and what it says in each language; {names} are filled in by the view.

/** @type {Record<string, Record<string, string>>} */
export const NETWORK = {
  "cuts.title": { en: "Slices of the cost", de: "Schnitte durch die Kosten" },
  "cuts.help": {
    en: "A plane through all the parameters, seen from above: along a line the cost stays equal. It is one cut of many.",
    de: "Eine Ebene durch alle Parameter, von oben: auf einer Linie bleiben die Kosten gleich. Es ist ein Schnitt von vielen.",
  },
  "cuts.help_surface": {
    en: "A plane through all the parameters; its height is the cost. Drag to turn, point to read. It is one cut of many.",
    de: "Eine Ebene durch alle Parameter, ihre Höhe die Kosten. Ziehen dreht, Zeigen liest. Es ist ein Schnitt von vielen.",
  },
  "cuts.help_line": {
    en: "The cost along a straight line through all the parameters. It is one cut of many.",
    de: "Die Kosten entlang einer Geraden durch alle Parameter. Es ist ein Schnitt von vielen.",
  },
  "cuts.which": { en: "Which slice", de: "Welcher Schnitt" },
  "cuts.look": { en: "Look at the slice as", de: "Den Schnitt ansehen als" },
  "cuts.scale": { en: "Scale of the cost", de: "Maßstab der Kosten" },
  "cuts.linear": { en: "linear", de: "linear" },
  "cuts.log": { en: "log", de: "Log" },
  "cuts.no_log": { en: "A number of 0 or below has no logarithm.", de: "Eine Zahl von 0 oder darunter hat keinen Logarithmus." },
  "cuts.quantity": { en: "Show", de: "Zeigen" },
  "cuts.cost": { en: "cost", de: "Kosten" },
  "cuts.places": { en: "measured places", de: "gemessene Orte" },
  "cuts.picture": {
    en: "Slice: arrow keys read the numbers at its points",
    de: "Schnitt: Pfeiltasten lesen die Zahlen an seinen Punkten",
  },
  "cuts.picture_surface": {
    en: "Slice as a surface: arrow keys turn it; with Shift they read the numbers at its points",
    de: "Schnitt als Fläche: Pfeiltasten drehen sie; mit Umschalt lesen sie die Zahlen an ihren Punkten",
  },
  "cuts.alt_surface": {
    en: "A surface of {quantity} over {first} and {second}, from {low} to {high}.",
    de: "Eine Fläche von {quantity} über {first} und {second}, von {low} bis {high}.",
  },
  "cuts.alt": {
    en: "A map of {quantity} by {first} and {second}, from {low} to {high}.",
    de: "Eine Karte von {quantity} über {first} und {second}, von {low} bis {high}.",
  },
  "cuts.alt_line": {
    en: "A curve of {quantity} along {first}{second}, from {low} to {high}.",
    de: "Eine Kurve von {quantity} entlang {first}{second}, von {low} bis {high}.",
  },
  "cuts.point": {
    en: "Point at the picture, or press arrow keys in it, to read its numbers.",
    de: "Auf das Bild zeigen oder darin Pfeiltasten drücken, um seine Zahlen zu lesen.",
  },
  "cuts.point_surface": {
    en: "Point at the picture, or press Shift and arrow keys in it, to read its numbers.",
    de: "Auf das Bild zeigen oder darin Umschalt und Pfeiltasten drücken, um seine Zahlen zu lesen.",
  },
  "cuts.measured": { en: "measured", de: "gemessen" },
  "cuts.interpolated": { en: "interpolated", de: "interpoliert" },
  "cuts.straight": { en: "straight between measured points", de: "gerade zwischen gemessenen Punkten" },
  "cuts.drawn_there": { en: "drawn there: {values}", de: "dort gezeichnet: {values}" },
  "cuts.holes": {
    en: "no number: {nan} NaN and {infinite} infinite of {count} points",
    de: "keine Zahl: {nan} NaN und {infinite} unendlich von {count} Punkten",
  },
  "cuts.lowest": { en: "lowest point of the grid", de: "tiefster Punkt des Gitters" },
  "cuts.model": { en: "where the slice was cut", de: "wo geschnitten wurde" },
  "cuts.path": { en: "path of the run", de: "Weg des Laufs" },
  "cuts.path_own": { en: "path of the run, at its own costs", de: "Weg des Laufs, auf seinen eigenen Kosten" },
  "cuts.path_under": {
    en: "where the run passed; its own {quantity} was not recorded",
    de: "wo der Lauf vorbeikam; seine eigene Größe ({quantity}) ist nicht aufgezeichnet",
  },
  "cuts.stem": {
    en: "stem: from the run's cost to the plane's at that place",
    de: "Stiel: von den Kosten des Laufs zu denen der Ebene an dieser Stelle",
  },
  "cuts.beyond": {
    en: "{count} steps of the run cost more or less than the picture has room for",
    de: "{count} Schritte des Laufs kosten mehr oder weniger, als das Bild Platz hat",
  },
  "cuts.path_line": {
    en: "costs that the run had, over the nearest point of the line",
    de: "Kosten, die der Lauf hatte, über dem nächsten Punkt der Geraden",
  },
  "cuts.disc": { en: "the wider, the farther off the plane, up to {far}", de: "je breiter, desto weiter neben der Ebene, bis {far}" },
  "cuts.others": { en: "other runs in dashes", de: "andere Läufe gestrichelt" },
  "cuts.step": {
    en: "Epoch {epoch}: the run's cost was {cost}; under it {drawn} is drawn. It is {far} off the slice.",
    de: "Epoche {epoch}: der Lauf hatte Kosten {cost}; gezeichnet sind dort {drawn}. Er ist {far} neben dem Schnitt.",
  },
  "cuts.step_out": {
    en: "Epoch {epoch}: the run's cost was {cost}; nothing is known under it. It is {far} off the slice.",
    de: "Epoche {epoch}: der Lauf hatte Kosten {cost}; dort ist nichts bekannt. Er ist {far} neben dem Schnitt.",
  },
  "cuts.exact": {
    en: "All {measured} points were measured; between them the picture is straight.",
    de: "Alle {measured} Punkte wurden gemessen; dazwischen ist das Bild gerade.",
  },
  "cuts.unsure": {
    en: "Interpolated from {measured} measured places, and nobody has measured how well.",
    de: "Aus {measured} gemessenen Orten interpoliert, und niemand hat gemessen, wie gut.",
  },
  "cuts.error": {
    en: "Interpolated from {measured} measured places; at places held out it was off by up to {error} % of the range.",
    de: "Aus {measured} gemessenen Orten interpoliert; an zurückgehaltenen Orten bis zu {error} % der Spanne daneben.",
  },
  "cuts.error_log": {
    en: "Interpolated from {measured} measured places; at places held out it was off by up to {error} decades, a factor of {factor}.",
    de: "Aus {measured} gemessenen Orten interpoliert; an zurückgehaltenen Orten bis zu {error} Dekaden daneben, Faktor {factor}.",
  },
  "cuts.interval": {
    en: "Each cost is that of a sample of the data, ± {half}; the whole relief is {relief}.",
    de: "Alle Kosten sind die einer Stichprobe der Daten, ± {half}; das ganze Relief ist {relief}.",
  },
  "cuts.share": {
    en: "The plane holds {share} % of the run's motion; the best plane holds {walk} % of a random walk's.",
    de: "Die Ebene hält {share} % der Bewegung des Laufs; von einer Irrfahrt hält die beste Ebene {walk} %.",
  },
  "cuts.share_line": {
    en: "The line holds {share} % of the run's motion; the best line holds {walk} % of a random walk's.",
    de: "Die Gerade hält {share} % der Bewegung des Laufs; von einer Irrfahrt hält die beste Gerade {walk} %.",
  },
  "cuts.outside": { en: "{count} of {all} steps are outside the frame.", de: "{count} von {all} Schritten sind außerhalb." },
  "cuts.method": { en: "How: {method}.", de: "Wie: {method}." },
  "cuts.table": { en: "As numbers", de: "Als Zahlen" },
  "spectrum.title": { en: "The spectrum of the Hessian", de: "Das Spektrum der Hesse-Matrix" },
  "spectrum.help": {
    en: "Each eigenvalue is a curvature: far to the right it is steep, at 0 flat, to the left it falls away.",
    de: "Jeder Eigenwert ist eine Krümmung: weit rechts ist es steil, bei 0 flach, links davon fällt es ab.",
  },
  "spectrum.eigenvalue": { en: "eigenvalue", de: "Eigenwert" },
  "spectrum.density": { en: "density, all together 1", de: "Dichte, zusammen 1" },
  "spectrum.limit": { en: "2 / learning rate {rate}", de: "2 / Lernrate {rate}" },
  "spectrum.all": { en: "all {count} eigenvalues", de: "alle {count} Eigenwerte" },
  "spectrum.ends": { en: "{count} eigenvalues at the ends; others lie between", de: "{count} Eigenwerte an den Enden; andere liegen dazwischen" },
  "spectrum.negative": { en: "negative: downhill both ways", de: "negativ: bergab auf beiden Seiten" },
  "spectrum.spread": {
    en: "how many lie where, in Gaussians of width {width}, with its standard error",
    de: "wie viele wo liegen, in Gaußglocken der Breite {width}, mit Standardfehler",
  },
  "spectrum.residual": {
    en: "Bars show how far each may be off; the worst by {worst}.",
    de: "Balken zeigen, wie weit jeder daneben sein kann; der schlechteste um {worst}.",
  },
  "spectrum.off": { en: "off by at most", de: "höchstens daneben um" },
  "spectrum.alt": { en: "Eigenvalues from {low} to {high}.", de: "Eigenwerte von {low} bis {high}." },
  "spectrum.table": { en: "Eigenvalues as a table", de: "Eigenwerte als Tabelle" },
};
