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
# # 9 Valleys, scales, momentum
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/)
#
# **Story.** You know the cliff now, and you stay below it. Still the trial's descent falls for ten rounds
# and then crawls for a thousand. Nothing is wrong with the code, and hardly anything with the rate. It is
# the ground: a valley with steep walls and a floor that is nearly level. The walls forbid a long step,
# and the floor would need one. There are three ways out: round the valley off, put some weight on the
# ball, or know the bend.
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
import math

import torch
from matplotlib.figure import Figure
from steepest import Cost, draw, lessons

dosage = torch.arange(8.0, dtype=torch.float64)
forgetfulness = torch.tensor([1.86, 1.31, 0.62, 0.33, 0.09, -0.67, -1.23, -1.37], dtype=torch.float64)
names = {"x_name": "Drug dosage (mL)", "y_name": "Forgetfulness"}
start = {"m": 0.9, "b": 0.1}
trial = Cost.from_function(lambda m, b: ((m * dosage + b - forgetfulness) ** 2).mean(), dtype=torch.float64)
exact = Cost.least_squares(dosage, forgetfulness)
best = torch.stack(list(exact.minimum.values()))
lowest = exact.value(exact.minimum).item()

# %% [markdown]
# ## Predict
#
# You stand at the start. One arrow points straight down the slope, another to the lowest point of the
# valley. How many degrees lie between the two? Guess a number.

# %%
lessons.predict("angle of the slope", ...)

# %% [markdown]
# Standardise the dosages: subtract their mean, divide by their spread. It is the same drug in other
# units. How many steps does the descent need then, with the rate 0.5?

# %%
lessons.predict("standardised steps", ...)

# %% [markdown]
# And Adam, the optimizer that everybody takes, with the rate that torch gives it, 0.001. After a thousand
# rounds, is its cost `"lower"` or `"higher"` than that of plain descent with 0.01?

# %%
lessons.predict("Adam as it comes", ...)

# %% [markdown]
# ## Touch
#
# Turn the landscape until you look along the valley. Step through: two or three steps down the wall, and
# then? Now switch **standardise the inputs** on, and look at the ground again.

# %%
run = steepest.descend(trial, start, learning_rate=0.01, epochs=1001)
steepest.show_report(run, cost=trial, inputs=dosage, targets=forgetfulness, **names)

# %% [markdown]
# ## Numbers
#
# The ground bends most in one direction and least in another, at a right angle to it. On a bowl these two
# live apart: each part of the way shrinks by a factor of its own, `1 - rate * bend`, and knows nothing of
# the other. So the cost comes in two parts as well, and a floor.

# %%
bend = steepest.curvature_at(trial, start)
steep_bend, flat_bend = bend.eigenvalues.tolist()
every = [steepest.cost_by_mode(bend, step.gradient).tolist() for step in run.steps]
for epoch in (0, 5, 10, 100, 1000):
    steep, flat = every[epoch]
    print(f"epoch {epoch:4d}   steep {steep:12.5g}   flat {flat:12.5g}   floor {lowest:.4f}")
factors = [1 - 0.01 * value for value in (steep_bend, flat_bend)]
half_life = math.log(0.5) / math.log(factors[1])
print(f"bends {steep_bend:.4f} and {flat_bend:.4f}, one {bend.condition_number:.1f} times the other")
print(f"a step leaves {factors[0]:.4f} of the steep part, and {factors[1]:.5f} of the flat one")
print(f"the flat part needs {half_life:.1f} steps to halve")

# %%
figure = Figure(figsize=(7, 4), layout="constrained")
ax = figure.subplots()
ax.semilogy([steep for steep, _ in every[:60]], "-", color="#0072B2", label="steep part")
ax.semilogy([flat for _, flat in every], "--", color="#D55E00", label="flat part")
ax.axhline(lowest, color="grey", linestyle=":", label="floor: what no line can get below")
ax.set(xlabel="epoch", ylabel="part of the cost", xlim=(0, 400), ylim=(1e-6, 40))
ax.legend()
figure

# %% [markdown]
# At the start the steep part has 18.6158 and the flat one 1.0402. Ten rounds later the steep one is down
# to 0.00217, and the flat one still has 0.9266. That is the fast fall and the long crawl, to the digit:
# what takes so long is little of the cost, and most of the way. A step leaves 0.99423 of it, so it takes
# 119.9 steps to halve.
#
# The slope hardly knows that way. Almost all of the steepness is in the wall.

