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
# # 4 Two knobs, two slopes
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/)
#
# **Story.** A line has two knobs: `m` tilts it, `b` lifts it. Turn one of them a little, leave the
# other alone, and see what it does to the cost. Put it back, and try the other. Now you have two
# numbers, one for each knob: what a nudge of it is worth. That list is the **gradient**. It is called
# by a grand name, and it is nothing but that list.
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

dosage = torch.arange(8.0, dtype=torch.float64)
forgetfulness = torch.tensor([1.86, 1.31, 0.62, 0.33, 0.09, -0.67, -1.23, -1.37], dtype=torch.float64)
names = {"x_name": "Drug dosage (mL)", "y_name": "Forgetfulness"}

# %% [markdown]
# ## Predict
#
# At `m = 0.9`, `b = 0.1` you may nudge one knob by a hundredth. Which one lowers the cost more: `"m"`,
# `"b"` or `"both alike"`?

# %%
lessons.predict("first knob", ...)

# %% [markdown]
# And if you may turn both: which way is straight down, in degrees? East, more `m`, is 0; north, more
# `b`, is 90; west is 180; south is 270.

# %%
lessons.predict("straight down", ...)

# %% [markdown]
# ## Touch
#
# The two cuts below go through the place where you stand. Along the first only `m` moves, along the
# second only `b`. The straight lines are the two slopes. Change `at` and run the cell again.

# %%
at = {"m": 0.9, "b": 0.1}  # change it

trial = Cost.from_function(lambda m, b: ((m * dosage + b - forgetfulness) ** 2).mean(), dtype=torch.float64)


def cost(m, b):
    """The height of the ground."""
    return trial.value(trial.params({"m": m, "b": b})).item()


h = 1e-4
slope_m = (cost(at["m"] + h, at["b"]) - cost(at["m"] - h, at["b"])) / (2 * h)  # b is held
slope_b = (cost(at["m"], at["b"] + h) - cost(at["m"], at["b"] - h)) / (2 * h)  # m is held

along_m = steepest.line(trial, at=at, along="m", reach=(-1.5, 2.0))
draw.slope(along_m, at=at["m"], slope=slope_m, cost=cost(**at)).figure

# %%
along_b = steepest.line(trial, at=at, along="b", reach=(-6.0, 6.0))
draw.slope(along_b, at=at["b"], slope=slope_b, cost=cost(**at)).figure

# %% [markdown]
# ## Numbers

# %%
start = {"m": 0.9, "b": 0.1}
slope_m = (cost(0.9 + h, 0.1) - cost(0.9 - h, 0.1)) / (2 * h)  # b is held
slope_b = (cost(0.9, 0.1 + h) - cost(0.9, 0.1 - h)) / (2 * h)  # m is held
print(f"by m {slope_m:.3f}, by b {slope_b:.3f}")
lessons.explain("first knob")

# %% [markdown]
# These are the two **partial derivatives**: partial, because the other knob is held. A nudge of `m` is
# worth 5.79 times as much as the same nudge of `b`. That has a reason that you can see: tilting the line
# moves its far end a lot, and lifting it moves every point the same.
#
# Two numbers are an arrow. The gradient is (36.305, 6.265) and points straight **up**: east, and a
# little north. Straight down is the opposite. On the map it stands square on the line of equal height.

# %%
ground = steepest.plane(trial, at=start, along=("m", "b"), reach=((-1.5, 1.5), (-1.0, 3.0)))
walk = steepest.descend(trial, start, learning_rate=0.01, epochs=3)
chart = draw.contour(ground, walk)
chart.set_aspect("equal")  # one scale for both knobs, or right angles would not look right
chart.figure

# %%
sheet = lessons.sheets.lesson_04
down = sheet.degrees(-slope_m, -slope_b)
best = Cost.least_squares(dosage, forgetfulness).minimum
there = sheet.degrees(best["m"].item() - 0.9, best["b"].item() - 0.1)
off = sheet.apart(down, there)
print(f"straight down: {down:.2f} degrees; the way to the lowest place: {there:.1f}, {off:.1f} apart")
lessons.explain("straight down")

# %% [markdown]
# Straight down is not the way to the lowest place. Here the two are 60.3 degrees apart. On a round hill
# they would be one; this valley is long and narrow. Straight down is only the best *next* step, and
# then you have to look again.
#
# ## Break it
#
# Somebody nudges both knobs at once, by the same bit, to save time. What comes out?

# %%
both = (cost(0.9 + h, 0.1 + h) - cost(0.9 - h, 0.1 - h)) / (2 * h)
print(f"both at once: {both:.2f}, which is {slope_m:.3f} + {slope_b:.3f}")

# %% [markdown]
# The sum, 42.57, and there is no way back from it to its two parts. Had one slope been 5 and the other
# -5, the answer would be 0, and you would believe that you stood on flat ground. One knob at a time, and
# put it back before you turn to the next.
#
# There is a second trap, and it is not an error of yours. The slope by `b` depends on where `m` stands:

# %%
by_b = {value: (cost(value, 0.1 + h) - cost(value, 0.1 - h)) / (2 * h) for value in (0.9, 0.8, 0.7)}
for value, slope in by_b.items():
    print(f"with m = {value}: slope by b {slope:.3f}")

# %% [markdown]
# For each tenth that `m` goes down, the slope by `b` falls by 0.7. The knobs **interact**. So a slope is
# good only where it was measured, and after the first step at the latest both must be measured again.
#
# ## Build it
#
# Write it for any ground: `cost(m, b)` gives the height, `h` is how far to nudge. Return both slopes.


# %% tags=["exercise"]
def gradient_by_nudges(cost, m, b, h):
    """Return the slope by m and the slope by b."""
    return 0.0, 0.0  # your work goes here


# %% [markdown]
# ## Check
#
# Five hidden places, each on another ground. More help: `lessons.hint("gradient by nudges")`.

# %%
lessons.check("gradient by nudges", gradient_by_nudges)

# %% [markdown]
# And place an arrow. With `seed=17` you get a place of your own (take any number); which way is straight
# down there? Five degrees off are allowed.

# %% tags=["exercise"]
print(lessons.task("arrow", seed=17))
lessons.check("arrow", 0.0, seed=17)  # your degrees go here

# %% [markdown]
# With pencil and paper: `lessons.task("partials by hand", seed=17)`.
#
# **What you have now.** A gradient is a list of what each nudge is worth, and it points straight up.
# With two knobs or with a million, lesson 5 does the same with it: a step the other way.

# %% tags=["asserts"] jupyter={"source_hidden": true}
# The numbers of the text, each held against what this notebook has computed.
assert start == {"m": 0.9, "b": 0.1}
assert lessons.agree([slope_m, slope_b], [36.305, 6.265], digits=7)
assert lessons.agree(slope_m / slope_b, 5.79, digits=3)
assert lessons.agree([down, off], [189.79, 60.3], digits=3)
assert lessons.agree(both, 42.57, digits=6)
falls = [by_b[0.9] - by_b[0.8], by_b[0.8] - by_b[0.7]]
assert lessons.agree(falls, [0.7, 0.7], digits=6)
assert sheet.degrees(1, 0) == 0 and sheet.degrees(0, 1) == 90 and sheet.degrees(-1, 0) == 180
assert sheet.degrees(0, -1) == 270 and sheet.NEAR == 5
