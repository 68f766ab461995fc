// Strings of the lesson (cards, derivation, graph, script, steps, narration): a key, and what it says in each language.
// {names} are filled in by the view.

/** @type {Record<string, Record<string, string>>} */
export const LESSON = {
  "phase.1": { en: "Forward pass", de: "Vorwärtsrechnung" },
  "phase.2": { en: "Cost", de: "Kosten" },
  "phase.3": { en: "Gradient", de: "Gradient" },
  "phase.4": { en: "Adjust", de: "Anpassen" },
  "cards.title": { en: "One step, in its four phases", de: "Ein Schritt in seinen vier Phasen" },
  "cards.help": {
    en: "Click a card to stand at that phase; click a number to see where it came from.",
    de: "Eine Karte anklicken: Der Schritt steht bei dieser Phase. Eine Zahl anklicken: Woher sie kommt.",
  },
  "cards.replay": {
    en: "These numbers are replayed as they were recorded. Click a card to stand at that phase.",
    de:
      "Diese Zahlen werden abgespielt, wie sie aufgezeichnet wurden. Eine Karte anklicken: Der Schritt steht " +
      "bei dieser Phase.",
  },
  "cards.whence": { en: "Where this number came from", de: "Woher diese Zahl kommt" },
  "cards.close": { en: "Close", de: "Schließen" },
  "cards.back": { en: "One phase back", de: "Eine Phase zurück" },
  "cards.on": { en: "One phase on", de: "Eine Phase weiter" },
  "cards.estimate": { en: "one estimate", de: "eine Schätzung" },
  "cards.square": { en: "one square: {few}", de: "ein Quadrat: {few}" },
  "cards.estimates": { en: "{count} estimates", de: "{count} Schätzungen" },
  "cards.rows": {
    en: "{count} estimates, whose rows are not in this page",
    de: "{count} Schätzungen, deren Zeilen nicht in dieser Seite sind",
  },
  "cards.recorded": { en: "estimates were not recorded", de: "Schätzungen wurden nicht aufgezeichnet" },
  "cards.squares": { en: "the mean of {count} squares: {few}", de: "das Mittel aus {count} Quadraten: {few}" },
  "cards.before": { en: "of the step before", de: "vom Schritt davor" },
  "cards.stale": { en: "of the parameters before; soon measured anew", de: "von den Parametern von vorher" },
  "cards.stale.why": {
    en: "of the parameters before; measured anew at the next forward pass",
    de: "gehört zu den Parametern von vorher; neu gemessen bei der nächsten Vorwärtsrechnung",
  },
  "cards.held": { en: "held", de: "festgehalten" },
  "cards.length": { en: "its length is {value}", de: "seine Länge ist {value}" },
  "cards.length.all": {
    en: "its length, over {count} parameters, is {value}",
    de: "seine Länge, über {count} Parameter, ist {value}",
  },
  "cards.by": { en: "by learning rate × slope, α = {rate}", de: "um Lernrate × Steigung, α = {rate}" },
  "cards.rate": { en: "learning rate {rate}", de: "Lernrate {rate}" },
  "cards.next": { en: "as recorded, from epoch {from} to {to}", de: "wie aufgezeichnet, von Epoche {from} bis {to}" },
  "cards.end": { en: "the last epoch: not adjusted any more", de: "die letzte Epoche: nicht mehr angepasst" },
  "whence.start": {
    en: "{sign} is where the descent starts. Drag the start in a picture, or set it below.",
    de: "Bei diesem {sign} beginnt der Abstieg. Der Start lässt sich in einem Bild ziehen oder unten setzen.",
  },
  "whence.parameter": {
    en: "{sign} was left here by the adjustment before: its old value − learning rate × slope.",
    de: "Die Anpassung davor hat {sign} hierher gebracht: alter Wert − Lernrate × Steigung.",
  },
  "whence.estimate": {
    en: "The example in row {row}: its target is {target}, so the estimate misses by {residual}.",
    de: "Das Beispiel in Zeile {row}: Sein Ziel ist {target}, die Schätzung verfehlt es um {residual}.",
  },
  "whence.penalty": { en: "the penalty on large weights", de: "der Zuschlag für große Gewichte" },
  "whence.held": {
    en: "This parameter is held: it is not adjusted, whatever its slope.",
    de: "Dieser Parameter wird festgehalten: Er wird nicht angepasst, wie auch immer seine Steigung ist.",
  },
  "whence.change": {
    en: "Against the slope, because the slope points uphill. With every digit: {full}",
    de: "Gegen die Steigung, denn sie zeigt bergauf. Mit allen Stellen: {full}",
  },
  "whence.road": { en: "By which road", de: "Auf welchem Weg" },
  "whence.value": { en: "Value", de: "Wert" },
  "whence.difference": { en: "Difference", de: "Unterschied" },
  "whence.road.engine": {
    en: "this page's engine, from the data's statistics",
    de: "die Maschine dieser Seite, aus den Kennzahlen der Daten",
  },
  "whence.road.examples": { en: "square by square, over all examples", de: "Quadrat für Quadrat, über alle Beispiele" },
  "whence.road.torch": { en: "PyTorch, as it was recorded", de: "PyTorch, wie aufgezeichnet" },
  "whence.road.derived": {
    en: "the derived formula, example by example",
    de: "die hergeleitete Formel, Beispiel für Beispiel",
  },
  "whence.road.taps": { en: "two taps, one on either side", de: "zweimal tasten, auf jeder Seite einmal" },
  "whence.road.autograd": { en: "PyTorch's autograd, as it was recorded", de: "PyTorchs Autograd, wie aufgezeichnet" },
  "whence.taps": {
    en: "Taps: the cost {reach} to the right minus the cost {reach} to the left, over the distance between them.",
    de: "Tasten: die Kosten {reach} weiter rechts minus die Kosten {reach} weiter links, geteilt durch den Abstand.",
  },
  "derivation.title": { en: "The gradient, derived by hand", de: "Der Gradient, von Hand hergeleitet" },
  "derivation.for": { en: "For", de: "Für" },
  "derivation.help": {
    en:
      "How much the cost rises when a parameter rises a little. Every line was compared with autograd before " +
      "it was written here; the numbers are those of epoch {epoch}.",
    de:
      "Wie stark die Kosten steigen, wenn ein Parameter ein wenig steigt. Jede Zeile wurde mit Autograd " +
      "verglichen, bevor sie hier stand; die Zahlen sind die der Epoche {epoch}.",
  },
  "derivation.scaled": {
    en:
      "How much the cost rises when a parameter rises a little; x is the standardised input here, with mean 0 " +
      "and deviation 1. The numbers are those of epoch {epoch}.",
    de:
      "Wie stark die Kosten steigen, wenn ein Parameter ein wenig steigt; x ist hier die standardisierte " +
      "Eingabe mit Mittel 0 und Abweichung 1. Die Zahlen sind die der Epoche {epoch}.",
  },
  "derivation.agrees": {
    en: "The engine of this page, by another road, has {value}: a difference of {difference}.",
    de: "Die Maschine dieser Seite kommt auf anderem Weg zu {value}: ein Unterschied von {difference}.",
  },
  "derivation.sample": {
    en:
      "A sample of the rows is in this page: the terms are four of them, the result is that of all rows, by " +
      "the engine.",
    de:
      "In dieser Seite ist eine Stichprobe der Zeilen: Vier davon sind die Summanden, das Ergebnis ist das " +
      "aller Zeilen, von der Maschine.",
  },
  "derivation.long": { en: "with the numbers, n = {count}", de: "mit den Zahlen, n = {count}" },
  "derivation.stands": { en: "stands for {name}", de: "steht für {name}" },
  "rule.mean": {
    en: "the mean squared error over n examples",
    de: "der mittlere quadratische Fehler über n Beispiele",
  },
  "rule.one": { en: "the squared error of one example", de: "der quadratische Fehler eines Beispiels" },
  "rule.both": { en: "differentiate both sides", de: "beide Seiten ableiten" },
  "rule.factor": { en: "a constant factor stays in front", de: "ein konstanter Faktor bleibt vorne stehen" },
  "rule.sum": {
    en: "the derivative of a sum is the sum of the derivatives",
    de: "die Ableitung einer Summe ist die Summe der Ableitungen",
  },
  "rule.power": {
    en: "power rule outside, chain rule for the inside",
    de: "außen die Potenzregel, für das Innere die Kettenregel",
  },
  "rule.estimate": { en: "the estimate written out", de: "die Schätzung ausgeschrieben" },
  "rule.inside": {
    en: "inside, too, the sum is differentiated term by term",
    de: "auch innen wird die Summe Glied für Glied abgeleitet",
  },
  "rule.inner": {
    en: "inner derivative: all other terms are constants",
    de: "innere Ableitung: alle anderen Glieder sind Konstanten",
  },
  "rule.collected": { en: "everything collected", de: "alles zusammengefasst" },
  "rule.numbers": { en: "with the numbers", de: "mit den Zahlen" },
  "rule.worked": { en: "each term worked out", de: "jedes Glied ausgerechnet" },
  "rule.result": { en: "the result", de: "das Ergebnis" },
  "derivation.with": { en: "with", de: "mit" },
  "graph.title": { en: "The computation graph", de: "Der Rechengraph" },
  "graph.help": {
    en:
      "Forward, values flow from the parameters to the cost. Backward, slopes flow home: the number with the " +
      "arrow says how much the cost rises when that node rises a little, by this one example.",
    de:
      "Vorwärts fließen Werte von den Parametern zu den Kosten. Rückwärts fließen Steigungen heim: Die Zahl " +
      "mit dem Pfeil sagt, wie stark die Kosten steigen, wenn dieser Knoten ein wenig steigt, durch dieses " +
      "eine Beispiel.",
  },
  "graph.help.all": {
    en:
      "All examples at once: the values are their means, the numbers with an arrow are the sums of their " +
      "slopes. What arrives at the parameters is the gradient.",
    de:
      "Alle Beispiele zugleich: Die Werte sind ihre Mittel, die Zahlen mit dem Pfeil die Summen ihrer " +
      "Steigungen. Was bei den Parametern ankommt, ist der Gradient.",
  },
  "graph.which": { en: "example in row", de: "Beispiel in Zeile" },
  "graph.row": { en: "the example in row {row}", de: "das Beispiel in Zeile {row}" },
  "graph.every": { en: "all examples", de: "alle Beispiele" },
  "graph.all": { en: "all {count} together", de: "alle {count} zusammen" },
  "graph.walk": { en: "Walk backward", de: "Rückwärts gehen" },
  "graph.ask": {
    en: "Choose a slope on an edge to read what it does, or walk backward from the cost to the parameters.",
    de:
      "Eine Steigung an einer Kante wählen, um zu lesen, was sie tut, oder von den Kosten zurück zu den " +
      "Parametern gehen.",
  },
  "graph.chain": {
    en:
      "When {from} grows by a little, {to} grows {slope} times as much. Chain rule: {arrives} arrives at {to}; " +
      "{arrives} × {local} = {result} goes on to {from}.",
    de:
      "Wächst {from} ein wenig, so wächst {to} um das {slope}-fache davon. Kettenregel: Bei {to} kommt " +
      "{arrives} an; {arrives} × {local} = {result} geht weiter zu {from}.",
  },
  "graph.chain.end": {
    en:
      "When {from} grows by a little, {to} grows {slope} times as much. Chain rule: {arrives} × {local} = " +
      "{result}. This is what the example adds to the slope by {from}.",
    de:
      "Wächst {from} ein wenig, so wächst {to} um das {slope}-fache davon. Kettenregel: {arrives} × {local} = " +
      "{result}. So viel trägt das Beispiel zur Steigung nach {from} bei.",
  },
  "graph.chain.all": {
    en: "Each example has its own slope {formula} from {from} to {to}. Together they bring {result} to {from}.",
    de:
      "Jedes Beispiel hat seine eigene Steigung {formula} von {from} nach {to}. Zusammen bringen sie {result} " +
      "zu {from}.",
  },
  "graph.shares": {
    en: "Each of the {count} examples adds its share, and the shares add up to the gradient.",
    de: "Jedes der {count} Beispiele trägt seinen Anteil bei, und die Anteile ergeben zusammen den Gradienten.",
  },
  "graph.table": { en: "Every example's share as a table", de: "Der Anteil jedes Beispiels als Tabelle" },
  "graph.example": { en: "row", de: "Zeile" },
  "graph.estimate": { en: "estimate", de: "Schätzung" },
  "graph.target": { en: "target", de: "Ziel" },
  "graph.square": { en: "its square", de: "ihr Quadrat" },
  "graph.single": { en: "slope of its square by {name}", de: "Steigung ihres Quadrats nach {name}" },
  "graph.share": { en: "share of ∂C/∂{name}", de: "Anteil an ∂C/∂{name}" },
  "graph.more": { en: "and {count} more rows", de: "und {count} weitere Zeilen" },
  "graph.label": {
    en: "Computation graph for {which}: cost {cost}; slopes that arrive at the parameters: {slopes}",
    de: "Rechengraph für {which}: Kosten {cost}; Steigungen, die bei den Parametern ankommen: {slopes}",
  },
  "script.title": { en: "The same in PyTorch", de: "Dasselbe in PyTorch" },
  "script.help": {
    en: "Copy it and run it: it makes the descent of this page, with what you changed, and prints the same numbers.",
    de:
      "Kopieren und ausführen: Das Programm macht den Abstieg dieser Seite, mit allem, was verändert wurde, " +
      "und gibt dieselben Zahlen aus.",
  },
  "script.copy": { en: "Copy", de: "Kopieren" },
  "script.copied": { en: "copied", de: "kopiert" },
  "script.selected": { en: "selected: copy it with Ctrl+C or ⌘C", de: "ausgewählt: mit Strg+C oder ⌘C kopieren" },
  "told.move": { en: "{name} {before} to {after}", de: "{name} {before} auf {after}" },
  "told.parameters": { en: "the parameters were adjusted", de: "die Parameter wurden angepasst" },
  "told.step": {
    en: "Step {epoch}: {moves}, cost {before} to {after}.",
    de: "Schritt {epoch}: {moves}, Kosten {before} auf {after}.",
  },
  "told.forward": {
    en: "Step {epoch}, forward pass: the estimates{estimates}.",
    de: "Schritt {epoch}, Vorwärtsrechnung: die Schätzungen{estimates}.",
  },
  "told.cost": { en: "Step {epoch}, cost: {cost}.", de: "Schritt {epoch}, Kosten: {cost}." },
  "told.gradient": {
    en: "Step {epoch}: cost {cost}, gradient {slopes}.",
    de: "Schritt {epoch}: Kosten {cost}, Gradient {slopes}.",
  },
  "told.adjust": {
    en: "Step {epoch}, adjusted against the slope, at the learning rate {rate}: {moves}.",
    de: "Schritt {epoch}, gegen die Steigung angepasst, mit der Lernrate {rate}: {moves}.",
  },
  "told.lost": {
    en: "Step {epoch}: the cost is no finite number any more.",
    de: "Schritt {epoch}: Die Kosten sind keine endliche Zahl mehr.",
  },
};