# %%
gradient = trial.value_and_gradient(trial.params(start))[1]
downhill = (-gradient["m"].item(), -gradient["b"].item())
way = (best[0].item() - 0.9, best[1].item() - 0.1)
lean = lessons.sheets.lesson_09.between(downhill, way)
print(f"downhill and the way to the lowest point are {lean:.1f} degrees apart")
lessons.explain("angle of the slope")

# %% [markdown]
# 60.3 degrees. This is why `b` went the wrong way in lesson 5. **Slow means a flat direction** beside a
# steep one. The ratio of the two bends, 63.2, is called the **condition number**; a round bowl has 1.
#
# **First way out: round it off.** The valley is long because dosages are large numbers, with a mean far
# from 0.

# %%
centred = dosage - dosage.mean()
standard = centred / dosage.std(correction=0)
grounds = {"as it is": dosage, "centred": centred, "standardised": standard}
for name, inputs in grounds.items():
    there = steepest.curvature_at(Cost.least_squares(inputs, forgetfulness), {"m": 0.0, "b": 0.0})
    print(f"{name:13} bends {there.sharpness:.4g} and {there.smallest:.4g}")
round_bowl = Cost.least_squares(standard, forgetfulness)
one_step = steepest.descend(round_bowl, start, learning_rate=0.5, epochs=1)
print(f"one step: m = {one_step.end['m'].item():.5f}, b = {one_step.end['b'].item():.4f}")
print(f"cost {one_step.costs[-1].item():.10f}, the lowest {lowest:.10f}")
lessons.explain("standardised steps")

# %% [markdown]
# Centring alone takes the condition number from 63.2 to 5.25: `m` and `b` no longer get into each other's
# way. And with the spread put right as well, one step. Not nearly there: *there*, whatever the start,
# since downhill is now the way to the lowest point. (`m` is in other units now, too.) Nothing you will do
# to an optimizer is worth as much as that.
#
# **Second way out: a heavy ball.** It keeps its velocity: each round some of it is lost to friction, and
# the new slope is added. Across the valley the slopes take turns in sign, and cancel. Along it they all
# point one way, and add up.


# %%
def costs_of(make, epochs, at=(0.9, 0.1)):
    """The costs along the walk of one of torch's optimizers, on the trial."""
    place = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    optimizer, costs = make([place]), []
    for _ in range(epochs + 1):
        optimizer.zero_grad()
        cost = ((place[0] * dosage + place[1] - forgetfulness) ** 2).mean()
        cost.backward()
        costs.append(cost.item())
        optimizer.step()
    return costs


def rounds_of(rate, factor):
    """Rounds until a heavy ball is within 0.001 of the lowest cost: for the first time, and for good."""
    away = [cost - lowest >= 1e-3 for cost in costs_of(lambda p: SGD(p, lr=rate, momentum=factor), 1200)]
    return away.index(False), len(away) - away[::-1].index(True)


SGD = torch.optim.SGD
balls = {factor: rounds_of(0.01, factor) for factor in (0.0, 0.5, 0.8, 0.9, 0.95, 0.99)}
for factor, (first, good) in balls.items():
    print(f"rate 0.01, factor {factor:<5g} there after {first:4d} rounds, for good after {good:4d}")

roots = math.sqrt(steep_bend), math.sqrt(flat_bend)
best_rate = (2 / (roots[0] + roots[1])) ** 2
best_factor = ((roots[0] - roots[1]) / (roots[0] + roots[1])) ** 2
tuned = rounds_of(best_rate, best_factor)
print(f"rate {best_rate:.5f}, factor {best_factor:.4f}: after {tuned[0]} rounds, for good after {tuned[1]}")

# %% [markdown]
# 601 rounds without weight; 77 with the factor 0.9 (it rolls through, and is back for good at 91). Too
# heavy is slow again: with 0.99 the ball swings, and first comes by after 554. From the two bends the
# best pair can be computed, as Polyak (1964) did: rate 0.08665 and factor 0.6029, and it is there after
# 36 rounds. Note the rate: it is past the cliff of plain descent. A ball may go faster than a walker.
#
# **Third way out: know the bend.** Divide the gradient by the bend, in each direction by its own. That is
# **Newton's step**.

