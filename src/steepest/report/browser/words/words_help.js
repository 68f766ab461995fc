// Strings of the keyboard map and the glossary.

/** @type {Record<string, Record<string, string>>} */
export const HELP = {
  "help.title": { en: "Keys and words", de: "Tasten und Wörter" },
  "help.open": { en: "All keys (?)", de: "Alle Tasten (?)" },
  "help.keys": { en: "Keys", de: "Tasten" },
  "help.note": {
    en: "They work wherever nothing is being typed. On a button or a slider, space and arrows are its own.",
    de: "Sie wirken, solange nichts getippt wird. Auf Knopf oder Regler gehören Leertaste und Pfeile ihm selbst." },
  "help.close": { en: "Close", de: "Schließen" },
  "help.key": { en: "Key", de: "Taste" },
  "help.does": { en: "What it does", de: "Was sie tut" },
  "help.glossary": { en: "What the words mean here", de: "Was die Wörter hier bedeuten" },
  "key.play": {
    en: "play or pause; one phase on while presenting",
    de: "abspielen oder anhalten; beim Vorführen eine Phase weiter" },
  "key.on": { en: "one phase on", de: "eine Phase weiter" },
  "key.back": { en: "one phase back", de: "eine Phase zurück" },
  "key.epoch_on": { en: "one epoch on", de: "eine Epoche weiter" },
  "key.epoch_back": { en: "one epoch back", de: "eine Epoche zurück" },
  "key.first": { en: "to the start", de: "zum Start" },
  "key.last": { en: "to the end", de: "zum Ende" },
  "key.faster": { en: "learning rate a tenth larger", de: "Lernrate um ein Zehntel größer" },
  "key.slower": { en: "learning rate smaller by the same factor", de: "Lernrate um denselben Faktor kleiner" },
  "key.surface": { en: "show the surface", de: "Fläche zeigen" },
  "key.contour": { en: "show the contour map", de: "Höhenlinien zeigen" },
  "key.slices": { en: "show the slices", de: "Schnitte zeigen" },
  "key.fog": { en: "fog on or off", de: "Nebel an oder aus" },
  "key.trilobite": { en: "trilobite on or off", de: "Trilobit an oder aus" },
  "key.language": { en: "next language", de: "nächste Sprache" },
  "key.present": { en: "present: the desk alone, larger", de: "vorführen: nur der Tisch, größer" },
  "key.leave": { en: "leave the presentation", de: "Vorführung beenden" },
  "key.help": { en: "open or close this panel", de: "dieses Fenster öffnen oder schließen" },
  "glossary.parameter": { en: "model parameter", de: "Modellparameter (model parameter)" },
  "glossary.parameter.is": {
    en: "A number of the model that learning may change. A line has two: its slope and its intercept.",
    de: "Eine Zahl des Modells, die das Lernen ändern darf. Eine Gerade hat zwei: Steigung und Achsenabschnitt." },
  "glossary.estimate": { en: "estimate and target", de: "Schätzwert und Zielwert (estimate, target)" },
  "glossary.estimate.is": {
    en: "The estimate (ŷ) is what the model says; the target (y) is the true value it is compared with.",
    de: "Der Schätzwert (ŷ) ist, was das Modell sagt; der Zielwert (y) ist der wahre Wert, mit dem er verglichen "
      + "wird." },
  "glossary.loss": { en: "loss", de: "Verlust (loss)" },
  "glossary.loss.is": {
    en: "How far off one estimate is, as one number; here the square of estimate minus target.",
    de: "Wie weit ein Schätzwert danebenliegt, als eine Zahl; hier das Quadrat von Schätzwert minus Zielwert." },
  "glossary.cost": { en: "cost function", de: "Kostenfunktion (cost function)" },
  "glossary.cost.is": {
    en: "The mean loss over all the data, as a function of the parameters: the landscape one walks down.",
    de: "Der mittlere Verlust über alle Daten als Funktion der Parameter: die Landschaft, in der man hinabsteigt." },
  "glossary.mse": { en: "mean squared error (MSE)", de: "mittlerer quadratischer Fehler (MSE)" },
  "glossary.mse.is": {
    en: "The cost when each loss is a square: the mean area of the squares on the residuals.",
    de: "Die Kosten, wenn jeder Verlust ein Quadrat ist: die mittlere Fläche der Quadrate über den Abweichungen." },
  "glossary.forward": { en: "forward pass", de: "Vorwärtslauf (forward pass)" },
  "glossary.forward.is": {
    en: "Putting the inputs through the model once, with the parameters as they are, to get the estimates.",
    de: "Die Eingaben einmal durch das Modell schicken, mit den Parametern, wie sie sind: das gibt die Schätzwerte." },
  "glossary.gradient": { en: "gradient of the cost", de: "Gradient der Kosten" },
  "glossary.gradient.is": {
    en: "The slopes of the cost, one for each parameter. Together they point the steepest way up.",
    de: "Die Steigungen der Kosten, eine je Parameter. Zusammen weisen sie in die Richtung, in der es am steilsten "
      + "hinaufgeht." },
  "glossary.partial": { en: "partial derivative", de: "partielle Ableitung" },
  "glossary.partial.is": {
    en: "How fast the cost changes when one parameter moves and all the others are held still.",
    de: "Wie schnell sich die Kosten ändern, wenn sich ein Parameter bewegt und alle anderen stillstehen." },
  "glossary.descent": { en: "gradient descent", de: "Gradientenabstieg" },
  "glossary.descent.is": {
    en: "Step after step against the gradient, until the cost falls no more.",
    de: "Schritt für Schritt gegen den Gradienten, bis die Kosten nicht mehr fallen." },
  "glossary.batch": { en: "batch gradient descent", de: "Batch-Gradientenabstieg" },
  "glossary.batch.is": {
    en: "Every step uses all the examples at once, so its gradient is exact and the same every time.",
    de: "Jeder Schritt nutzt alle Beispiele zugleich; sein Gradient ist exakt und jedes Mal derselbe." },
  "glossary.step": { en: "step", de: "Schritt (step)" },
  "glossary.step.is": {
    en: "Forward pass, cost, gradient, adjustment: the four things done once.",
    de: "Vorwärtslauf, Kosten, Gradient, Anpassung: die vier Dinge, einmal getan." },
  "glossary.epoch": { en: "epoch", de: "Epoche" },
  "glossary.epoch.is": {
    en: "One pass over all the data. In batch descent, that is one step.",
    de: "Ein Durchgang durch alle Daten. Im Batch-Abstieg ist das ein Schritt." },
  "glossary.rate": { en: "learning rate", de: "Lernrate" },
  "glossary.rate.is": {
    en: "The factor on the gradient in each adjustment. Too small crawls; above 2 / sharpness the walk blows up.",
    de: "Der Faktor am Gradienten bei jeder Anpassung. Zu klein kriecht; über 2 / Schärfe schaukelt es sich auf." },
  "glossary.trajectory": { en: "trajectory", de: "Weg (trajectory)" },
  "glossary.trajectory.is": {
    en: "All steps in order, and how they ended.",
    de: "Alle Schritte der Reihe nach, und wie sie endeten." },
  "glossary.autodiff": { en: "automatic differentiation", de: "automatisches Differenzieren" },
  "glossary.autodiff.is": {
    en: "The computer keeps every small operation of the forward pass and applies the chain rule backwards through "
      + "them: all slopes exactly, for about the price of one more pass.",
    de: "Der Rechner merkt sich jede kleine Rechnung des Vorwärtslaufs und geht mit der Kettenregel rückwärts "
      + "hindurch: alle Steigungen exakt, etwa zum Preis eines weiteren Laufs." },
  "glossary.tap": { en: "tap", de: "Tasten (tap)" },
  "glossary.tap.is": {
    en: "A finite difference: move a little, run one forward pass, and see how much the cost changed.",
    de: "Ein Differenzenquotient: ein wenig bewegen, einmal vorwärts rechnen und sehen, wie sich die Kosten "
      + "änderten." },
  "glossary.trilobite": { en: "trilobite", de: "Trilobit" },
  "glossary.trilobite.is": {
    en: "Our blind hiker. It feels the ground only where its cane taps, and still finds its way down.",
    de: "Unser blinder Wanderer. Er spürt den Boden nur, wo sein Stock tastet, und findet doch hinab." },
  "glossary.direction": { en: "direction", de: "Richtung" },
  "glossary.direction.is": {
    en: "A change for every parameter at once: somewhere to go.",
    de: "Eine Änderung für jeden Parameter zugleich: wohin man gehen kann." },
  "glossary.slice": { en: "slice", de: "Schnitt (slice)" },
  "glossary.slice.is": {
    en: "The costs along one direction or over two, all other parameters held still.",
    de: "Die Kosten entlang einer Richtung oder über zweien, alle anderen Parameter stillgehalten." },
  "glossary.sharpness": { en: "sharpness", de: "Schärfe (sharpness)" },
  "glossary.sharpness.is": {
    en: "How strongly the cost bends where it bends most: the largest eigenvalue of its second derivatives.",
    de: "Wie stark sich die Kosten dort krümmen, wo sie es am meisten tun: der größte Eigenwert der zweiten "
      + "Ableitungen." },
  "glossary.condition": { en: "condition number", de: "Konditionszahl" },
  "glossary.condition.is": {
    en: "The strongest bend over the weakest. When it is large, the valley is long and narrow, and descent is slow.",
    de: "Die stärkste Krümmung durch die schwächste. Ist sie groß, ist das Tal lang und schmal, der Abstieg langsam." },
  "glossary.finding": { en: "finding", de: "Befund (finding)" },
  "glossary.finding.is": {
    en: "One diagnosed fact, with the number that proves it and what would refute it.",
    de: "Eine festgestellte Tatsache, mit der Zahl, die sie belegt, und dem, was sie widerlegen würde." },
};
