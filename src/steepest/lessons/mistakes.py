"""The mistakes that checkers know by name, each with where to look."""

from __future__ import annotations

from steepest.lessons.reply import Mistake

HINTS = {
    "wrong sign": "The gradient points uphill, and a difference has a direction: which way round is yours?",
    "uphill": "The slope points to where the cost rises. Subtract it.",
    "nothing moved": "What comes back is what went in. The new value is the old one minus learning rate times slope.",
    "factor 2": "There is a 2 too many. Has the square been differentiated twice, or its 2 been put in twice?",
    "factor 1/2": "A 2 is missing. The derivative of a square, (...)**2, is 2 * (...) times what is inside, derived.",
    "sum for mean": "Added up, and not divided by the number of examples. The cost is a mean, so its slope is one too.",
    "mean for sum": "Divided by the number of examples once too often.",
    "a factor": "The shape of your answer is right, its size is not. Look for a number that is multiplied in.",
    "swapped parameters": "Both numbers are right and in each other's place. Look at the order that was asked for.",
    "sequential update": "One parameter had moved before the slope of the other was taken. First both slopes, then "
    "both "
    "moves.",
    "stale gradient": "The slopes were taken once and used again after the line had moved. Measure them anew each "
    "round.",
    "uncleared gradient": "Slopes of earlier rounds are added to this round's: backward() adds to .grad. Empty it with "
    "zero_grad() before each backward().",
    "one point for the batch": "Only one example speaks. Every one has a slope of its own; take the mean of them all.",
    "broadcasting": "(8, 1) minus (8,) makes a table of 8 times 8, everyone with everyone. Give both the same shape, "
    "for "
    "instance with .reshape(-1).",
    "no mean": "There is one number for each example. Take the mean, and one number is left.",
    "changed in place": "Operators such as += and methods that end in _ change what you were given. Make a new value: "
    "m = m - ... instead of m -= ...",
    "ignores its arguments": "Use the names in the brackets after def, and not values from other cells.",
    "not finite": "Look for a division by zero, the logarithm or root of something below it, or steps that grow.",
    "nothing came back": "The last line wants a return.",
    "wrong type": "Read once more what is asked for, and look at type(your_answer).",
    "wrong shape": "Print the .shape of what you return, and of what it is made from.",
    "exception": "Call your function yourself with numbers that you know, in a cell of its own.",
    "formula": "Numbers, names, + - * / **, brackets, sum() and mean() are enough.",
    "forward difference": "One tap and the point you stand on: half as exact as two taps, one on each side.",
    "distance forgotten": "The difference of two heights is no slope yet: divide by the distance between the taps.",
    "not put back": "While one knob is nudged the other has to stand where it stood. Put the first one back before you "
    "turn to the second.",
    "one slope for both": "Two knobs, two slopes: the second number is the slope by b.",
    "clockwise": "Degrees are counted from east over north: a quarter turn to the left is 90.",
    "step too large": "Between the two heights the ground bends, and a straight line misses that. Come nearer.",
    "step too small": "The two heights agree in nearly all their digits, and only the last few make the slope. Go "
    "farther.",
    "signs cancel": "Misses upwards and downwards cancel in a plain mean. First make each one positive, then take the "
    "mean.",
    "absolute for squared": "That is the mean length of the sticks. Here their squares are asked for.",
    "squared for absolute": "That is the mean of the squares. Here the lengths of the sticks are asked for.",
    "root taken": "The mean of the squares is what is asked for, without a root at the end.",
    "cost for slope": "That is the cost itself. Its slope says how it changes when the parameter does.",
    "inner slope forgotten": "The chain rule has a second factor: how much does the bracket grow when m grows by 1?",
    "product of means": "The mean of products is not the product of means: multiply for each example first, then take "
    "the mean.",
    "one round too many": "Count the adjustments: with epochs = 1 there is exactly one.",
    "one round too few": "Count the adjustments: with epochs = 1 there is exactly one. Does a return stand in the "
    "loop?",
    "the same place again": "What if the next place is one that is known? Go into a gap that has not been tapped yet.",
    "off the map": "Keep the place within the edges: min(10, max(-10, place)).",
    "steps too short": "Go farther while it goes down: double the step each time.",
    "steps too long": "When both sides are higher, halve the step.",
    "off the end": "Indices start at 0: the last one is n - 1.",
    "same batch": "The loop gets the same patients again and again. Does it begin the epoch anew in every round?",
    "drawn with replacement": "Each draw forgets the ones before. Shuffle the indices once, then cut them into pieces.",
    "last batch dropped": "What is left over is a batch too, if a smaller one; else somebody is never asked.",
    "examples missing": "Count the indices of all batches together: every one from 0 to n - 1 has to come.",
    "wrong batch size": "Cut after every `size` indices; only the last batch may be shorter.",
    "not repeatable": "Give the seed to a generator of your own, such as random.Random(seed), and draw from that.",
    "not shuffled": "In the table's order the batches are not alike: patients beside one another are. Shuffle first.",
    "the same order every epoch": "Use the seed that came, so that another epoch has another order.",
    "noise for a fault": "A cost that jumps is what fresh batches look like. Look for the one that has no noise.",
    "upside down": "Where it bends upwards in every direction, the place is the lowest around.",
    "looks along the axes only": "The diagonal knows how it bends along the axes. Between, it may bend the other way.",
    "looks at the determinant only": "The product of the eigenvalues hides two minus signs. Look at their signs.",
    "zero for positive": "A zero bends neither way: the Hessian cannot say what lies in that direction.",
    "a zero hides the saddle": "One direction up and one down is a saddle, whatever a third one does.",
    "flat for lowest": "A gradient of zero says flat. Which way does it bend?",
    "all zero": "Units that start alike get the same gradient, and stay alike.",
    "all alike": "Units that start alike get the same gradient, and stay alike. Only chance can tell them apart.",
    "too large": "Where tanh is flat there is hardly a slope. Divide by the root of the number of inputs.",
    "forgotten parameter": "Not every parameter moves. Give the optimizer model.parameters(), all of them.",
    "measured too late": "Those are the costs after the adjustment. The first one is that of the model as it came.",
    "biases forgotten": "Every unit has a bias, too: one more parameter for each.",
    "where it stands": "A tap is a difference to the place where you stand, and that place needs a look of its own.",
    "both sides tapped": "That is the price of taps on both sides. One side was asked for.",
    "forward pass": "The way out comes first: print .data of each step, and compare it with your own arithmetic.",
    "walk not begun": "No slope arrived. The walk begins at the end, with 1, and each parent gets a share.",
    "local slope": "One operation alone. If a grows by a little, by how much does the result grow?",
    "outer slope forgotten": "Each share is two slopes multiplied: the node's own, and the one that came from behind.",
    "overwritten gradient": "A number that is used twice has two slopes, and they add up: += where = stands.",
    "wrong order": "A number between passed its slope on before all that use it had given theirs. Sort first: "
    "whatever was made later walks first.",
    "emptied too soon": "Between backward() and step() the gradient is what step() needs. Empty it before backward().",
    "past the cliff": "Above 2 / sharpness every step lands farther away than the last.",
    "too cautious": "Each step is safe, and there are many. Go nearer to the cliff.",
    "too near the cliff": "Along the steep direction each step now lands nearly as far away on the other side.",
    "sharpness for limit": "That is the largest eigenvalue itself. The limit is 2 over it.",
    "one over the sharpness": "At 1 / sharpness a step lands on the floor of the steep direction. The cliff is twice "
    "as far.",
    "smallest for largest": "That belongs to the flattest direction. The steepest one sets the limit.",
    "too few rounds": "The vector still turns. Repeat until the answer no longer changes.",
    "velocity forgotten": "That is plain descent: what was moved before has no say in it.",
    "velocity undiminished": "What was moved before is kept whole: multiply it by the factor.",
    "damped velocity": "The new gradient was multiplied by 1 - factor: a running mean. torch adds it whole.",
    "looks ahead": "That is Nesterov's form: right for him, and another walk. Here the slope is that underfoot.",
    "too many gradients": "Plain descent crawls along the valley. What has this lesson to make it shorter?",
    "not there yet": "It goes the right way, and not far enough. A heavier ball, or the bend of the ground?",
    "radians": "That is the angle in radians. A full turn has 360 degrees.",
}
"""By the name of the mistake."""


def mistake(name: str, claim: str) -> Mistake:
    """Name a mistake of the list, with what was seen of it."""
    return Mistake(name, claim, HINTS[name])
