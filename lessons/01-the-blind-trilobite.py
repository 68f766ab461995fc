# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 1 The blind trilobite
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/)
#
# **Story.** A trilobite stands on a hillside and wants to go down. It is blind. It has a cane, and
# with the cane it can tap the ground beside it and feel whether it is higher or lower there. That is
# all it will ever know.
#
# Every model that learns is in that position. Its hillside is a **cost**: how wrong the model is, for
# each setting of its numbers. Here there are two of these numbers, the slope `m` and the height `b`
# of a line through eight patients. More `m` is east, more `b` is north, and how wrong the line is, is
# the height of the ground. The trilobite starts at `m = 0.9`, `b = 0.1`. Somewhere lies the lowest
# place, the best line. Can it be found by tapping?
#
# *No patient was measured: the numbers are made up. They are those of Jon Krohn's* Machine Learning
# Foundations *notebooks (MIT licence).*

# %%
REPOSITORY = ""  # on Colab: the web address of the steepest repository that this notebook came from

try:
    import steepest
except ModuleNotFoundError:
    import importlib
    import subprocess
    import sys

    if not REPOSITORY:
        raise RuntimeError("steepest is not installed: fill in REPOSITORY, run again") from None
    archive = f"steepest @ {REPOSITORY}/archive/HEAD.zip"
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", archive], check=True)
    importlib.invalidate_caches()
    import steepest

# %%
# %matplotlib inline
import torch
from steepest import Cost, draw, lessons

dosage = torch.arange(8.0)
forgetfulness = torch.tensor([1.86, 1.31, 0.62, 0.33, 0.09, -0.67, -1.23, -1.37])
names = {"x_name": "Drug dosage (mL)", "y_name": "Forgetfulness"}

# %% [markdown]
# ## Predict
#
# Guess before you look: put your guess in the place of the three dots and run the cell. It is kept
# until the answer comes.
#
# The best place is at `m = -0.47`, `b = 1.76`: far to the west, and a good way to the north. In which
# direction is the ground lowest right under the cane: `"north-west"`, `"west"` or `"south-west"`?

# %%
lessons.predict("lowest direction", ...)

# %% [markdown]
# ## Touch
#
# Go down yourself. In the page below, find **The blind trilobite** and switch on the fog: now you see
# only where you have tapped. Each tap costs one forward pass, which is one look at all the data.
# How many do you need?

# %%
trial = Cost.from_function(lambda m, b: ((m * dosage + b - forgetfulness) ** 2).mean())
start = {"m": 0.9, "b": 0.1}
run = steepest.descend(trial, start, learning_rate=0.01, epochs=1001)

steepest.show_report(run, cost=trial, inputs=dosage, targets=forgetfulness, **names)

# %% [markdown]
# ## Numbers
#
# Eight taps, a hundredth of a unit away, all around. What is printed is how much higher the ground is
# there; minus is lower.

# %%
taps = steepest.compass(trial, start, step=0.01)
for direction, change in taps.items():
    print(f"{direction:2}  {change:+.5f}")
lessons.explain("lowest direction")

# %% [markdown]
# West is lowest, -0.361, though the best place lies to the north-west. North the ground even rises,
# +0.063. Taps tell about the ground underfoot and nothing else. That is no defect of the cane; it
# is what every learning machine has to live with.
#
# So the trilobite takes a rule: tap all around, step to the lowest, and when nothing is lower any
# more, tap half as far. Here is the rule on the trial's ground.

# %%
place, reach, paid = dict(start), 0.4, 0
while reach > 0.001:
    around = steepest.compass(trial, place, step=reach)
    paid += 9  # one forward pass for each direction, and one for where it stands
    lowest = min(around, key=around.get)
    if around[lowest] >= 0:
        reach = reach / 2
        continue
    east = ("E" in lowest) - ("W" in lowest)
    north = ("N" in lowest) - ("S" in lowest)
    length = (east**2 + north**2) ** 0.5
    place = {"m": place["m"] + reach * east / length, "b": place["b"] + reach * north / length}

found = trial.value(trial.params(place)).item()
print(f"at m = {place['m']:.2f}, b = {place['b']:.2f} after {paid} forward passes, cost {found:.4f}")

