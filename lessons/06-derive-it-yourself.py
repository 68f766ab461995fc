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
# # 6 Derive it yourself
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/)
#
# **Story.** Tapping finds the slopes, at the price of two looks at all the data for each knob. There is a
# formula that gives the slope without any tap, and you can find it with one rule of calculus, the
# chain rule. Begin with a single patient. Then take the mean over all eight. That is the whole
# derivation.
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
from steepest import Cost, lessons

dosage = torch.arange(8.0, dtype=torch.float64)
forgetfulness = torch.tensor([1.86, 1.31, 0.62, 0.33, 0.09, -0.67, -1.23, -1.37], dtype=torch.float64)
names = {"x_name": "Drug dosage (mL)", "y_name": "Forgetfulness"}
m, b = 0.9, 0.1

# %% [markdown]
# ## Predict
#
# Each patient alone would pull the line a different way. Whose slope by `m` is the largest at
# `m = 0.9`, `b = 0.1`: that of `"the one with 0 mL"`, `"the one with 3 mL"`, `"the one with 7 mL"`, or
# `"all are alike"`?

# %%
lessons.predict("loudest patient", ...)

# %% [markdown]
# And how large is the slope by `m` of the patient who got no drug at all, `x = 0`? Guess a number.

# %%
lessons.predict("silent patient", ...)

# %% [markdown]
# ## Touch
#
# One patient: 7 mL, measured -1.37. Two things happen one after the other. First `m` makes the miss, then
# the miss makes the loss:
#
# `miss = m*7 + b - (-1.37)`, and then `loss = miss**2`
#
# Nudge `m` by a little. The miss grows 7 times as much, because `m` stands beside a 7. And the loss grows
# `2 * miss` times as much as the miss did. So the loss grows by the **product of two slopes**. That is
# the chain rule. Change `x` and `y` below to another patient's.

# %%
x, y = 7.0, -1.37  # change them: the patients are in dosage and forgetfulness

miss = m * x + b - y
inner = x  # how much the miss grows for one more m
outer = 2 * miss  # how much the loss grows for one more miss
nudge = 1e-6
felt = (((m + nudge) * x + b - y) ** 2 - miss**2) / nudge
print(f"miss {miss:.2f}, inner slope {inner:g}, outer slope {outer:.2f}")
print(f"their product {outer * inner:.2f}; by nudging {felt:.2f}")

# %% [markdown]
# Here is the same, line by line, for all patients together. Each line was checked against the line
# before and against PyTorch. In the last lines are our numbers.

# %%
by_hand = steepest.derive("linear", {"m": m, "b": b}, dosage, forgetfulness)
by_hand["m"]

# %%
by_hand["b"]

# %% [markdown]
# ## Numbers
#
# Eight patients, eight slopes, and the mean.

# %%
misses = m * dosage + b - forgetfulness
singles_m = 2 * misses * dosage
singles_b = 2 * misses
print("  x      by m      by b")
for row in zip(dosage.tolist(), singles_m.tolist(), singles_b.tolist(), strict=True):
    print("{:3.0f} {:9.2f} {:9.2f}".format(*(value + 0.0 for value in row)))
print(f"mean {singles_m.mean():8.3f} {singles_b.mean():9.3f}")

# %%
lessons.explain("loudest patient")

# %%
lessons.explain("silent patient")

# %% [markdown]
# The patient with 7 mL shouts, 108.78, and the one with 1 mL pulls gently the other way, -0.62. Their
# mean is 36.305. **The gradient of the batch is the mean of the single gradients.** That is all that
# separates one patient from a million.
#
# Three roads lead to these two numbers: the formula, PyTorch, and taps. They agree.

# %%
trial = Cost.from_function(lambda m, b: ((m * dosage + b - forgetfulness) ** 2).mean(), dtype=torch.float64)
formulas = {"m": singles_m.mean(), "b": singles_b.mean()}
roads = steepest.check_gradient(trial, {"m": m, "b": b}, by_hand=formulas)
print(roads)

