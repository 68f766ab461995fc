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
# # 1 The four steps
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/)
#
# **Story.** Eight patients take a drug against forgetfulness. Each gets another dosage, from 0 to 7
# mL, and afterwards each one's forgetfulness is measured. We want a straight line through the eight
# points:
#
# `estimate = m * dosage + b`
#
# `m` says how much forgetfulness changes with one more mL. `b` says how large it is without the
# drug. These two numbers are the **parameters**. Nobody tells the machine what they should be. It
# starts with a bad line, `m = 0.9` and `b = 0.1`, and makes it better in four steps, which it
# repeats:
#
# | step | question it answers |
# |---|---|
# | 1 **forward pass** | What does the line estimate for each patient? |
# | 2 **cost** | How wrong is that, in one number? |
# | 3 **gradient** | If I change `m` or `b` a little, how does the cost change? |
# | 4 **adjust** | Move both a little in the direction that makes the cost smaller. |
#
# That is gradient descent. Larger models have more parameters; the four steps stay the same.
#
# Run the cells from top to bottom. Before each one there is something to predict: guess first, then
# run.
#
# *The eight numbers and the settings are those of Jon Krohn's* Machine Learning Foundations
# *notebooks (MIT licence). No patient was measured: the points were made from the line with m =
# -0.5 and b = 2, and random noise was added.*

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

# %matplotlib inline
import tempfile

import torch
from IPython.display import Image, display
from steepest import Cost, draw

dosage = torch.arange(8.0)
forgetfulness = torch.tensor([1.86, 1.31, 0.62, 0.33, 0.09, -0.67, -1.23, -1.37])


def agree(measured, expected, digits=5):
    """Say whether numbers agree with what is expected, to so many digits."""
    pair = (torch.tensor(numbers, dtype=torch.float64) for numbers in (measured, expected))
    return torch.allclose(*pair, rtol=10.0**-digits, atol=1e-6)


# %% [markdown]
# ## Steps 1 and 2: forward pass and cost
#
# **Predict.** The last patient got 7 mL. What does the line with `m = 0.9` and `b = 0.1` estimate?
# The measured value is -1.37: is the estimate too high or too low?
#
# For the cost, take each difference between estimate and measurement, square it, and average the
# eight squares. This is the *mean squared error*. A square is never negative, so differences cannot
# cancel, and one large miss costs more than several small ones. In the picture each difference is a
# stick with its square beside it: the cost is how large these squares are on average.
#
# `requires_grad_()` tells PyTorch: remember what is computed with this number. We need that in step
# 3.

# %%
m = torch.tensor(0.9).requires_grad_()
b = torch.tensor(0.1).requires_grad_()

estimate = m * dosage + b  # 1 forward pass
cost = ((estimate - forgetfulness) ** 2).mean()  # 2 cost

print("estimates:", [round(value, 2) for value in estimate.tolist()])
print(f"cost: {cost.item():.4f}")
assert agree(estimate.tolist(), [0.1, 1.0, 1.9, 2.8, 3.7, 4.6, 5.5, 6.4])
assert agree(cost.item(), 19.675475)

names = {"x_name": "Drug dosage (mL)", "y_name": "Forgetfulness"}
first_line = {"m": m.detach(), "b": b.detach()}
draw.fit(dosage, forgetfulness, params=first_line, cost=cost.item(), **names).figure

# %% [markdown]
# ## Steps 3 and 4: gradient and adjust
#
# Change `m` a little and hold `b`: the cost changes by so much for each unit of `m`. That number is
# the **partial derivative** of the cost by `m`, its slope in this one direction. There is another
# one for `b`. Together they are the **gradient**. `backward()` computes both at once and leaves
# them in `m.grad` and `b.grad`.
#
# A positive slope means: more of this parameter, more cost. So we go the other way. How far? We
# subtract the slope times a small number, the **learning rate**, here 0.01.
#
# **Predict.** The line is far too steep upwards. Will the slope for `m` be positive or negative?
# Which of the two slopes will be larger, and so which parameter will move more?

