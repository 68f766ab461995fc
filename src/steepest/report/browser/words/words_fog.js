// Strings of the fog and of the guesses.

/** @type {Record<string, Record<string, string>>} */
export const FOG = {
  "fog.title": { en: "The blind trilobite", de: "Der blinde Trilobit" },
  "fog.help": {
    en: "It cannot see the valley. Its cane taps a little way off: is it lower there? Each tap is one forward pass.",
    de: "Er sieht das Tal nicht. Sein Stock tastet ein Stück weit: Ist es dort tiefer? Jedes Tasten ist ein "
      + "Vorwärtslauf." },
  "fog.switch": { en: "Fog", de: "Nebel" },
  "fog.cane": { en: "Reach of the cane", de: "Reichweite des Stocks" },
  "fog.goal": {
    en: "Be in the valley within so many forward passes",
    de: "Im Tal nach höchstens so vielen Vorwärtsläufen" },
  "fog.reset": { en: "Begin again", de: "Von vorn" },
  "fog.rose": { en: "Tap in eight directions", de: "In acht Richtungen tasten" },
  "fog.N": { en: "N", de: "N" }, "fog.NE": { en: "NE", de: "NO" }, "fog.E": { en: "E", de: "O" },
  "fog.SE": { en: "SE", de: "SO" }, "fog.S": { en: "S", de: "S" }, "fog.SW": { en: "SW", de: "SW" },
  "fog.W": { en: "W", de: "W" }, "fog.NW": { en: "NW", de: "NW" },
  "fog.untapped": { en: "not tapped yet", de: "noch nicht ertastet" },
  "fog.hidden": { en: "not asked for yet", de: "noch nicht erfragt" },
  "fog.stands": { en: "Stands at {names}", de: "Steht bei {names}" },
  "fog.cost": { en: "Cost there", de: "Kosten dort" },
  "fog.forward": { en: "Forward passes paid", de: "Bezahlte Vorwärtsläufe" },
  "fog.backward": { en: "Backward passes paid", de: "Bezahlte Rückwärtsläufe" },
  "fog.moves": { en: "Steps walked", de: "Gegangene Schritte" },
  "fog.slopes": { en: "Slopes along {names}, from taps", de: "Steigungen entlang {names}, ertastet" },
  "fog.gradient": { en: "True gradient", de: "Wahrer Gradient" },
  "fog.angle": { en: "Angle between them", de: "Winkel dazwischen" },
  "fog.around": { en: "Tap all around", de: "Ringsum tasten" },
  "fog.best": { en: "Walk to the lowest tap", de: "Zur tiefsten Stelle gehen" },
  "fog.along": { en: "Step by rate × tapped slopes", de: "Schritt: Rate × ertastete Steigungen" },
  "fog.reveal": { en: "Show the gradient: one backward pass", de: "Gradient zeigen: ein Rückwärtslauf" },
  "fog.price": {
    en: "{n} parameters: all slopes need {one} forward passes by tapping ahead, {two} by tapping both sides, and one "
      + "backward pass by automatic differentiation.",
    de: "{n} Parameter: Alle Steigungen brauchen {one} Vorwärtsläufe mit Tasten nach vorn, {two} nach beiden Seiten, "
      + "und einen Rückwärtslauf mit automatischem Differenzieren." },
  "fog.going": {
    en: "Not in the valley yet: {left} of {goal} forward passes left.",
    de: "Noch nicht im Tal: {left} von {goal} Vorwärtsläufen übrig." },
  "fog.spent": {
    en: "All {goal} forward passes are spent, and it is not in the valley yet. Walk on, or begin again.",
    de: "Alle {goal} Vorwärtsläufe sind verbraucht, und er ist noch nicht im Tal. Weitergehen oder von vorn." },
  "fog.won": {
    en: "In the valley, within 0.01 of the lowest cost, after {taps} of {goal} forward passes.",
    de: "Im Tal, bis auf 0,01 an den tiefsten Kosten, nach {taps} von {goal} Vorwärtsläufen." },
  "fog.late": {
    en: "In the valley, within 0.01 of the lowest cost, after {taps} forward passes: more than {goal}.",
    de: "Im Tal, bis auf 0,01 an den tiefsten Kosten, nach {taps} Vorwärtsläufen: mehr als {goal}." },
  "fog.flat": {
    en: "No tap is lower: flat here, as far as a cane of {step} feels.",
    de: "Nirgends ist es tiefer: flach hier, soweit ein Stock von {step} reicht." },
  "fog.not_lowest": {
    en: "No tap is lower with a cane of {step}, but this is not lowest: a shorter cane feels more.",
    de: "Nirgends ist es tiefer mit einem Stock von {step}, aber dies ist nicht der tiefste Ort: Ein kürzerer spürt "
      + "mehr." },
  "fog.arrow": {
    en: "Steepest way down by taps: {degrees} degrees from east by north.",
    de: "Steilster ertasteter Weg hinab: {degrees} Grad von Osten über Norden." },
  "fog.no_arrow": { en: "Not enough taps for an arrow yet.", de: "Noch zu wenig ertastet für einen Pfeil." },
  "fog.shrinking": { en: "Ever shorter taps become the gradient", de: "Immer kürzeres Tasten wird zum Gradienten" },
  "fog.shrinking_help": {
    en: "The shorter the reach, the nearer the slopes come to the true ones, until rounding spoils the last digits.",
    de: "Je kürzer die Reichweite, desto näher an den wahren Steigungen, bis das Runden die letzten Stellen "
      + "verdirbt." },
  "fog.tap_all": {
    en: "Tap ahead at every reach: up to {taps} taps",
    de: "Mit jeder Reichweite nach vorn tasten: bis zu {taps}" },
  "fog.step": { en: "Reach", de: "Reichweite" },
  "fog.slope": { en: "Slope along {name}", de: "Steigung entlang {name}" },
  "predict.title": { en: "Predict first", de: "Erst schätzen" },
  "predict.help": {
    en: "Say what will happen before you look. A wrong guess that you understand teaches more than a right answer.",
    de: "Erst sagen, was geschehen wird, dann hinsehen. Ein verstandener Irrtum lehrt mehr als eine richtige "
      + "Antwort." },
  "predict.switch": { en: "Nothing runs until a guess is made", de: "Nichts läuft, bevor geschätzt wurde" },
  "predict.fate": { en: "With this learning rate, it", de: "Mit dieser Lernrate" },
  "predict.converges": { en: "converges", de: "läuft es ein" },
  "predict.zigzags": { en: "zigzags", de: "läuft es im Zickzack" },
  "predict.crawls": { en: "crawls", de: "kriecht es" },
  "predict.diverges": { en: "diverges", de: "schaukelt es sich auf" },
  "predict.way": { en: "In the next adjustment, which way?", de: "Bei der nächsten Anpassung: wohin?" },
  "predict.up": { en: "up", de: "hinauf" },
  "predict.down": { en: "down", de: "hinab" },
  "predict.cost": { en: "The next cost", de: "Die nächsten Kosten" },
  "predict.at": { en: "Cost at epoch {epoch}, now {cost}", de: "Kosten in Epoche {epoch}, jetzt {cost}" },
  "predict.ask": { en: "That is my guess", de: "Das schätze ich" },
  "predict.waits": { en: "Your guess, please: any of the three.", de: "Bitte schätzen: eines der drei." },
  "predict.score": { en: "{right} of {all} right.", de: "{right} von {all} richtig." },
  "predict.right": { en: "✓ Right.", de: "✓ Richtig." },
  "predict.wrong": { en: "✗ Not so.", de: "✗ Nicht so." },
  "predict.why_diverges": {
    en: "“{guess}”: rate × sharpness = {rate} × {sharpness} = {ratio}, above 2. Each step lands farther off: it "
      + "diverges.",
    de: "„{guess}“: Rate × Schärfe = {rate} × {sharpness} = {ratio}, über 2. Jeder Schritt landet weiter weg: Es "
      + "schaukelt sich auf." },
  "predict.why_zigzags": {
    en: "“{guess}”: rate × sharpness = {rate} × {sharpness} = {ratio}, under 2 but above 1.3. Each step crosses the "
      + "valley: it zigzags, and still gets nearer.",
    de: "„{guess}“: Rate × Schärfe = {rate} × {sharpness} = {ratio}, unter 2, aber über 1,3. Jeder Schritt überquert "
      + "das Tal: Zickzack, und doch immer näher." },
  "predict.why_crawls": {
    en: "“{guess}”: rate × sharpness = {ratio} is safe, but along the flattest direction the distance takes {life} "
      + "epochs to halve, more than {slow}: it crawls.",
    de: "„{guess}“: Rate × Schärfe = {ratio} ist sicher, aber in der flachsten Richtung halbiert sich der Abstand erst "
      + "in {life} Epochen, mehr als {slow}: Es kriecht." },
  "predict.why_converges": {
    en: "“{guess}”: rate × sharpness = {rate} × {sharpness} = {ratio}, under 2 and under 1.3: it goes straight down.",
    de: "„{guess}“: Rate × Schärfe = {rate} × {sharpness} = {ratio}, unter 2 und unter 1,3: Es läuft geradewegs "
      + "hinab." },
  "predict.why_climbing": {
    en: "“{guess}”: the rate {rate} has the wrong sign: each step goes up the gradient.",
    de: "„{guess}“: Die Rate {rate} hat das falsche Vorzeichen: Jeder Schritt geht den Gradienten hinauf." },
  "predict.why_up": {
    en: "{name} goes up, {from} to {to}: its change is −{rate} × {slope}.",
    de: "{name} geht hinauf, {from} nach {to}: Die Änderung ist −{rate} × {slope}." },
  "predict.why_down": {
    en: "{name} goes down, {from} to {to}: its change is −{rate} × {slope}.",
    de: "{name} geht hinab, {from} nach {to}: Die Änderung ist −{rate} × {slope}." },
  "predict.why_still": {
    en: "{name} stays at {from}: its slope is {slope}, or it is frozen.",
    de: "{name} bleibt bei {from}: Die Steigung ist {slope}, oder der Parameter ist eingefroren." },
  "predict.why_cost": {
    en: "Guessed {guess}; the cost goes from {cost} to {next}. Off by {off}; up to {near} counts as right.",
    de: "Geschätzt {guess}; die Kosten gehen von {cost} auf {next}. Daneben um {off}; bis {near} gilt als richtig." },
};