# %%
hessian = bend.directions.T @ torch.diag(bend.eigenvalues) @ bend.directions
slopes = torch.stack(list(gradient.values()))
newton = torch.tensor([0.9, 0.1], dtype=torch.float64) - torch.linalg.solve(hessian, slopes)
print("Hessian", [[round(value, 6) for value in row] for row in hessian.tolist()])
print("one step:", newton.tolist(), " the best line:", best.tolist())

# %% [markdown]
# One step again. For a million parameters the Hessian has a million times a million entries, and nobody
# has them. So optimizers guess at the bend, from the slopes that they have seen. Here are six of torch's,
# each as a formula of two or three lines. `v` is a velocity, `s` is a memory of squares.


# %%
def moved(name, place, g, kept, rate):
    """One step of an optimizer; `kept` has its v and s, and k, the number of the step."""
    v, s, k = kept["v"], kept["s"], kept["k"]
    if name == "plain":
        return place - rate * g
    if name == "momentum":
        v[:] = 0.9 * v + g
        return place - rate * v
    if name == "Nesterov":
        v[:] = 0.9 * v + g
        return place - rate * (g + 0.9 * v)
    if name == "AdaGrad":
        s[:] = s + g**2
        return place - rate * g / (s.sqrt() + 1e-10)
    if name == "RMSProp":
        s[:] = 0.99 * s + 0.01 * g**2
        return place - rate * g / (s.sqrt() + 1e-8)
    v[:] = 0.9 * v + 0.1 * g  # Adam
    s[:] = 0.999 * s + 0.001 * g**2
    return place - rate * (v / (1 - 0.9**k)) / ((s / (1 - 0.999**k)).sqrt() + 1e-8)


TORCH = {
    "plain": lambda place, rate: SGD(place, lr=rate),
    "momentum": lambda place, rate: SGD(place, lr=rate, momentum=0.9),
    "Nesterov": lambda place, rate: SGD(place, lr=rate, momentum=0.9, nesterov=True),
    "AdaGrad": lambda place, rate: torch.optim.Adagrad(place, lr=rate),
    "RMSProp": lambda place, rate: torch.optim.RMSprop(place, lr=rate),
    "Adam": lambda place, rate: torch.optim.Adam(place, lr=rate),
}

# %% [markdown]
# A formula is worth something if torch does the same. Both walk a thousand steps from the same start, and
# at **each** step the two places are compared. The last column is the largest gap there ever was.

# %%
settings = [("plain", 0.01), ("momentum", 0.01), ("Nesterov", 0.01), ("AdaGrad", 0.5), ("RMSProp", 0.01)]
settings += [("Adam", 0.1), ("Adam", 0.01), ("Adam", 0.001)]
heights, gaps = {}, {}
for name, rate in settings:
    by_torch = torch.tensor([0.9, 0.1], dtype=torch.float64, requires_grad=True)
    optimizer = TORCH[name]([by_torch], rate)
    ours, kept = by_torch.detach().clone(), {"v": torch.zeros(2).double(), "s": torch.zeros(2).double()}
    costs, gap = [], 0.0
    for k in range(1, 1002):
        kept["k"] = k
        over = ours[0] * dosage + ours[1] - forgetfulness
        costs.append((over**2).mean().item())
        ours = moved(name, ours, torch.stack([(2 * over * dosage).mean(), (2 * over).mean()]), kept, rate)
        optimizer.zero_grad()
        ((by_torch[0] * dosage + by_torch[1] - forgetfulness) ** 2).mean().backward()
        optimizer.step()
        gap = max(gap, (ours - by_torch.detach()).abs().max().item())
    heights[name, rate], gaps[name, rate] = [costs[k] for k in (10, 100, 1000)], gap
    told = "".join(f"{height:12.6g}" for height in heights[name, rate])
    print(f"{name:9} rate {rate:<6g} after 10, 100, 1000: {told}   gap {gap:.0e}")

# %% [markdown]
# Read the three lines of Adam. With 0.1 it is at 0.0243 after a hundred rounds; with 0.001, the rate it
# comes with, at 15.75. One optimizer, three fates. Whoever says "Adam is slow here" or "Adam is fast
# here" speaks of a rate.

# %%
lessons.explain("Adam as it comes")

