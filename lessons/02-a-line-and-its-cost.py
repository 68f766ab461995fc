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
# # 2 A line and its cost
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/)
#
# **Story.** Eight patients got a drug against forgetfulness, from 0 to 7 mL, and each one's
# forgetfulness was measured. A line through the eight points would say what more of the drug does:
# `estimate = m * dosage + b`. There are endlessly many lines. To choose one, you need a single
# number for each that says how wrong it is. That number is the **cost**, and in this lesson you can
# see it: it is an area.
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
# Take the line `m = 0.9`, `b = 0.1`. From each patient a stick goes to the line, and on each stick
# stands a square. Whose square is the largest: that of `"the one with 0 mL"`, `"the one with 4 mL"` or
# `"the one with 7 mL"`?

# %%
lessons.predict("largest square", ...)

# %% [markdown]
# The points were made from the line `m = -0.5`, `b = 2`, with noise added. Does that true line cost
# more than the best line for these eight points: `"it costs less"`, `"it costs the same"` or
# `"it costs more"`?

# %%
lessons.predict("the true line", ...)

# %% [markdown]
# ## Touch
#
# In the page below, take an end of the line and drag it; take a patient and drag it. Watch the
# squares: the cost is how large they are on average.

# %%
trial = Cost.from_function(lambda m, b: ((m * dosage + b - forgetfulness) ** 2).mean())
start = {"m": 0.9, "b": 0.1}
run = steepest.descend(trial, start, learning_rate=0.01, epochs=1001)

steepest.show_report(run, cost=trial, inputs=dosage, targets=forgetfulness, **names)

# %% [markdown]
# ## Numbers
#
# Estimate, difference, square, mean: four lines of code.

# %%
estimate = 0.9 * dosage + 0.1
difference = estimate - forgetfulness
squares = difference**2
cost = squares.mean()

print("differences:", [round(value, 2) for value in difference.tolist()])
print("squares:    ", [round(value, 2) for value in squares.tolist()])
print(f"their mean, the cost: {cost.item():.4f}")

# %%
lessons.explain("largest square")

# %%
line = {"m": torch.tensor(0.9), "b": torch.tensor(0.1)}
draw.fit(dosage, forgetfulness, params=line, cost=cost.item(), **names).figure

# %% [markdown]
# That is the **mean squared error**: 19.68 for this line. Why squares? So that a miss upwards and a
# miss downwards cannot cancel, and so that one large miss costs more than several small ones. The
# last patient alone has a square of 60.37. If you take the length of the sticks instead, that is the
# *mean absolute error*, and it is 3.65 here.
#
# How much more does a square punish? Two estimates, one 5 too high and one 5 too low:

# %%
lessons.predict("squares of two misses", ...)

# %%
misses = torch.tensor([7.0, 3.0]) - torch.tensor([2.0, 8.0])
of_sticks, of_squares = misses.abs().mean().item(), (misses**2).mean().item()
print(f"mean of the sticks {of_sticks:g}, mean of the squares {of_squares:g}")
lessons.explain("squares of two misses")

# %% [markdown]
# Now the true line against the best one.

# %%
exact = Cost.least_squares(dosage, forgetfulness)
best = {name: value.item() for name, value in exact.minimum.items()}


def cost_of(m, b):
    """What a line costs."""
    return trial.value(trial.params({"m": m, "b": b})).item()


print(f"the best line: m = {best['m']:.4f}, b = {best['b']:.2f}, cost {cost_of(**best):.6f}")
print(f"the true line: m = -0.5, b = 2, cost {cost_of(-0.5, 2.0):.6f}")
lessons.explain("the true line")

# %% [markdown]
# The truth costs more than twice as much as the best line: 0.041975 against 0.019466. The best line
# leans a little towards the noise. A low cost on the points you have is not the same thing as
# being right, and this will not go away with larger models.
#
# ## Break it
#
# A model often gives its estimates as a column, of shape `(8, 1)`, and the measurements are a row, of
# shape `(8,)`. Subtract one from the other:

# %%
column = estimate.reshape(-1, 1)
table = column - forgetfulness
print("shape of the differences:", tuple(table.shape))
print(f"mean of their squares: {(table**2).mean().item():.4f}, where the cost is {cost.item():.4f}")

# %% [markdown]
# Not eight differences but 64, everyone against everyone, and the mean is 15.2407 instead of 19.6755.
# No error and no warning: a plausible number, and wrong. It is called **broadcasting**, and
# a model that is trained with it learns something strange.

# %%
seen = lessons.museum.broadcasting(epochs=5000)
print(f"it ends at m = {seen.end[0]:.4f}, b = {seen.end[1]:.4f}")
print(f"mean of all measurements: {forgetfulness.mean().item():.4f}")

# %% [markdown]
# It learns a flat line at the mean, 0.1175, and is content: if everyone is compared with everyone, the
# dosage says nothing. The line's true cost there is 1.17567.
#
# ## Build it
#
# First by hand, without any method: find a line that costs less than 0.05. Drag it in the page above,
# or try numbers here.

# %% tags=["exercise"]
my_line = (0.0, 0.0)  # your m and b go here

lessons.check("beat the cost", my_line)

# %% [markdown]
# Then write the cost yourself. `estimate` and `target` are two tensors. Mind the trap from above.


# %% tags=["exercise"]
def mse(estimate, target):
    """Return the mean squared error."""
    return 0.0  # your work goes here


# %% [markdown]
# ## Check
#
# Hidden data, and some of it comes as a column. More help: `lessons.hint("mse")`, and when you want to
# see it, `lessons.solution("mse")`.

# %%
lessons.check("mse", mse)

# %% [markdown]
# If you want more: write `mae` for the sticks, and `lessons.check("mae", mae)`. With pencil and paper:
# `lessons.task("cost by hand", seed=17)`.
#
# **What you have now.** A cost is an area that you can see: the mean of the squares between line and
# points. Every line has one, so all lines together make a landscape. Lesson 3 asks how steep it is.

# %% tags=["asserts"] jupyter={"source_hidden": true}
# The numbers of the text, each held against what this notebook has computed.
assert start == {"m": 0.9, "b": 0.1}
assert lessons.agree(cost.item(), 19.675475) and lessons.agree(squares[7].item(), 60.3729)
assert lessons.agree(difference.abs().mean().item(), 3.65, digits=3)
assert (of_sticks, of_squares) == (5, 25)
assert lessons.agree([best["m"], best["b"]], [-0.469286, 1.76])
assert lessons.agree([cost_of(**best), cost_of(-0.5, 2.0)], [0.019466, 0.041975], digits=4)
assert 2 < cost_of(-0.5, 2.0) / cost_of(**best) < 2.5
assert table.shape == (8, 8) and table.numel() == 64
assert lessons.agree((table**2).mean().item(), 15.2407, digits=5)
assert lessons.agree([*seen.end, seen.cost], [0.0, 0.1175, 1.17567], digits=4)
assert steepest.lessons.sheets.lesson_02.ENOUGH == 0.05
