// Strings of the charts (data and fit, curve, table, comparing): a key, and what it says in each language.

/** @type {Record<string, Record<string, string>>} */
export const CHARTS = {
  "fit.title": { en: "Data and fit", de: "Daten und Anpassung" },
  "fit.help": {
    en: "Drag a point, or an end of the line. The cost is the mean of the squares.",
    de: "Ziehe an einem Punkt oder an einem Ende der Geraden. Die Kosten sind das Mittel der Quadrate.",
  },
  "fit.help_many": {
    en: "Each estimate over its target. On the diagonal they agree; the sticks are what is missed.",
    de: "Jede Schätzung über ihrem Zielwert. Auf der Diagonalen stimmen sie überein; die Striche sind, was fehlt.",
  },
  "fit.estimate": { en: "estimate", de: "Schätzung" },
  "fit.target": { en: "target", de: "Zielwert" },
  "fit.line": { en: "line here", de: "Gerade hier" },
  "fit.diagonal": { en: "estimate = target", de: "Schätzung = Zielwert" },
  "fit.next": { en: "after the next step", de: "nach dem nächsten Schritt" },
  "fit.best": { en: "least squares", de: "kleinste Quadrate" },
  "fit.best_frozen": { en: "lowest with what is frozen", de: "Tiefstes mit dem Eingefrorenen" },
  "fit.identity": { en: "mean of the squares = cost {cost}", de: "Mittel der Quadrate = Kosten {cost}" },
  "fit.identity_after": {
    en: "mean of the squares = cost {cost}, after the adjustment",
    de: "Mittel der Quadrate = Kosten {cost}, nach der Anpassung",
  },
  "fit.identity_ridge": {
    en: "mean of the squares {mean} + penalty {penalty} = cost {cost}",
    de: "Mittel der Quadrate {mean} + Strafe {penalty} = Kosten {cost}",
  },
  "fit.identity_sample": {
    en: "mean of all {examples} squares = cost {cost}; of the drawn ones {mean}",
    de: "Mittel aller {examples} Quadrate = Kosten {cost}; der gezeichneten {mean}",
  },
  "fit.identity_sample_ridge": {
    en: "mean of all {examples} squares + penalty = cost {cost}; of the drawn ones {mean}",
    de: "Mittel aller {examples} Quadrate + Strafe = Kosten {cost}; der gezeichneten {mean}",
  },
  "fit.identity_broken": {
    en: "the mean of the squares {mean} and the cost {cost} disagree",
    de: "das Mittel der Quadrate {mean} und die Kosten {cost} stimmen nicht überein",
  },
  "fit.two_roads": {
    en: "From the points: {mean}. From the bowl: {cost}. Two independent roads.",
    de: "Aus den Punkten: {mean}. Aus der Schüssel: {cost}. Zwei unabhängige Wege.",
  },
  "fit.sample": {
    en: "{drawn} of {examples} points drawn; the line, the cost and the walk are those of all.",
    de: "{drawn} von {examples} Punkten gezeichnet; Gerade, Kosten und Weg sind die von allen.",
  },
  "fit.sample_drag": {
    en: "Each drawn point stands for itself only, one of {examples}: moving it moves little.",
    de: "Jeder gezeichnete Punkt steht nur für sich, einer von {examples}: ihn zu bewegen bewegt wenig.",
  },
  "fit.no_squares": {
    en: "Squares are drawn for at most {most} points; more would cover each other.",
    de: "Quadrate werden für höchstens {most} Punkte gezeichnet; mehr würden einander verdecken.",
  },
  "fit.put_back": { en: "Put the points back", de: "Punkte zurücklegen" },
  "fit.above": {
    en: "The line is above the picture: {value} at {at}",
    de: "Die Gerade ist über dem Bild: {value} bei {at}",
  },
  "fit.below": {
    en: "The line is below the picture: {value} at {at}",
    de: "Die Gerade ist unter dem Bild: {value} bei {at}",
  },
  "fit.points_out": {
    en: "Out of the picture: {count} of {drawn} estimates, up to {value}",
    de: "Außerhalb des Bildes: {count} von {drawn} Schätzungen, bis {value}",
  },
  "fit.large": { en: "{text}; {count} squares", de: "{text}; {count} Quadrate" },
  "fit.gone": { en: "The line is no longer a number", de: "Die Gerade ist keine Zahl mehr" },
  "fit.left_end": { en: "Left end of the line, {value} at {at}", de: "Linkes Ende der Geraden, {value} bei {at}" },
  "fit.right_end": { en: "Right end of the line, {value} at {at}", de: "Rechtes Ende der Geraden, {value} bei {at}" },
  "fit.point": { en: "Point {row}: {input}, {target}", de: "Punkt {row}: {input}, {target}" },
  "fit.keys": {
    en: "Arrows move it, with Shift ten times as far. Page Up and Page Down choose another point.",
    de: "Pfeiltasten bewegen ihn, mit Umschalt zehnmal so weit. Bild auf und Bild ab wählen einen anderen Punkt.",
  },
  "fit.alt": {
    en: "{count} points and the line; mean of the squares {mean}, cost {cost}.",
    de: "{count} Punkte und die Gerade; Mittel der Quadrate {mean}, Kosten {cost}.",
  },
  "fit.alt_line": { en: "Estimate = {m} times input + {b}.", de: "Schätzung = {m} mal Eingabe + {b}." },
  "fit.table": { en: "The points as a table", de: "Die Punkte als Tabelle" },
  "fit.table_first": { en: "The first {count} of them.", de: "Die ersten {count} davon." },
  "fit.row": { en: "row", de: "Zeile" },
  "fit.residual": { en: "estimate − target", de: "Schätzung − Zielwert" },
  "fit.square": { en: "square", de: "Quadrat" },

  "curve.title": { en: "Cost by epoch", de: "Kosten nach Epoche" },
  "curve.scale": { en: "height of the curve", de: "Höhe der Kurve" },
  "curve.log": { en: "log", de: "log" },
  "curve.linear": { en: "linear", de: "linear" },
  "curve.above": { en: "above the minimum", de: "über dem Minimum" },
  "curve.above_help": {
    en: "The cost less the lowest one; what is less than a rounding is not drawn.",
    de: "Die Kosten ohne die tiefsten; was kleiner ist als eine Rundung, fehlt.",
  },
  "curve.epoch": { en: "epoch", de: "Epoche" },
  "curve.cost": { en: "cost", de: "Kosten" },
  "curve.above_cost": { en: "cost − lowest", de: "Kosten − tiefste" },
  "curve.help": {
    en: "Pull the marker along the curve. The dashed line is the lowest cost there is.",
    de: "Ziehe die Marke die Kurve entlang. Die gestrichelte Linie ist der tiefste Wert, den es gibt.",
  },
  "curve.help_no_floor": { en: "Pull the marker along the curve.", de: "Ziehe die Marke die Kurve entlang." },
  "curve.help_replay": {
    en: "Played back from the recorded run: pull the marker along the curve.",
    de: "Abgespielt aus dem aufgezeichneten Lauf: ziehe die Marke die Kurve entlang.",
  },
  "curve.floor": { en: "lowest cost {cost}", de: "tiefste Kosten {cost}" },
  "curve.here": { en: "epoch {epoch}: {cost}", de: "Epoche {epoch}: {cost}" },
  "curve.marker": { en: "Epoch that is shown", de: "Gezeigte Epoche" },
  "curve.leaves": {
    en: "leaves the picture at epoch {epoch}, up to {value}",
    de: "verlässt das Bild in Epoche {epoch}, bis {value}",
  },
  "curve.lost": { en: "no number from epoch {lost} on", de: "keine Zahl mehr ab Epoche {lost}" },
  "curve.lost_beyond": {
    en: "leaves the picture at epoch {epoch}; no number from epoch {lost} on",
    de: "verlässt das Bild in Epoche {epoch}; keine Zahl mehr ab Epoche {lost}",
  },
  "curve.all": { en: "Show all of it", de: "Ganz zeigen" },
  "curve.less": { en: "Show its foot", de: "Nur den Fuß zeigen" },
  "curve.flat": {
    en: "flat direction alone: halves in {life} epochs",
    de: "flache Richtung allein: halbiert in {life} Epochen",
  },
  "curve.alt": {
    en: "Cost by epoch: {first} at epoch {from}, {last} at epoch {to}. The table of steps has the numbers.",
    de: "Kosten nach Epoche: {first} in Epoche {from}, {last} in Epoche {to}. Die Zahlen stehen in der " +
      "Tabelle der Schritte.",
  },
  "curve.recorded": { en: "recorded", de: "aufgezeichnet" },

  "table.title": { en: "Table of steps", de: "Tabelle der Schritte" },
  "table.help": {
    en: "Each row was measured before its adjustment. Choose a row, and every view goes there.",
    de: "Jede Zeile wurde vor ihrer Anpassung gemessen. Wähle eine Zeile, und jede Ansicht geht dorthin.",
  },
  "table.replay": { en: "Of the recorded steps.", de: "Von den aufgezeichneten Schritten." },
  "table.all": { en: "All {count} steps.", de: "Alle {count} Schritte." },
  "table.only": { en: "The only step.", de: "Der einzige Schritt." },
  "table.rule": {
    en: "{shown} of {count} steps: the first 20; then those at, or next after, epochs 1, 2, 3, 5 and 7 " +
      "times each power of ten; the first whose cost is not finite, if there is one; the last 5; and the " +
      "step that is shown.",
    de: "{shown} von {count} Schritten: die ersten 20; dann die bei oder nach den Epochen 1, 2, 3, 5 und 7 " +
      "mal jede Zehnerpotenz; der erste, dessen Kosten nicht endlich sind, wenn es ihn gibt; die letzten " +
      "5; und der gezeigte.",
  },
  "table.window": {
    en: "Every step from epoch {from} to {to}, of {count} steps.",
    de: "Jeder Schritt von Epoche {from} bis {to}, von {count} Schritten.",
  },
  "table.every": { en: "Show every step from here", de: "Jeden Schritt ab hier zeigen" },
  "table.thinned": { en: "Show the whole walk, thinned", de: "Den ganzen Weg zeigen, ausgedünnt" },
  "table.before": { en: "25 before", de: "25 davor" },
  "table.after": { en: "25 after", de: "25 danach" },
  "table.epoch": { en: "epoch", de: "Epoche" },
  "table.cost": { en: "cost", de: "Kosten" },
  "table.length": { en: "length of the gradient", de: "Länge des Gradienten" },
  "table.go": { en: "Go to epoch {epoch}", de: "Gehe zu Epoche {epoch}" },
  "table.fewer": {
    en: "{shown} of {count} parameters have columns, the two of the surface first.",
    de: "{shown} von {count} Parametern haben Spalten, die zwei der Fläche zuerst.",
  },
  "table.no_params": {
    en: "Of so many parameters only the costs and the lengths of the gradients were kept.",
    de: "Bei so vielen Parametern wurden nur die Kosten und die Längen der Gradienten behalten.",
  },

  "compare.title": { en: "Comparing", de: "Vergleichen" },
  "compare.yes": { en: "yes", de: "ja" },
  "compare.no": { en: "no", de: "nein" },
  "compare.never": { en: "never", de: "nie" },
  "compare.unknown": { en: "not known", de: "nicht bekannt" },
  "compare.rate": { en: "learning rate", de: "Lernrate" },
  "compare.epochs": { en: "epochs", de: "Epochen" },
  "compare.end": { en: "cost at the end", de: "Kosten am Ende" },
  "compare.to_finish": { en: "epochs to 0.001 of the first height", de: "Epochen bis 0,001 der ersten Höhe" },
  "runs.title": { en: "The runs of this page", de: "Die Läufe dieser Seite" },
  "runs.help": {
    en: "Choose which is shown; the others stay beside it, dashed.",
    de: "Wähle, welcher gezeigt wird; die anderen bleiben gestrichelt daneben.",
  },
  "runs.shown": { en: "shown", de: "gezeigt" },
  "runs.label": { en: "run", de: "Lauf" },
  "runs.show": { en: "Show the run {label}", de: "Zeige den Lauf {label}" },
  "runs.first": { en: "the first", de: "der erste" },
  "runs.verdict": { en: "verdict", de: "Urteil" },
  "runs.at_most": { en: "at most {epochs}", de: "höchstens {epochs}" },
  "runs.not_reached": { en: "not reached", de: "nicht erreicht" },
  "rates.title": { en: "How many epochs each learning rate needs", de: "Wie viele Epochen jede Lernrate braucht" },
  "rates.help": {
    en: "Larger is faster, up to just before the cliff. Pull the dot, or use its arrow keys.",
    de: "Größer ist schneller, bis kurz vor der Klippe. Ziehe den Punkt, oder nimm seine Pfeiltasten.",
  },
  "rates.measure": { en: "until the cost is within", de: "bis die Kosten weniger entfernt sind als" },
  "rates.share": { en: "0.001 × the first height", de: "0,001 × die erste Höhe" },
  "rates.absolute": { en: "0.001 of the minimum", de: "0,001 vom Minimum" },
  "rates.exactly": {
    en: "Counted is the first epoch whose cost is less than {above} above the lowest cost that this start " +
      "can reach, {floor}; the start is {height} above it. Worked out from the curvature, exactly, " +
      "without walking.",
    de: "Gezählt wird die erste Epoche, deren Kosten weniger als {above} über den tiefsten liegen, die " +
      "dieser Start erreichen kann, {floor}; der Start liegt {height} darüber. Aus der Krümmung " +
      "ausgerechnet, genau, ohne zu gehen.",
  },
  "rates.here": { en: "Here, {rate}: {epochs}.", de: "Hier, {rate}: {epochs}." },
  "rates.best": { en: "Best, {rate}: {epochs}.", de: "Am besten, {rate}: {epochs}." },
  "rates.best_short": { en: "best {rate}: {epochs}", de: "beste {rate}: {epochs}" },
  "rates.count": { en: "{epochs} epochs", de: "{epochs} Epochen" },
  "rates.limit": { en: "limit {rate}", de: "Grenze {rate}" },
  "rates.cliff": { en: "grows", de: "wächst" },
  "rates.dot": { en: "Learning rate on the curve", de: "Lernrate auf der Kurve" },
  "rates.there": {
    en: "This start is there already: move it away from the minimum to compare rates.",
    de: "Dieser Start ist schon am Ziel: rücke ihn vom Minimum weg, um Raten zu vergleichen.",
  },
  "rates.table": { en: "The curve as a table", de: "Die Kurve als Tabelle" },
  "race.title": { en: "A race with equal budgets", de: "Ein Rennen mit gleichem Budget" },
  "race.help": {
    en: "Every lane walks the same {epochs} epochs. The finish is a thousandth of its own first height " +
      "above the minimum.",
    de: "Jede Bahn geht dieselben {epochs} Epochen. Das Ziel ist ein Tausendstel ihrer eigenen ersten Höhe " +
      "über dem Minimum.",
  },
  "race.add": { en: "Add this descent to the race", de: "Diesen Abstieg ins Rennen nehmen" },
  "race.four": { en: "Race four rates", de: "Vier Raten antreten lassen" },
  "race.four_help": {
    en: "This start with 0.01, half the limit, 0.9 of the limit and 1.02 of it",
    de: "Dieser Start mit 0,01, der halben Grenze, 0,9 der Grenze und dem 1,02-Fachen",
  },
  "race.clear": { en: "Clear the lanes", de: "Bahnen räumen" },
  "race.full": { en: "Six lanes at most: remove one first.", de: "Höchstens sechs Bahnen: entferne zuerst eine." },
  "race.empty": {
    en: "No lane yet. Add this descent, change its rate or start, and add it again.",
    de: "Noch keine Bahn. Nimm diesen Abstieg auf, ändere Rate oder Start, und nimm ihn wieder auf.",
  },
  "race.place": { en: "place", de: "Platz" },
  "race.lane": { en: "lane", de: "Bahn" },
  "race.start": { en: "start", de: "Start" },
  "race.frozen": { en: "held", de: "festgehalten" },
  "race.standardised": { en: "standardised", de: "standardisiert" },
  "race.share": { en: "share of the first height", de: "Anteil an der ersten Höhe" },
  "race.finish": { en: "finish: a thousandth", de: "Ziel: ein Tausendstel" },
  "race.would": { en: "{epochs}, beyond the budget", de: "{epochs}, über das Budget" },
  "race.show": { en: "Show", de: "Zeigen" },
  "race.show_lane": { en: "Show lane {lane} in every view", de: "Bahn {lane} in jeder Ansicht zeigen" },
  "race.remove": { en: "Remove", de: "Entfernen" },
  "race.remove_lane": { en: "Remove lane {lane}", de: "Bahn {lane} entfernen" },
  "race.alt": {
    en: "Race of {count} lanes, in order of finish: {order}.",
    de: "Rennen von {count} Bahnen, nach dem Ziel geordnet: {order}.",
  },
};
