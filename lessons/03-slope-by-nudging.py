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
# # 3 Slope by nudging
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/)
#
# **Story.** The trilobite knows now that the ground is lower in the west. It does not know *how
# steep* it is, and it should: on a steep slope a small step changes much. So it taps at two places,
# and takes the difference of the two heights over the distance between them. Rise over run. But the
# ground bends, and the answer depends on how far apart the taps are. How near must they be?
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
from matplotlib.figure import Figure
from steepest import Cost, draw, lessons

dosage = torch.arange(8.0, dtype=torch.float64)
forgetfulness = torch.tensor([1.86, 1.31, 0.62, 0.33, 0.09, -0.67, -1.23, -1.37], dtype=torch.float64)

# %% [markdown]
# ## Predict
#
# Begin with a curve that you can compute by head: `f(x) = x**2 + 2*x + 2`. From `x = 2` to `x = 3`
# it rises by 7. What slope has it at 2 itself? Guess a number.

# %%
lessons.predict("where the secant settles", ...)

# %% [markdown]
# And a question for later. In float32, PyTorch's usual numbers, a tap at 0.001 gives the slope to three
# digits. What does a tap ten thousand times nearer do: `"it gets better"`, `"it stays the same"` or
# `"it gets worse"`?

# %%
lessons.predict("a tiny step", ...)

# %% [markdown]
# ## Touch
#
# Make `h` smaller, and watch where the slope goes. Then take another `x`. Try `h = -1`, too.

# %%
x, h = 2.0, 1.0  # change them


def f(x):
    """A curve to be tapped."""
    return x**2 + 2 * x + 2


print(f"from {x:g} to {x + h:g} the slope is {(f(x + h) - f(x)) / h:.6g}")

# %%
curve = Cost.from_function(f, dtype=torch.float64)
shown = steepest.line(curve, at={"x": 2.0}, along="x", reach=(-1.5, 4.0))
draw.slope(shown, at=2.0, slope=6.0, tap=3.0, cost=f(2.0), cost_name="f").figure

# %% [markdown]
# ## Numbers

# %%
nearer = {step: (f(2 + step) - f(2)) / step for step in (1.0, 0.1, 0.01, 0.001, 1e-4, 1e-5, 1e-6)}
for step, slope in nearer.items():
    print(f"{step:<8g} {slope:.6f}")
lessons.explain("where the secant settles")

# %% [markdown]
# 7, 6.1, 6.01, 6.001: a tenth of the step, a tenth of what is too much. The slopes settle at 6. That
# is the **derivative** at 2: where the slope of a short step settles. Write the slope out with `h`
# and you see why: `((2 + h)**2 + 2*(2 + h) + 2 - 10) / h` is `6 + h`.
#
# Now the trial's ground. The trilobite stands at `m = 0.9`, `b = 0.1`, holds `b` and taps along `m`.

# %%
trial = Cost.from_function(lambda m, b: ((m * dosage + b - forgetfulness) ** 2).mean(), dtype=torch.float64)


def height(m):
    """The ground along m, with b held at 0.1."""
    return trial.value(trial.params({"m": m, "b": 0.1})).item()


one_side = {step: (height(0.9 + step) - height(0.9)) / step for step in (0.1, 0.01, 0.001)}
both_sides = {step: (height(0.9 + step) - height(0.9 - step)) / (2 * step) for step in one_side}
for step, slope in one_side.items():
    print(f"{step:<6g} one side {slope:.4f}   both sides {both_sides[step]:.4f}")

# %% [markdown]
# The slope is 36.305. A tap to one side is off: 38.055 with a step of 0.1, and 36.3225 with 0.001. Taps
# on **both** sides are exact at once: what the bend adds on one side it takes away on the other. That
# is the **central difference**. (Exact only because this ground is a parabola along `m`; on others it
# is merely much better.)
#
# ## Break it
#
# If shorter is better, then take the shortest! Here is the error of a tap to one side, for steps from
# large to tiny, in float32 with its seven digits and in float64 with its sixteen.