# %%
optimizer = torch.optim.SGD([m, b], lr=0.01)

cost.backward()  # 3 gradient
print(f"gradient: {m.grad.item():.3f} for m, {b.grad.item():.3f} for b")
assert agree([m.grad.item(), b.grad.item()], [36.305, 6.265])

optimizer.step()  # 4 adjust: parameter - learning rate * slope
cost_after = ((m * dosage + b - forgetfulness) ** 2).mean()
print(f"m is now {m.item():.5f}, b is now {b.item():.5f}, the cost {cost_after.item():.4f}")
assert agree([m.item(), b.item(), cost_after.item()], [0.53695, 0.03735, 8.572176])

# %% [markdown]
# ## Touch: the same slopes with a cane
#
# Think of a blind trilobite on a hillside. East is more `m`, north is more `b`, and the height
# under its feet is the cost. It cannot see the valley. It can tap the ground with its cane, a
# hundredth of a unit away, and feel whether it is higher or lower there.
#
# **Predict.** It stands at `m = 0.9`, `b = 0.1`. Where is the ground lowest: east, west, north or
# south? Or south-west, in between?
#
# Here steepest comes in. A `Cost` is the cost as a function of its parameters, and `compass` taps
# in eight directions. Two opposite taps give a slope: the difference in height over the distance
# between them.

# %%
trial = Cost.from_function(lambda m, b: ((m * dosage + b - forgetfulness) ** 2).mean())
start = {"m": 0.9, "b": 0.1}

taps = steepest.compass(trial, start, step=0.01)
print({direction: round(change, 4) for direction, change in taps.items()})
felt = [taps[direction] for direction in ("E", "N", "W", "S", "NE", "NW", "SW", "SE")]
assert agree(felt[:4], [0.36480, 0.06275, -0.36130, -0.06255], digits=3)
assert agree(felt[4:], [0.30229, -0.21184, -0.29974, 0.21299], digits=3)
assert min(taps, key=taps.get) == "W"

slope_m, slope_b = ((taps["E"] - taps["W"]) / 0.02, (taps["N"] - taps["S"]) / 0.02)
print(f"slopes from taps: {slope_m:.1f} for m, {slope_b:.1f} for b")
assert agree([slope_m, slope_b], [36.3, 6.3], digits=2)

along_m = steepest.line(trial, at=start, along="m", reach=(-1.5, 1.5))
draw.slope(along_m, at=0.9, slope=36.305).figure

# %% [markdown]
# ## Numbers: both partial derivatives by hand
#
# Taps are simple but dear: each parameter needs taps of its own, and a network has millions. There
# is a formula instead. Below it is derived line by line, and the last lines have our numbers in
# them. ŷᵢ is the estimate for patient i, yᵢ the measurement, xᵢ the dosage, and ∂C/∂m is the
# partial derivative of the cost by `m`.
#
# **Predict.** Each patient adds one number to the slope for `m`. The first patient got no drug, `x
# = 0`. How much does that patient say about `m`?

# %%
by_hand = steepest.derive("linear", start, dosage, forgetfulness)
display(by_hand["m"], by_hand["b"])

difference = 0.9 * dosage + 0.1 - forgetfulness
slopes_m = 2 * difference * dosage  # one number a patient
slopes_b = 2 * difference
print("for m, patient by patient:", [round(slope, 2) + 0.0 for slope in slopes_m.tolist()])
print(f"their mean: {slopes_m.mean():.3f} for m, {slopes_b.mean():.3f} for b")
assert agree(slopes_m.tolist(), [0, -0.62, 5.12, 14.82, 28.88, 52.7, 80.76, 108.78])
assert agree([slopes_m.mean().item(), slopes_b.mean().item()], [36.305, 6.265])
assert agree([by_hand["m"].value, by_hand["b"].value], [36.305, 6.265])

