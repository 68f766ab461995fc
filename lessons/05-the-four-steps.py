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
# # 5 The four steps
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/)
#
# **Story.** Eight patients take a drug against forgetfulness. Each gets another dosage, from 0 to 7
# mL, and afterwards each one's forgetfulness is measured. We want a straight line through the eight
# points, `estimate = m * dosage + b`. Nobody tells the machine what `m` and `b` should be. It
# starts with a bad line, `m = 0.9` and `b = 0.1`, and makes it better in four steps, which it
# repeats:
#
# | step | question it answers |
# |---|---|
# | 1 **forward pass** | What does the line estimate for each patient? |
# | 2 **cost** | How wrong is that, in one number? |
# | 3 **gradient** | If I change `m` or `b` a little, how does the cost change? |
# | 4 **adjust** | Move both a little to where the cost is smaller. |
#
# That is gradient descent, all of it. Larger models have more parameters; the four steps stay the
# same.
#
# *No patient was measured: the points were made from the line with m = -0.5 and b = 2, and random
# noise was added. Data and settings are those of Jon Krohn's* Machine Learning Foundations
# *notebooks (MIT licence).*

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
# until the answer comes. Nobody else sees it.
#
# The last patient got 7 mL. What does the line with `m = 0.9` and `b = 0.1` estimate?

# %%
lessons.predict("estimate for 7 mL", ...)

# %% [markdown]
# The best line has a large `b`, near 1.76, and we start at 0.1. What will `b` do in the first round:
# `"it grows"`, `"it stays"` or `"it falls"`?

# %%
lessons.predict("b at first", ...)

# %% [markdown]
# ## Touch
#
# Below, the whole descent lies on a page of its own. Step through the four phases one at a time,
# and watch which numbers change: step 3 changes only the gradient, step 4 only `m` and `b`. Then
# drag a patient, or an end of the line, and step again.

# %%
trial = Cost.from_function(lambda m, b: ((m * dosage + b - forgetfulness) ** 2).mean())
start = {"m": 0.9, "b": 0.1}
run = steepest.descend(trial, start, learning_rate=0.01, epochs=1001)

steepest.show_report(run, cost=trial, inputs=dosage, targets=forgetfulness, **names)

# %% [markdown]
# ## Numbers
#
# Now the same by hand, one step a cell.
#
# **1 Forward pass.** `requires_grad_()` says to PyTorch: remember what is computed with this
# number. Step 3 will need it.

# %%
m = torch.tensor(0.9).requires_grad_()
b = torch.tensor(0.1).requires_grad_()

estimate = m * dosage + b
print("estimates:", [round(value, 2) for value in estimate.tolist()])
lessons.explain("estimate for 7 mL")

# %% [markdown]
# **2 Cost.** Each difference between estimate and measurement is squared, and the eight squares are
# averaged. That is the *mean squared error*; lesson 2 draws it.

# %%
cost = ((estimate - forgetfulness) ** 2).mean()
print(f"cost: {cost.item():.4f}")

# %% [markdown]
# **3 Gradient.** How much does the cost rise for a little more `m`, with `b` held? And for a little
# more `b`? These two slopes are the gradient. In lesson 4 you find them by nudging, in lesson 6 by
# a formula; `backward()` gets both at once, and lesson 7 shows how.

# %%
cost.backward()
slopes_before = (m.grad.item(), b.grad.item())
print(f"slopes: {slopes_before[0]:.3f} for m, {slopes_before[1]:.3f} for b")

# %% [markdown]
# Both are positive: more of either parameter, more cost. So go the other way, with both.
#
# **4 Adjust.** How far? Slope times a small number, the **learning rate**, here 0.01.

# %%
learning_rate = 0.01
with torch.no_grad():  # this is bookkeeping, not a part of the estimate
    m -= learning_rate * m.grad
    b -= learning_rate * b.grad
cost_after = ((m * dosage + b - forgetfulness) ** 2).mean()
after_one = (m.item(), b.item(), cost_after.item())
print(f"m is now {m.item():.5f}, b is now {b.item():.5f}, the cost {cost_after.item():.4f}")

# %% [markdown]
# One round, and the cost has more than halved. In the picture the four steps stand side by side.
#
# A trap lies here: `m.grad` still says 36.305, but that was the slope at the old place. At the new
# one it is 23.160. A gradient is **stale** as soon as you have moved, and must be measured again.

# %%
fresh_slopes = [step.gradient["m"].item() for step in run.steps[:2]]
print("slope by m at the start, and after one round:", [round(slope, 3) for slope in fresh_slopes])
panels = draw.four_steps(*run.steps[:2], dosage, forgetfulness, **names)
panels[0].figure

# %% [markdown]
# Now a thousand and one rounds, in plain PyTorch. A round over all patients is an **epoch**.
# `zero_grad()` empties the gradients first, because `backward()` adds to what is there. And
# `optimizer.step()` is the two lines of step 4.

# %%
m = torch.tensor(0.9).requires_grad_()
b = torch.tensor(0.1).requires_grad_()
optimizer = torch.optim.SGD([m, b], lr=0.01)
costs, values_of_b = [], []

for _ in range(1001):
    estimate = m * dosage + b  # 1 forward pass
    cost = ((estimate - forgetfulness) ** 2).mean()  # 2 cost
    costs.append(cost.item())
    values_of_b.append(b.item())
    optimizer.zero_grad()
    cost.backward()  # 3 gradient
    optimizer.step()  # 4 adjust

