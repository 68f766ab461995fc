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
# # 8 How big a step
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/)
#
# **Story.** The descent through the trial's data took a thousand rounds with the learning rate 0.01. The
# doctors are impatient: why not five times as much, or six? The gradient says which way is down. How
# *far* to go it does not say, and that is for you to choose. In lesson 5 a rate of 0.05 arrived, and
# 0.055 blew up. Somewhere between them is a cliff, and its place can be computed before the first step.
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
start = {"m": 0.9, "b": 0.1}
trial = Cost.from_function(lambda m, b: ((m * dosage + b - forgetfulness) ** 2).mean(), dtype=torch.float64)
exact = Cost.least_squares(dosage, forgetfulness)
lowest = exact.value(exact.minimum).item()

# %% [markdown]
# ## Predict
#
# Six rates. What does each do: `"glides in"` from one side, `"zigzags in"`, jumping over the valley's
# floor and back and still arriving, or `"diverges"`?

# %%
lessons.predict("rate 0.003", ...)

# %%
lessons.predict("rate 0.01", ...)

# %%
lessons.predict("rate 0.03", ...)

# %%
lessons.predict("rate 0.05", ...)

# %%
lessons.predict("rate 0.054", ...)

# %%
lessons.predict("rate 0.055", ...)

# %% [markdown]
# And a race. Which is the first to come within 0.001 of the lowest cost: `"0.02"`, `"0.03"`, `"0.05"`,
# `"0.053"` or `"0.054"`?

# %%
lessons.predict("fastest of five", ...)

# %% [markdown]
# ## Touch
#
# Pull the learning rate on the page to and fro, and look at the path in the valley. Where does it begin
# to jump from wall to wall? Where does it leave?

# %%
run = steepest.descend(trial, start, learning_rate=0.05, epochs=200)
steepest.show_report(run, cost=trial, inputs=dosage, targets=forgetfulness, **names)

# %% [markdown]
# ## Numbers
#
# Hold `b`, and cut the ground along `m`: a parabola. Its slope is 36.305 at the start. At `m + 1` it
# would be 35 more, wherever you stand: that is how much the ground **bends** along `m`. A step with the
# rate 1/35 would land exactly on the floor of this cut. Twice that lands on the other side, just as high
# as before. Anything more lands higher.
#
# The ground has other cuts, and one of them bends most. How much it bends there is the **sharpness**.

# %%
bend = steepest.curvature_at(trial, start)
steep = bend.directions[0]  # of m and b
if steep[0] < 0:
    steep = -steep
print(f"bent most along (m, b) = ({steep[0]:.4f}, {steep[1]:.4f}): sharpness {bend.sharpness:.6f}")
print(f"floor in one step: 1 / sharpness = {1 / bend.sharpness:.7f}")
print(f"the cliff:         2 / sharpness = {bend.learning_rate_limit:.7f}")

# %% [markdown]
# Along that direction each step multiplies what is left by one and the same number, `1 - rate *
# sharpness`. Below zero it lands on the other side; below -1 it lands farther out than it was. So rate
# times sharpness says it all: below 1 you glide, from 1 to 2 you zigzag, above 2 you diverge.

# %%
for rate in (0.003, 0.01, 0.03, 0.05, 0.054, 0.055):
    factor = 1 - rate * bend.sharpness
    strip = " ".join(f"{factor**k:+.3f}" for k in range(6))
    print(f"rate {rate:<6g} times {factor:+.4f} a step:  {strip}")

# %%
lessons.explain("rate 0.003")

# %%
lessons.explain("rate 0.01")

# %%
lessons.explain("rate 0.03")

# %%
lessons.explain("rate 0.05")

# %%
lessons.explain("rate 0.054")

# %%
lessons.explain("rate 0.055")

# %% [markdown]
# A zigzag is no divergence. With 0.05 the first step throws `m` from 0.9 over the floor to -0.91525,
# where the cost is 13.55, not much less than 19.68. It arrives all the same, and five times sooner than
# 0.01.
#
# How many rounds, then, until the cost is within 0.001 of the lowest? And within 0.000001?

# %%
first_step = run.steps[1]
print(f"0.05, after one step: m = {first_step.params['m'].item():.5f}, cost {first_step.cost:.2f}")