formulas = {"m": slopes_m.mean(), "b": slopes_b.mean()}
assert steepest.check_gradient(trial, start, by_hand=formulas).agrees  # by hand = backward = taps

# %% [markdown]
# ## A thousand and one times
#
# Now the four steps in a loop, from the beginning. One pass over all patients is an **epoch**; here
# every epoch ends with one adjustment. `zero_grad()` empties `m.grad` and `b.grad` first, because
# `backward()` adds to what is there.
#
# **Predict.** The line we look for has a large `b`, about 1.76. We start at `b = 0.1`. Does `b`
# grow from the start?

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
print("b after 0, 5 and 20 epochs:", [round(values_of_b[epoch], 4) for epoch in (0, 5, 20)])
assert agree([m.item(), b.item()], [-0.4681258499622345, 1.7542961835861206])
assert agree([values_of_b[epoch] for epoch in (0, 5, 20)], [0.1, -0.0275, 0.1018], digits=3)
assert costs == sorted(costs, reverse=True)  # it fell all the way

# %%
# The same with steepest: descend is this loop, and keeps every step.
run = steepest.descend(trial, start, learning_rate=0.01, epochs=1001)
assert run.end["m"].item() == m.item() and run.end["b"].item() == b.item()
assert run.costs[:-1].tolist() == costs

exact = Cost.least_squares(dosage, forgetfulness)  # a line has an exact answer, without a descent
best = exact.minimum
lowest = exact.value(best).item()
print(f"best possible: m {best['m']:.4f}, b {best['b']:.2f}, cost {lowest:.6f}")
print(f"after 1001 epochs the cost is {run.costs[-1]:.6f}")
assert agree([best["m"].item(), best["b"].item(), lowest], [-0.469286, 1.76, 0.019466], digits=4)
assert run.epochs == 1001 and agree(run.costs[-1].item(), 0.019476, digits=4)

# The whole hillside: one forward pass for each of 61 x 61 lines, and the path over it.
cut = steepest.plane(trial, at=run.end, along=("m", "b"), reach=((-1.5, 1.5), (-1.0, 3.0)))
display(draw.cost_curve(run, minimum=lowest).figure)
draw.surface(cut, run, minimum=best, height="log").figure

# %%
# And as a film: left the path seen from above, right the same moment of the line, with its squares.
with tempfile.TemporaryDirectory() as folder:
    film = draw.animate(
        run,
        f"{folder}/film.gif",
        slice=cut,
        inputs=dosage,
        targets=forgetfulness,
        minimum=best,
        **names,
    ).read_bytes()
Image(film, format="gif")

# %% [markdown]
# **What the pictures show.** `b` went the wrong way first. The slopes only know the ground
# underfoot, and there the quickest way down leads west, and a little south. The cost fell in every
# epoch all the same: ten epochs fall into the valley, the other 991 walk along its floor. (The
# surface is drawn with the logarithm of the cost as its height, or its floor would look flat.) And
# `descend` gives the very floats of the loop in plain PyTorch, to the last bit.
#
# ## Does the start matter?
#
# It is often said that a random start keeps a descent from getting stuck in a local minimum. Not
# so: this cost has only one minimum, so every start ends there, and where a cost has several, the
# start decides which one you get, for better or worse.
#
# **Predict.** Thirty random starts: how many different ends?

# %%
chance = torch.Generator().manual_seed(1)
starts = (6 * torch.rand(30, 2, generator=chance) - 3).tolist()
ends = []
for m_start, b_start in starts:
    walk = steepest.descend(trial, {"m": m_start, "b": b_start}, learning_rate=0.05, epochs=600)
    ends.append([walk.end["m"].item(), walk.end["b"].item()])