# %%
sheet = lessons.sheets.lesson_03
powers = range(1, 13)
errors = {
    dtype: [abs(sheet.felt(10.0**-power, dtype) / 36.305 - 1) for power in powers]
    for dtype in (torch.float32, torch.float64)
}
for power in powers:
    single, double = (errors[dtype][power - 1] for dtype in errors)
    print(f"1e-{power:02d}   float32 off by {single:.1e}   float64 off by {double:.1e}")
lessons.explain("a tiny step")

# %% [markdown]
# Both columns fall, and then rise again: drawn, each is a valley. On its right side, where the steps are
# large, the ground bends between the taps. On its left side, where they are tiny, the two heights agree
# in almost all their digits, and only the last one or two make the slope.

# %%
picture = Figure(figsize=(6.4, 3.6), layout="constrained")
ax = picture.subplots()
for (dtype, off), marker in zip(errors.items(), "os", strict=True):
    ax.loglog([10.0**-power for power in powers], off, marker=marker, label=str(dtype))
ax.set_xlabel("distance of the tap")
ax.set_ylabel("error, as a share of the slope")
ax.legend()
picture

# %% [markdown]
# At 1e-7 in float32 nothing is left: the slope comes out as 57.22. Add the same eight squares in pairs
# instead of one after the other, and it is 38.147. Neither is 36.305. When the order of a sum changes
# your answer, you are reading the noise of the numbers, not the ground.

# %%
in_a_row = sheet.felt(1e-7, torch.float32)
in_pairs = sheet.felt(1e-7, torch.float32, in_pairs=True)
print(f"one after the other {in_a_row:.3f}, in pairs {in_pairs:.3f}")

# %% [markdown]
# ## Build it
#
# Write the central difference. `f` is a function, `x` a place, `h` the distance of each tap.


# %% tags=["exercise"]
def central_difference(f, x, h):
    """Return the slope of f at x from two taps, h away on both sides."""
    return 0.0  # your work goes here


# %% [markdown]
# ## Check
#
# Four hidden curves, each with a step of its own. More help: `lessons.hint("central difference")`.

# %%
lessons.check("central difference", central_difference)

# %% [markdown]
# And choose a good step for one tap to one side, in each kind of number. In float32 it should be off by
# less than 0.001 of the slope, in float64 by less than 1e-6.

# %% tags=["exercise"]
lessons.check("step for float32", 0.1)  # your step goes here

# %% tags=["exercise"]
lessons.check("step for float64", 0.1)  # your step goes here

# %% [markdown]
# With pencil and paper: `lessons.task("secant by hand", seed=17)`.
#
# **What you have now.** A derivative is where the slope of a short step settles: short enough for the
# ground, long enough for the numbers. Lesson 4 does it with two knobs.

# %% tags=["asserts"] jupyter={"source_hidden": true}
# The numbers of the text, each held against what this notebook has computed.
found = list(nearer.values())
assert lessons.agree(found, [7, 6.1, 6.01, 6.001, 6.0001, 6.00001, 6.000001], digits=8)
assert f(3) - f(2) == 7 and f(2) == 10
assert lessons.agree([one_side[0.1], one_side[0.01], one_side[0.001]], [38.055, 36.48, 36.3225], digits=6)
assert lessons.agree(list(both_sides.values()), [36.305] * 3, digits=9) and 0.1 in both_sides
slope_there = trial.value_and_gradient(trial.params({"m": 0.9, "b": 0.1}))[1]["m"].item()
assert lessons.agree(slope_there, 36.305, digits=9)
assert lessons.agree(in_a_row, 57.22, digits=4) and lessons.agree(in_pairs, 38.147, digits=5)
assert lessons.agree(sheet.felt(0.001, torch.float32), 36.3235, digits=5)
best_single = min(errors[torch.float32])
assert best_single < 1e-3 < errors[torch.float32][6] and min(errors[torch.float64]) < 1e-6
assert sheet.worst_error(5e-4, torch.float32) < 0.001 and sheet.worst_error(1e-8, torch.float64) < 1e-6
digits = [round(-torch.tensor(torch.finfo(dtype).eps).log10().item()) for dtype in errors]
assert digits == [7, 16] and sheet.START == {"m": 0.9, "b": 0.1}
assert sheet.felt(1e-7, torch.float32) == in_a_row