def rounds_needed(rate, *within):
    """Walk, and count the rounds until the cost is so near to the lowest."""
    counts = []
    for step in steepest.steps(trial, start, learning_rate=rate):
        while len(counts) < len(within) and step.cost - lowest < within[len(counts)]:
            counts.append(step.epoch)
        if len(counts) == len(within):
            return counts


best_in_the_long_run = 2 / (bend.smallest + bend.sharpness)
rates = (0.001, 0.003, 0.01, 0.02, 0.03, 0.05, 0.053, 0.054, best_in_the_long_run)
within = (1e-3, 1e-6)
table = {rate: rounds_needed(rate, *within) for rate in rates}
for rate, (near, nearer) in table.items():
    print(f"rate {rate:<9.6g} {near:6d} rounds to 0.001 {nearer:6d} to 0.000001")
lessons.explain("fastest of five")

# %% [markdown]
# Ten times the rate, a tenth of the rounds: 6024 with 0.001, 601 with 0.01. That goes well up to 0.053,
# with 112. Then it turns: 0.054 takes 148, and 0.0540541 takes 157. Near the cliff the steep direction
# hardly shrinks, and it is the one you wait for. (0.0540541 is 2 over the sum of the largest bend and the
# smallest. In the long run no other fixed rate shrinks both so well, and textbooks call it the best. From
# here to 0.001 it is not.)
#
# ## Break it
#
# Over the edge. What does the cost do with 0.055, with 0.06, with 0.1?

# %%
over_the_edge = {rate: [] for rate in (0.055, 0.06, 0.1)}
for rate, heights in over_the_edge.items():
    for step in steepest.steps(trial, start, learning_rate=rate):
        heights.append(step.cost)
        if step.epoch == 1000 or not step.cost < 1e300:
            break
    told = ", ".join(f"{heights[k]:.4g} at {k}" for k in (0, 1, 2, 10, 100, 1000) if k < len(heights))
    print(f"rate {rate:<6g} {told}")
slow = steepest.descend(trial, start, learning_rate=0.055, epochs=200)
draw.cost_curve(slow).figure

# %% [markdown]
# With 0.055 it goes up so slowly that you may not notice: 19.73, 19.80, and 20.45 after ten rounds; 35.9
# after a hundred, 13260 after a thousand. With 0.1 the hundredth cost is a number with 86 digits. A cost
# that stands still for long, or grows a little, is a reason to look at the limit.
#
# The limit belongs to the **cost**, and not to the optimizer. Change the cost, and the cliff is
# elsewhere. Add the squares up where you had their mean. Take half the mean. Or write the dosage in
# microlitres, a thousand times larger numbers for the same drug.

# %%
m_b = trial.params(start)
others = {
    "sum of squares": lambda m, b: ((m * dosage + b - forgetfulness) ** 2).sum(),
    "half the mean": lambda m, b: ((m * dosage + b - forgetfulness) ** 2).mean() / 2,
    "microlitres": lambda m, b: ((m * 1000 * dosage + b - forgetfulness) ** 2).mean(),
}
bends = {}
for name, other in others.items():
    bends[name] = steepest.curvature_at(Cost.from_function(other, dtype=torch.float64), m_b)
    print(f"{name:15} limit {bends[name].learning_rate_limit:.5g}")

# %% [markdown]
# 0.0068637 for the sum, so that 0.01 diverges. 0.1098 for half the mean. And 0.000000057 for the
# microlitres: that is the `nan` which every beginner meets who gives a network raw numbers. It is the
# units.
#
# ## Build it
#
# A network has no two-by-two table of bends that one could look at; the table would have a million rows.
# Yet one thing is to be had: the table times a vector, for the price of two gradients or so. That is
# enough. Multiply, and the part along the steepest direction grows most. Divide by the length, multiply
# again. Soon only that part is left, and the number by which it grows is the sharpness. It is called
# **power iteration**.
#
# Write it. `product(vector)` gives you the product, `vector` is where to begin. Return the limit.


# %% tags=["exercise"]
def limit(product, vector):
    """Return 2 / sharpness, from products of the Hessian with a vector alone."""
    return 0.0  # your work goes here


# %% [markdown]
# ## Check
#
# Four hidden bowls, with 2 to 8 parameters. More help: `lessons.hint("limit")`.

# %%
lessons.check("limit", limit)