rounded = {(round(m_end, 4), round(b_end, 4)) for m_end, b_end in ends}
print(len(starts), "starts,", len(rounded), "end:", *rounded)
assert len(starts) == 30 and len(rounded) == 1
assert agree(ends, [[-0.4693, 1.76]] * 30, digits=3)

# %% [markdown]
# ## Break it
#
# With the learning rate 0.01 we crawl. So take a larger one!
#
# **Predict.** For each of 0.01, 0.05, 0.054 and 0.055: faster, or worse? Write down four guesses.

# %%
rates = (0.01, 0.05, 0.054, 0.055)
runs = {rate: steepest.descend(trial, start, learning_rate=rate, epochs=1000) for rate in rates}
broken = runs[0.055]
print("cost at 0.055:", [round(broken.costs[epoch].item(), 1) for epoch in (0, 1, 10, 100, 1000)])
assert broken.outcome is steepest.Outcome.DIVERGED and broken.steps[0].learning_rate == 0.055
assert agree(broken.costs[[0, 1, 10, 100]].tolist(), [19.6755, 19.7332, 20.4451, 35.9254], digits=4)
assert agree(broken.costs[1000].item(), 13260.1, digits=3)

limit = steepest.curvature_at(trial, start).learning_rate_limit  # from how the cost bends
(finding,) = steepest.diagnose(broken)  # from the steps alone
print(f"verdict: {finding.rule}. The limit here: {limit:.7f}")
assert finding.rule == "diverging" and agree(limit, 0.0549097)
assert agree(finding.evidence["learning_rate_limit"], 0.0549097)
draw.rates(runs, minimum=lowest).figure

# %% [markdown]
# With the three larger rates each step jumps across the valley. Below the limit it lands nearer to
# the floor than it was, above the limit farther away. 0.054 still arrives, 0.055 never does. A
# learning rate that is too large is no matter of luck: it can be computed.
#
# ## Touch it
#
# Below is the same descent as a page of its own. Step through the four phases, drag a patient or an
# end of the line, pull the learning rate over the cliff, or let the trilobite tap through fog.

# %%
steepest.show_report(run, cost=trial, inputs=dosage, targets=forgetfulness, **names)

# %% [markdown]
# ## Build it, and check
#
# Write one round of the four steps yourself, without `backward()` and without an optimizer. You
# have both formulas: the mean of `2 * difference * dosage` for `m`, the mean of `2 * difference`
# for `b`. Replace the last line of `one_round` and run the cell. It compares your numbers with
# PyTorch's from five starts, and if it knows your mistake, it says which.


# %% tags=["exercise"]
def one_round(m, b, learning_rate):
    """Make one round of the four steps and return the new m and the new b."""
    return m, b  # your work goes here


def check(answer):
    """Compare an answer with PyTorch from five starts, and name the usual mistakes."""
    for m_old, b_old in ([0.9, 0.1], [0.0, 0.0], [-0.5, 2.0], [2.0, -1.0], [-3.0, 0.5]):
        _, step = trial.value_and_gradient(trial.params({"m": m_old, "b": b_old}))
        to_m, to_b = 0.01 * step["m"].item(), 0.01 * step["b"].item()
        given = [float(number) for number in answer(m_old, b_old, 0.01)]
        known = {
            "Nothing has moved yet": (m_old, b_old),
            "You went uphill: subtract": (m_old + to_m, b_old + to_b),
            "That is the sum: take the mean": (m_old - 8 * to_m, b_old - 8 * to_b),
            "Is the factor 2 missing?": (m_old - to_m / 2, b_old - to_b / 2),
            "You used the new m for b: slopes first": (m_old - to_m, b_old - to_b + 0.07 * to_m),
        }
        if not agree(given, [m_old - to_m, b_old - to_b], digits=4):
            named = [words for words, wrong in known.items() if agree(given, wrong, digits=4)]
            return named[0] if named else f"Not yet: look at the start m = {m_old}, b = {b_old}"
    return "Right, from all five starts"


print(check(one_round))