# %%
paths = {}
for name, rate in zip(TORCH, (0.03, 0.01, 0.01, 0.5, 0.1, 0.1), strict=True):
    line = lessons.museum.Line(0.9, 0.1)
    optimizer = TORCH[name](list(line.parameters()), rate)
    with steepest.watch(line, optimizer) as watched:
        for _ in range(60):
            optimizer.zero_grad()
            loss = ((line(dosage) - forgetfulness) ** 2).mean()
            loss.backward()
            watched.record(loss)
            optimizer.step()
    paths[f"{name} {rate:g}"] = watched.trajectory()
frame = ((-1.3, 1.1), (-1.2, 2.4))
ground = steepest.plane(trial, at=exact.minimum, along=("m", "b"), reach=frame, points=61)
draw.contour(ground, paths, minimum=exact.minimum).figure

# %% [markdown]
# So here is a **fair race**: the same 16 starts for all, the same 300 gradients for all, and not one rate
# but 25, from 0.001 to 1. Counted are the rounds until a start is within 0.001 of the lowest cost *for
# good*; drawn is the eighth of the 16 to arrive. (All starts walk at once, as rows of one tensor. That is
# allowed because these six formulas move each number by itself.)

# %%
places = torch.rand(16, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(9)) * 4 - 2
race_rates = [10 ** (-3 + k / 8) for k in range(25)]
race = {}
for name, make in TORCH.items():
    race[name] = []
    for rate in race_rates:
        place = places.clone().requires_grad_()
        optimizer = make([place], rate)
        for_good = torch.zeros(16)
        for k in range(301):
            off = place.detach() - best
            place.grad = off @ hessian
            above = (off * place.grad).sum(dim=1) / 2
            for_good[~(above < 1e-3)] = k + 1
            optimizer.step()
        for_good[for_good > 300] = math.inf
        race[name].append(for_good.median().item())

# %%
figure = Figure(figsize=(8, 5), layout="constrained")
ax = figure.subplots()
looks = zip("osDv^P", ("#000000", "#0072B2", "#56B4E9", "#E69F00", "#009E73", "#D55E00"), strict=True)
for (name, counts), (mark, colour) in zip(race.items(), looks, strict=True):
    told = f"{name}, best {min(counts):.0f}"
    ax.loglog(race_rates, counts, marker=mark, markersize=5, color=colour, label=told)
ax.axvline(bend.learning_rate_limit, color="grey", linestyle=":", label="2 / sharpness")
ax.set(xlabel="learning rate", ylabel="rounds until within 0.001 for good")
ax.set(xlim=(8e-4, 1.2), ylim=(20, 400), xticks=(0.001, 0.01, 0.1, 1), yticks=(20, 50, 100, 200, 300))
ax.xaxis.set_major_formatter("{x:g}")
ax.yaxis.set_major_formatter("{x:g}")
ax.minorticks_off()
ax.legend()
figure

# %% [markdown]
# Look at the whole curves. Each has a range of good rates, and the ranges lie far apart: what is good for
# one is hopeless for another. That of plain descent is narrow, and ends at the cliff. AdaGrad wants rates
# near 1. At 0.001 nobody arrives. And the order of the best points is the order on *this* ground, with
# two parameters and no noise, and says nothing of your network. Race there: same starts, same gradients,
# all rates.
#
# ## Break it
#
# The longest valley of the course is made of nothing but units: the dosage in microlitres.

# %%
micro = Cost.least_squares(1000 * dosage, forgetfulness)
valley = steepest.curvature_at(micro, start)
micro_factor = 1 - valley.learning_rate_limit * valley.smallest  # just below the cliff
millions = math.log(0.5) / math.log(micro_factor) / 1e6
print(f"condition number {valley.condition_number:.2g}, limit {valley.learning_rate_limit:.2g}")
print(f"rounds to halve the flat part: {millions:.0f} million")

# %% [markdown]
# The condition number is 5.8e7. Just below the cliff nothing blows up, the code is right, the cost comes
# down from the wall, and the flat part needs 20 million rounds to halve. If a descent crawls, look at the
# columns of your table first.
#
# ## Build it
#
# Write the heavy ball. `slope(place)` gives the gradient there, and the velocity begins at 0.


# %% tags=["exercise"]
def heavy_ball(slope, place, rate, factor, epochs):
    """Roll for so many rounds and return the last place."""
    return place  # your work goes here