# %% [markdown]
# Now data of your own. Put them in the place of the trial's; your function finds their limit, and
# `curvature_at` stands beside it.

# %%
own_x, own_y = dosage, forgetfulness  # yours go here, as torch.tensor([...], dtype=torch.float64)
own = Cost.from_function(lambda m, b: ((m * own_x + b - own_y) ** 2).mean(), dtype=torch.float64)


def product(vector):
    """The Hessian of your cost times a vector of m and b."""
    moved = own.product(own.zeros(), {"m": vector[0], "b": vector[1]})
    return torch.stack([moved["m"], moved["b"]])


found_by_you = float(limit(product, torch.tensor([1.0, 1.0], dtype=torch.float64)))
own_limit = steepest.curvature_at(own, own.zeros()).learning_rate_limit
print(f"yours {found_by_you:.7f}, curvature_at {own_limit:.7f}")

# %% [markdown]
# And which is the fastest rate of all, from the start of the trial to within 0.001? To 3 % of the rate.

# %% tags=["exercise"]
lessons.check("fastest rate", 0.01)  # your rate goes here

# %% [markdown]
# With pencil and paper: `lessons.task("limit by hand", seed=17)`. And `lessons.task("fastest rate",
# seed=17)` starts elsewhere.
#
# **What you have now.** There is a cliff at 2 / sharpness, and you can compute it before the first step.
# Lesson 9 asks why it is still so slow below.

# %% tags=["asserts"] jupyter={"source_hidden": true}
# The numbers of the text, each held against what this notebook has computed.
assert start == {"m": 0.9, "b": 0.1} and run.steps[0].learning_rate == 0.05
slope = trial.value_and_gradient(m_b)[1]["m"].item()
further = trial.value_and_gradient(trial.params({"m": 1.9, "b": 0.1}))[1]["m"].item()
assert lessons.agree([slope, further - slope], [36.305, 35], digits=9)
assert lessons.agree([bend.sharpness, bend.smallest], [36.423448, 0.576552], digits=6)
assert lessons.agree([bend.learning_rate_limit, 1 / bend.sharpness], [0.0549097, 0.0274548], digits=5)
assert lessons.agree([first_step.params["m"].item(), first_step.cost], [-0.91525, 13.55], digits=3)
assert lessons.agree(run.costs[0].item(), 19.68, digits=3)
assert lessons.agree(best_in_the_long_run, 0.0540541, digits=6)
assert table[0.001] == [6024, 12012] and table[0.003] == [2007, 4002] and table[0.01] == [601, 1199]
assert table[0.02] == [300, 598] and table[0.03] == [200, 398] and table[0.05] == [119, 237]
assert table[0.053] == [112, 224] and table[0.054] == [148, 251] and table[best_in_the_long_run] == [157, 266]
assert lessons.agree([over_the_edge[0.055][k] for k in (1, 2, 10, 100)], [19.73, 19.80, 20.45, 35.9], digits=3)
assert lessons.agree(over_the_edge[0.055][1000], 13260, digits=3)
assert lessons.agree([over_the_edge[0.06][100], over_the_edge[0.1][100] / 1e85], [1.1e16, 4.65], digits=1)
assert len(str(int(over_the_edge[0.1][100]))) == 86 and over_the_edge[0.06][100] > over_the_edge[0.055][100]
assert not over_the_edge[0.1][-1] < 1e300
limits = [bends[name].learning_rate_limit for name in others]
assert lessons.agree(limits[:2], [0.0068637, 0.1098], digits=3)
assert abs(limits[2] - 0.000000057) < 5e-10 and limits[0] < 0.01 and lessons.agree(limits[2] / 1e-8, 5.7, digits=2)
reference = lessons.sheets.lesson_08.limit(product, torch.ones(2, dtype=torch.float64))
assert lessons.agree(reference, own_limit, digits=9)
sheet = lessons.sheets.lesson_08
assert (sheet.WITHIN, sheet.SHARE) == (0.001, 0.03) and sheet.FATES == (0.003, 0.01, 0.03, 0.05, 0.054, 0.055)
assert min(sheet.fastest(m_b)[0]) < 0.053 < max(sheet.fastest(m_b)[0]) and sheet.fastest(m_b)[1] == 112
assert min(table[rate][1] for rate in rates) == 224 and within == (0.001, 0.000001)