# %% [markdown]
# It arrives, to within 0.01 of the lowest height there is, 0.0195. Tapping works.
#
# But count the price. Eight directions are enough for two numbers. A network has millions, and a tap
# for each is a look at all the data for each. Lesson 7 gets by with a single look.
#
# ## Break it
#
# Here is another ground, along one line, with two valleys. The left one is lower. Of starts spread
# evenly from -2 to 2, what share ends in it? Guess a number from 0 to 1.

# %%
lessons.predict("share of the lower valley", ...)

# %%
wells = Cost.from_function(lambda w: w**4 / 4 - w**2 / 2 + w / 10)
ground = steepest.line(wells, at={"w": 1.4}, along="w", reach=(-1.8, 1.8))
height, slope = wells.value_and_gradient(wells.params({"w": 1.4}))
draw.slope(ground, at=1.4, slope=slope["w"].item(), cost=height.item()).figure

# %%
lessons.explain("share of the lower valley")

# %%
lowest_left = steepest.descend(wells, {"w": -1.5}, learning_rate=0.1, epochs=300)
lowest_right = steepest.descend(wells, {"w": 1.5}, learning_rate=0.1, epochs=300)
for walk in (lowest_left, lowest_right):
    print(f"from {walk.start['w']:+.1f} to {walk.end['w']:+.4f}, height {walk.costs[-1]:+.5f}")

# %% [markdown]
# Both walks end where no tap is lower. One ends at height -0.352, the other at -0.153, and neither
# can know that the other exists. "No tap is lower" means *lowest around here*. It never means
# *lowest*.
#
# It is often said that a random start helps against that. It does not: it is a throw of the dice, here
# with 52.5 in a hundred for the better valley. And on the trial's ground there is nothing to help
# against, because it has one valley only.
#
# ## Build it
#
# Now give the trilobite a rule of your own. It walks along one line, from -10 to 10. Your function gets
# all taps so far, a list of pairs `(place, height)`, and returns the next place to tap. The first
# tap is at 0. You have 40 taps, and must come within 0.01 of the lowest height.


# %% tags=["exercise"]
def next_tap(known):
    """Return the place of the next tap; known is a list of (place, height)."""
    place, _ = known[-1]  # the latest tap
    return place + 0.1  # your work goes here


# %% [markdown]
# ## Check
#
# Your rule is tried on 50 hidden valleys, some steep on one side, some pointed at the bottom. More help:
# `lessons.hint("next tap")`, and when you want to see one way, `lessons.solution("next tap")`.

# %%
lessons.check("next tap", next_tap)

# %% [markdown]
# With pencil and paper, if you like: `lessons.task("lowest tap", seed=17)` asks you to read taps with
# numbers of your own.
#
# **What you have now.** You can find a valley by tapping, without ever seeing it. The rest of the
# course makes the taps cheaper, and the steps better.

# %% tags=["asserts"] jupyter={"source_hidden": true}
# The numbers of the text, each held against what this notebook has computed.
assert start == {"m": 0.9, "b": 0.1}
felt = [taps[direction] for direction in ("E", "W", "N", "S", "SW", "SE")]
assert lessons.agree(felt, [0.36480, -0.36130, 0.06275, -0.06255, -0.29974, 0.21299], digits=3)
assert lessons.agree([taps["W"], taps["N"]], [-0.361, 0.063], digits=2)
assert min(taps, key=taps.get) == "W"
exact = Cost.least_squares(dosage, forgetfulness)
best, floor = exact.minimum, exact.value(exact.minimum).item()
assert lessons.agree([best["m"].item(), best["b"].item()], [-0.469286, 1.76], digits=4)
assert lessons.agree(floor, 0.019466, digits=4) and found - floor < 0.01
assert lessons.agree([lowest_left.costs[-1].item(), lowest_right.costs[-1].item()], [-0.35239, -0.15264], digits=4)
share = steepest.lessons.sheets.lesson_01.well_share(10_000)
assert lessons.agree(share, 0.525, digits=3) and lessons.agree(100 * share, 52.5, digits=3)
rule = steepest.lessons.sheets.lesson_01
assert (rule.TAPS, rule.VALLEYS, rule.NEAR, rule.EDGE) == (40, 50, 0.01, 10)