# %% [markdown]
# ## Break it
#
# If each patient has a slope, why not listen to one alone? Take the loudest, 7 mL, and make one step with
# the learning rate 0.01.

# %%
m_one = m - 0.01 * singles_m[7].item()
b_one = b - 0.01 * singles_b[7].item()
left = m_one * 7 + b_one - (-1.37)
whole = trial.value(trial.params({"m": m_one, "b": b_one})).item()
print(f"m {m_one:.4f}, b {b_one:.4f}; miss of that patient {abs(left):.6f}, cost of all eight {whole:.5f}")

# %% [markdown]
# That patient is now estimated **exactly**, after a single step. And the cost of all eight is still
# 1.12468, where 0.019466 is possible. Perfect for one is poor for eight.
#
# (Why exactly? A step multiplies that patient's miss by `1 - 2 * 0.01 * (7**2 + 1)`, which is 0. A little
# luck with the numbers.)
#
# The other break is a formula that is printed here and there with its `x` **outside** the sum: the mean
# miss times a dosage. Whose dosage? A loop that takes the last one walks like this:

# %%
seen = lessons.museum.x_outside_the_sum()
m_outside = seen.run.steps[1].params["m"].item()
print(f"m after one step {m_outside:.5f}, at the end {seen.end[0]:.4f}, cost {seen.cost:.4f}")

# %% [markdown]
# It gives 0.46145 after one step, where 0.53695 is right, and comes to rest at the cost 1.3817. It even
# rests! Only not at the bottom. The `x` belongs inside, to its own patient.
#
# ## Build it
#
# Write the formulas as text. You have `m`, `b`, `x`, `y` and `n`, the signs `+ - * / **`, brackets, and
# `sum(...)` and `mean(...)`. One patient first.

# %% tags=["exercise"]
lessons.check("slope of one", "x")  # your formula goes here

# %% [markdown]
# ## Check
#
# Now all of them. Any form will do that is the same function: it is tried at 20 hidden points, and then in
# exact fractions. You may give a Python function as well.

# %% tags=["exercise"]
lessons.check("gradient of m", "x")  # your formula goes here

# %% tags=["exercise"]
lessons.check("gradient of b", "1")  # your formula goes here

# %% [markdown]
# With pencil and paper: `lessons.task("mean of the singles", seed=17)`.
#
# **What you have now.** The formula is the mean of eight single slopes, and each of these is the product
# of two. Lesson 7 lets the machine do it, for chains of any length.

# %% tags=["asserts"] jupyter={"source_hidden": true}
# The numbers of the text, each held against what this notebook has computed.
assert (m, b) == (0.9, 0.1) and forgetfulness[7].item() == -1.37
assert lessons.agree(singles_m, [0, -0.62, 5.12, 14.82, 28.88, 52.70, 80.76, 108.78], digits=9)
assert lessons.agree(singles_b, [-3.52, -0.62, 2.56, 4.94, 7.22, 10.54, 13.46, 15.54], digits=9)
assert lessons.agree([singles_m.mean(), singles_b.mean()], [36.305, 6.265], digits=9)
assert lessons.agree([by_hand["m"].value, by_hand["b"].value], [36.305, 6.265])
assert roads.agrees
assert abs(left) < 1e-12 and abs(1 - 2 * 0.01 * (7**2 + 1)) < 1e-12
assert lessons.agree([m_one, b_one, whole], [-0.1878, -0.0554, 1.12468], digits=5)
exact = Cost.least_squares(dosage, forgetfulness)
assert lessons.agree(exact.value(exact.minimum).item(), 0.019466, digits=4)
assert lessons.agree(m_outside, 0.46145) and lessons.agree(seen.cost, 1.3817, digits=4)
right_round = steepest.descend(trial, {"m": m, "b": b}, learning_rate=0.01, epochs=1)
assert lessons.agree(right_round.end["m"].item(), 0.53695)
assert lessons.sheets.lesson_06.POINTS == 20