print("m =", m.item(), "and b =", b.item())
lessons.explain("b at first")

# %% [markdown]
# The first ten rounds take the cost from 19.68 down to 0.948; the other 991 only from there to
# 0.0195. A fast fall, then a long crawl: lesson 9 says why. The cost fell in every single round all
# the same, also while `b` went the wrong way.
#
# `steepest.descend`, which made the page above, is this very loop: it ends in the same two numbers,
# to the last digit.

# %%
exact = Cost.least_squares(dosage, forgetfulness)  # a line has an exact answer, too
best, lowest = exact.minimum, exact.value(exact.minimum).item()
print("the same numbers:", run.end["m"].item() == m.item() and run.end["b"].item() == b.item())
print(f"the best line there is: m = {best['m']:.4f}, b = {best['b']:.2f}")
draw.cost_curve(run, minimum=lowest).figure

# %% [markdown]
# ## Break it
#
# 0.01 crawls. So take a larger learning rate! What becomes of 0.05, and of 0.055: `"arrives"` or
# `"diverges"`?

# %%
lessons.predict("fate at 0.05", ...)

# %%
lessons.predict("fate at 0.055", ...)

# %%
rates = (0.01, 0.05, 0.055)
runs = {rate: steepest.descend(trial, start, learning_rate=rate, epochs=1000) for rate in rates}
draw.rates(runs, minimum=lowest).figure

# %%
lessons.explain("fate at 0.05")

# %%
lessons.explain("fate at 0.055")

# %% [markdown]
# There is a cliff between the two, at 0.0549. Below it each step lands nearer to the valley's
# floor, above it farther away, and after 1000 rounds at 0.055 the cost has grown to 13260. That is
# no bad luck: the limit can be computed, as lesson 8 does.
#
# And one break that hides. Here step 4 moves `m` first, and takes the slope by `b` only then. After
# one round `b` should be 0.03735. Look where it is:

# %%
broken = lessons.museum.sequential_update()
after_one_broken = broken.run.steps[1].params["b"].item()
print(f"b after one round: {after_one_broken:.7f}, and at the end {broken.end[1]:.4f}")

# %% [markdown]
# 0.0627635, and yet it arrives in the end. A wrong program that ends well is the hardest to find:
# only its first number gives it away. First **all** slopes, then **all** moves.
#
# ## Build it
#
# Write one round yourself, without `backward()` and without an optimizer. You get `m`, `b`, the
# data `x` and `y`, and a learning rate, and return the new `m` and the new `b`. The slope by `m` is
# the mean of `2 * (m*x + b - y) * x`, and the one by `b` is the mean of `2 * (m*x + b - y)`.


# %% tags=["exercise"]
def one_round(m, b, x, y, learning_rate):
    """Make one round of the four steps and return the new m and the new b."""
    return m, b  # your work goes here


# %% [markdown]
# ## Check
#
# Your function is tried from hidden starts, on hidden patients. If it knows your mistake, it says
# which. More help: `lessons.hint("one round")`; and when you want to see it,
# `lessons.solution("one round")`.

# %%
lessons.check("one round", one_round)

# %% [markdown]
# Now put it in a loop: `epochs` rounds, one after the other, with the learning rate 0.01.


# %% tags=["exercise"]
def many_rounds(m, b, x, y, epochs):
    """Make so many rounds and return the last m and b."""
    return m, b  # your work goes here


# %%
lessons.check("many rounds", many_rounds)

# %% [markdown]
# With pencil and paper, if you like: `lessons.task("a round by hand", seed=17)` gives you numbers of
# your own, and `lessons.check("a round by hand", (m, b), seed=17)` looks at your answer.
#
# **What you have now.** Forward pass, cost, gradient, adjust: one round, again and again. Whatever
# model you meet from here on, look for these four lines in it.

# %% tags=["asserts"] jupyter={"source_hidden": true}
# The numbers of the text, each held against what this notebook has computed.
assert start == {"m": 0.9, "b": 0.1} and learning_rate == 0.01
assert lessons.agree(slopes_before, (36.305, 6.265))
assert lessons.agree(after_one, (0.53695, 0.03735, 8.572176))
assert lessons.agree(fresh_slopes, (36.305, 23.160), digits=4)
assert lessons.agree([m.item(), b.item()], [-0.4681258499622345, 1.7542961835861206])
assert run.epochs == 1001 == 10 + 991 and costs == sorted(costs, reverse=True)
assert run.end["m"].item() == m.item() and run.end["b"].item() == b.item()
assert lessons.agree([costs[0], costs[10], run.costs[-1]], [19.675475, 0.948236, 0.019476], digits=4)
assert lessons.agree([best["m"].item(), best["b"].item()], [-0.469286, 1.76])
assert max(values_of_b[1:20]) < 0.1 < values_of_b[20]
assert lessons.agree(steepest.curvature_at(trial, start).learning_rate_limit, 0.0549097)
assert runs[0.05].outcome is not runs[0.055].outcome and runs[0.055].epochs == 1000
assert lessons.agree(runs[0.055].costs[-1].item(), 13260, digits=3)
assert lessons.agree(after_one_broken, 0.0627635) and lessons.agree(broken.end[1], 1.76, digits=2)
made_from = trial.value(trial.params({"m": -0.5, "b": 2.0})).item()
assert lessons.agree(made_from, 0.041975)