# %%
lessons.check("heavy ball", heavy_ball)

# %% [markdown]
# ## Check
#
# And now by whatever means you like. `gradient(m, b)` gives you both slopes, 40 times and no more. Come
# within 0.001 of the lowest cost. The dosages are those of the trial, the scores are hidden.


# %% tags=["exercise"]
def forty_gradients(gradient, m, b):
    """Come within 0.001 of the lowest cost, and return m and b."""
    slope_m, slope_b = gradient(m, b)
    return m - 0.01 * slope_m, b - 0.01 * slope_b  # your work goes here


# %%
lessons.check("forty gradients", forty_gradients)

# %% [markdown]
# Why was it 60.3 degrees? With pencil and paper, on a valley of your own: `lessons.task("angle by hand",
# seed=17)`.
#
# **What you have now.** Slow means a flat direction: round it off, put weight on the ball, or know the
# bend. So far every patient was asked in every round; lesson 10 asks only some.

# %% tags=["asserts"] jupyter={"source_hidden": true}
# The numbers of the text, each held against what this notebook has computed.
assert start == {"m": 0.9, "b": 0.1} and run.epochs == 1001
assert lessons.agree(every[0], [18.6158, 1.0402], digits=4)
assert lessons.agree(every[10][0], 0.00217, digits=2) and lessons.agree(every[10][1], 0.9266, digits=4)
assert lessons.agree(sum(every[0]) + lowest, 19.675475, digits=7)
assert lessons.agree([factors[0], factors[1]], [0.6358, 0.99423], digits=4)
assert lessons.agree([half_life, lean, bend.condition_number], [119.9, 60.3, 63.2], digits=3)
assert lessons.agree(best, [-0.469286, 1.76], digits=6)
assert lessons.agree(list(one_step.end.values()), [-1.0752687, 0.1175], digits=7)
assert lessons.agree(one_step.costs[-1].item(), lowest, digits=12)
bent = steepest.curvature_at(Cost.least_squares(centred, forgetfulness), start)
assert lessons.agree(bent.eigenvalues, [10.5, 2]) and lessons.agree(bent.condition_number, 5.25)
assert lessons.agree(steepest.curvature_at(round_bowl, start).eigenvalues, [2, 2])
assert [balls[f][0] for f in (0.0, 0.5, 0.8, 0.9, 0.95, 0.99)] == [601, 297, 108, 77, 144, 554]
assert balls[0.9][1] == 91 and tuned == (36, 36) and best_rate > bend.learning_rate_limit
assert lessons.agree([best_rate, best_factor], [0.08665, 0.6029], digits=4)
assert lessons.agree(hessian, [[35, 7], [7, 2]], digits=9) and lessons.agree(newton, best, digits=9)
assert max(gaps.values()) < 1e-10
assert lessons.agree(heights["Nesterov", 0.01], [0.651864, 0.0194662, 0.0194661], digits=4)
assert lessons.agree(heights["AdaGrad", 0.5], [1.07129, 0.0224903, 0.0194661], digits=4)
assert lessons.agree(heights["RMSProp", 0.01][:2], [5.92586, 1.03781], digits=5)
assert lessons.agree(heights["Adam", 0.1], [1.90965, 0.0242847, 0.0194661], digits=4)
assert lessons.agree(heights["Adam", 0.01], [15.69, 2.124, 0.021726], digits=3)
assert lessons.agree(heights["Adam", 0.001], [19.25, 15.75, 2.34371], digits=3)
assert lessons.agree([heights["momentum", 0.01][0]], costs_of(lambda p: SGD(p, lr=0.01, momentum=0.9), 10)[10:])
assert places.shape[0] == 16 and len(race_rates) == 25 and k == 300
assert lessons.agree([race_rates[0], race_rates[-1]], [0.001, 1]) and all(
    counts[0] == math.inf for counts in race.values()
)
arriving = {
    name: [rate for rate, count in zip(race_rates, race[name], strict=True) if count < math.inf] for name in race
}
assert max(arriving["plain"]) < bend.learning_rate_limit < min(arriving["AdaGrad"])
assert lessons.agree(valley.condition_number, 5.8e7, digits=1) and lessons.sheets.lesson_09.MOST == 40
assert lessons.agree(millions, 20, digits=1)
