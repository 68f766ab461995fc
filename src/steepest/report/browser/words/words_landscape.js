// Strings of the landscape: a key, and what it says in each language; {names} are filled in by the view.

/** @type {Record<string, Record<string, string>>} */
export const LANDSCAPE = {
  "landscape.title": { en: "The cost over {first} and {second}", de: "Die Kosten über {first} und {second}" },
  "landscape.title.one": { en: "The cost over {first}", de: "Die Kosten über {first}" },
  "landscape.look": { en: "Look at the cost as", de: "Die Kosten ansehen als" },
  "landscape.surface": { en: "surface", de: "Fläche" },
  "landscape.contour": { en: "contour", de: "Karte" },
  "landscape.slices": { en: "slices", de: "Schnitte" },
  "landscape.height": { en: "Height", de: "Höhe" },
  "landscape.linear": { en: "linear", de: "linear" },
  "landscape.root": { en: "square root", de: "Wurzel" },
  "landscape.log": { en: "log", de: "Log" },
  "landscape.surface.help": {
    en: "Every place is a choice of {first} and {second}; its height is the cost. Drag to turn, click to start there.",
    de: "Jeder Ort ist eine Wahl von {first} und {second}, seine Höhe die Kosten. Ziehen dreht, Klick setzt den Start.",
  },
  "landscape.surface.replay": {
    en: "Height is the cost. This plays back the recorded run, over a slice that was measured with it. Drag to turn.",
    de: "Die Höhe zeigt die Kosten. Hier läuft die Aufzeichnung über einem mit ihr gemessenen Schnitt. Ziehen dreht.",
  },
  "landscape.contour.help": {
    en: "From above: along a line the cost stays equal. Click, drag or press arrow keys to move the start.",
    de: "Von oben: auf einer Linie bleiben die Kosten gleich. Klick, Ziehen oder Pfeiltasten setzen den Start.",
  },
  "landscape.contour.replay": {
    en: "From above: along a line the cost stays equal. This plays back the recorded run over a measured slice.",
    de: "Von oben: auf einer Linie bleiben die Kosten gleich. Hier läuft die Aufzeichnung, über einem Schnitt.",
  },
  "landscape.slices.help": {
    en: "Change one parameter, hold the rest: the cost bends like this. The tangent's slope is the gradient's number.",
    de: "Ein Parameter ändert sich, der Rest steht. Die Steigung der Tangente ist die Zahl im Gradienten.",
  },
  "landscape.slices.replay": {
    en: "Cuts along the grid lines nearest to where it stands, of a slice measured with the recorded run.",
    de: "Schnitte entlang der nächsten Gitterlinien eines Schnitts, der mit dem aufgezeichneten Lauf gemessen wurde.",
  },
  "landscape.slices.recorded": {
    en: "Straight lines between the costs that the recorded run measured; nothing is known beside them.",
    de: "Geraden zwischen den Kosten, die der aufgezeichnete Lauf gemessen hat; daneben ist nichts bekannt.",
  },
  "landscape.cut": {
    en: "One cut of many: the other {count} are held at their lowest point; the path floats at its own cost.",
    de: "Ein Schnitt von vielen: die übrigen {count} stehen am tiefsten Punkt; der Weg schwebt auf eigenen Kosten.",
  },
  "landscape.cut.replay": {
    en: "One cut of many: the path floats at its own cost.",
    de: "Ein Schnitt von vielen: der Weg schwebt auf seinen eigenen Kosten.",
  },
  "landscape.cost": { en: "cost", de: "Kosten" },
  "landscape.cost.root": { en: "cost, drawn as √(cost − {floor})", de: "Kosten, gezeichnet als √(Kosten − {floor})" },
  "landscape.cost.log": {
    en: "cost, drawn as log(cost − {floor} + {offset})",
    de: "Kosten, gezeichnet als log(Kosten − {floor} + {offset})",
  },
  "landscape.cost.root.bare": { en: "cost, drawn as √cost", de: "Kosten, gezeichnet als √Kosten" },
  "landscape.cost.log.bare": {
    en: "cost, drawn as log(cost + {offset})",
    de: "Kosten, gezeichnet als log(Kosten + {offset})",
  },
  "landscape.key.path": { en: "path so far", de: "Weg bisher" },
  "landscape.key.next": { en: "next landing", de: "nächste Landung" },
  "landscape.key.arrow": { en: "−gradient × {length}", de: "−Gradient × {length}" },
  "landscape.key.capped": { en: "−gradient × {length}, cut short", de: "−Gradient × {length}, gekürzt" },
  "landscape.key.lowest": { en: "lowest", de: "tiefster Punkt" },
  "landscape.key.tap": { en: "tapped", de: "ertastet" },
  "landscape.key.tangent": { en: "slope = gradient", de: "Steigung = Gradient" },
  "landscape.holes": { en: "holes: not finite there", de: "Löcher: dort nicht endlich" },
  "landscape.left": {
    en: "Out of the picture: {name} = {value} at epoch {epoch}",
    de: "Aus dem Bild: {name} = {value} in Epoche {epoch}",
  },
  "landscape.far": { en: "zoom out", de: "weiter weg" },
  "landscape.near": { en: "back to the valley", de: "zurück zum Tal" },
  "landscape.picture": { en: "Picture of the cost: arrow keys turn it", de: "Bild der Kosten: Pfeiltasten drehen es" },
  "landscape.picture.contour": {
    en: "Map of the cost: arrow keys move the start",
    de: "Karte der Kosten: Pfeiltasten versetzen den Start",
  },
  "landscape.picture.slices": { en: "Slices of the cost", de: "Schnitte durch die Kosten" },
  "landscape.turn.left": { en: "turn left", de: "nach links drehen" },
  "landscape.turn.right": { en: "turn right", de: "nach rechts drehen" },
  "landscape.turn.up": { en: "look from higher", de: "von höher schauen" },
  "landscape.turn.down": { en: "look from lower", de: "von tiefer schauen" },
  "landscape.first": { en: "across", de: "quer" },
  "landscape.second": { en: "along", de: "längs" },
  "landscape.nudges": { en: "Which nudge matters", de: "Welcher Schubs zählt" },
  "landscape.nudges.help": {
    en: "−gradient, one bar a parameter. Click one to show it.",
    de: "−Gradient, ein Balken je Parameter. Ein Klick zeigt ihn.",
  },
  "landscape.nudges.rest": {
    en: "{count} more parameters, together of length {length}",
    de: "{count} weitere Parameter, zusammen von der Länge {length}",
  },
  "landscape.frozen": { en: "frozen", de: "eingefroren" },
  "landscape.more": { en: " and {count} more", de: " und {count} weitere" },
  "landscape.told": {
    en: "Epoch {epoch}: at {values} the cost is {cost}; the next step changes {moves}.",
    de: "Epoche {epoch}: bei {values} sind die Kosten {cost}; der nächste Schritt ändert {moves}.",
  },
  "landscape.told.stale": {
    en: "Epoch {epoch}, adjusted: it now stands at {values}; its cost there is not measured yet.",
    de: "Epoche {epoch}, angepasst: es steht jetzt bei {values}; die Kosten dort sind noch nicht gemessen.",
  },
  "landscape.started": { en: "Start: {values}, cost {cost}", de: "Start: {values}, Kosten {cost}" },
  "landscape.table": { en: "the costs as a table", de: "die Kosten als Tabelle" },
  "landscape.table.caption": {
    en: "Costs, {first} across and {second} down",
    de: "Kosten, {first} quer und {second} längs",
  },
};
