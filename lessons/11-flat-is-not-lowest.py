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
# # 11 Flat is not lowest
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/)
#
# **Story.** The trilobite taps all around and feels no slope. The gradient is zero. Is it at the
# bottom? It cannot know. The ground is flat under its cane at the bottom of a valley, and on top of
# a hill; on a pass, where two valleys meet between two hills; and on a plain.
#
# Three things are often said about this. *Zero gradient means minimum. Random starts keep you out
# of bad valleys. And in many dimensions there are more and more of these.* In this lesson you put
# all three to the test.

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

sheet = lessons.sheets.lesson_11
dosage = torch.arange(8.0, dtype=torch.float64)
forgetfulness = torch.tensor([1.86, 1.31, 0.62, 0.33, 0.09, -0.67, -1.23, -1.37], dtype=torch.float64)

# %% [markdown]
# ## Predict
#
# The ground is `u**2 - v**2`: along `u` a valley, along `v` a hill. That is a **saddle**. The
# trilobite starts at `u = 1` and `v = 0` exactly, and walks down. Where does it end:
# `"at the saddle"`, or `"far below it"`?

# %%
lessons.predict("on the saddle", ...)

# %% [markdown]
# Now it starts a hair's breadth beside, at `v = 0.000001`. After how many steps has `v` grown to 1,
# with the learning rate 0.1? Guess a number.

# %%
lessons.predict("beside the saddle", ...)

# %% [markdown]
# ## Touch
#
# Four grounds, all flat at the middle. Which is which, without the titles?

# %%
grounds = {
    "minimum": lambda u, v: u**2 + v**2 / 2,
    "maximum": lambda u, v: -(u**2) - v**2 / 2,
    "saddle": lambda u, v: u**2 - v**2,
    "plateau": lambda u, v: u**4 + v**4,
}
costs = {name: Cost.from_function(ground, dtype=torch.float64) for name, ground in grounds.items()}
middle = {"u": 0.0, "v": 0.0}
cuts = {
    name: steepest.plane(cost, at=middle, along=("u", "v"), reach=((-1, 1), (-1, 1)), points=41)
    for name, cost in costs.items()
}
draw.planes(cuts)[0].figure

# %% [markdown]
# The same as landscapes, turned to where you like. Change `name`.

# %%
name = "saddle"  # change it
draw.surface(cuts[name]).figure

# %% [markdown]
# And a walk down the saddle, to be played step by step: it begins at `u = 1` and `v = 0.000001`,
# comes down towards the middle, and stays there for a long time.

# %%
beside = steepest.descend(costs["saddle"], {"u": 1.0, "v": 1e-6}, learning_rate=0.1, epochs=76)
steepest.show_report(beside, cost=costs["saddle"])

# %% [markdown]
# ## Numbers
#
# The gradient is zero in the middle of all four. What tells them apart is how they **bend**: the
# eigenvalues of the Hessian, one for each direction.

# %%
slopes, bends = {}, {}
for name, cost in costs.items():
    at = cost.params(middle)
    slopes[name] = [slope.item() for slope in cost.value_and_gradient(at)[1].values()]
    bends[name] = steepest.curvature_at(cost, at).eigenvalues
    signs = ", ".join(f"{value:+.0f}" if value else "0" for value in bends[name].tolist())
    steep = max(abs(slope) for slope in slopes[name])
    print(f"{name:8} steepest slope {steep:.0f}, eigenvalues {signs}: {sheet.kind(bends[name])}")

# %% [markdown]
# Upwards in every direction: a minimum. Downwards in every direction: a maximum. Some up, some
# down: a saddle. And a zero means that the Hessian cannot tell: `u**4 + v**4` has a minimum there,
# and `u**4 - v**4` would bend just as little, namely not at all, and has none.
#
# You know such places from calculus. `x**2 + 3*x + 4` is flat at -1.5 and bends up;
# `-x**2 + 3*x + 4` is flat at 1.5 and bends down; `x**3 + 6` is flat at 0, does not bend, and is
# neither.

# %%
curves = {
    "x**2 + 3*x + 4": (lambda x: x**2 + 3 * x + 4, -1.5),
    "-x**2 + 3*x + 4": (lambda x: -(x**2) + 3 * x + 4, 1.5),
    "x**3 + 6": (lambda x: x**3 + 6, 0.0),
}
calculus = {}
for told, (curve, at) in curves.items():
    here = Cost.from_function(curve, dtype=torch.float64)
    height, slope = here.value_and_gradient(here.params({"x": at}))
    bend = steepest.curvature_at(here, {"x": at}).eigenvalues
    calculus[told] = (height.item(), slope["x"].item(), bend.item())
    print(f"{told:16} at {at:4}: height {height:.2f}, slope {slope['x']:.0f}, bends {bend.item():+.0f}")

# %% [markdown]
# A hilltop can be found as well: go **up** the slope, which is called gradient ascent. From 0, with the
# rate 0.1, 50 steps come to 1.49998.

# %%
hill, top = curves["-x**2 + 3*x + 4"]
climber = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
for _ in range(50):
    slope = torch.autograd.grad(hill(climber), climber)[0]
    climber.data += 0.1 * slope  # plus, and not minus
print(f"{climber.item():.5f}")

# %% [markdown]
# ## Break it
#
# **First claim: zero gradient means minimum.** Walk down the saddle from exactly `v = 0`.

# %%
exact = steepest.descend(costs["saddle"], {"u": 1.0, "v": 0.0}, learning_rate=0.1, epochs=200)
print(f"ends at u = {exact.end['u'].item():.1e}, v = {exact.end['v'].item():g}: {exact.outcome.value}")
lessons.explain("on the saddle")

# %%
lessons.explain("beside the saddle")

# %%
draw.cost_curve(beside).figure

# %% [markdown]
# 76 steps, and for most of them the cost curve looks finished. That is how a saddle shows in
# practice: not as an end, but as a long halt. A walk that stops because the gradient is small may
# be at a minimum, or it may have stopped too early. `curvature_at` tells: does any direction bend
# downwards?
#
# **Second claim: random starts keep you out of bad valleys.** Start a thousand times on the trial's
# ground, anywhere from -10 to 10. In how many different places do the walks end?

# %%
lessons.predict("ends of a thousand starts", ...)

# %%
found = sheet.thousand()
spread = (found.max(0).values - found.min(0).values).max().item()
print(f"m = {found[0, 0]:.6f}, b = {found[0, 1]:.6f}; all {len(found)} within {spread:.0e}")
lessons.explain("ends of a thousand starts")

# %% [markdown]
# In one. There was nothing to keep out of: this ground has a single valley. And where there are
# two, as in lesson 1, a random start throws dice: 52.5 in a hundred end in the better one.
#
# What are random starts good for, then? Here is a network with two hidden units. Once both begin
# with the same weights, once with different ones.

# %%
x = torch.linspace(-2, 2, 41, dtype=torch.float64)[:, None]
y = x[:, 0] ** 2  # one unit alone cannot bend like that
steps = 3000


def trained(start):
    """Train a network; start has a row for each unit, its weight and its bias. Return them and the cost."""
    inner = torch.tensor(start, dtype=torch.float64).requires_grad_()
    outer = torch.ones(len(start), dtype=torch.float64).requires_grad_()
    shift = torch.zeros(1, dtype=torch.float64).requires_grad_()
    optimizer = torch.optim.SGD([inner, outer, shift], lr=0.05)
    for _ in range(steps):
        cost = ((torch.tanh(x * inner[:, 0] + inner[:, 1]) @ outer + shift - y) ** 2).mean()
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
    return inner.detach(), cost.item()


alike, cost_alike = trained([[0.6, -0.4], [0.6, -0.4]])
other, cost_other = trained([[0.6, -0.4], [-0.9, -0.2]])
print(f"began alike: {alike.tolist()}, cost {cost_alike:.4f}")
print(f"began apart: {other.tolist()}, cost {cost_other:.4f}")

# %% [markdown]
# Two units that begin alike get the same gradient, make the same step, and after 3000 steps they
# are alike to the last bit: one unit, paid for twice. **That** is what random starts buy: they
# break the symmetry.
#
# **Third claim: more dimensions, more local minima.** Of all the flat places of a ground, what
# share are minima, when there are more and more parameters? Say `"it grows"`, `"it stays"` or
# `"it shrinks"`.

# %%
lessons.predict("more parameters", ...)

# %%
shares = {size: sheet.share_of_minima(size) for size in range(1, 7)}
for size, share in shares.items():
    print(f"{size} parameters: {share:8.3%} of 20,000 random flat places are minima")
lessons.explain("more parameters")

# %% [markdown]
# With one parameter it is half of them, with two 15.0 in a hundred, with four 0.2, and with six not
# one of the 20000. To be a minimum, **every** direction has to bend upwards. Nearly all the others
# are saddles, and out of a saddle there is a way down. (These bends were drawn blindly, and those
# of a real cost are not. Minima may also grow in number while their share falls; and low down there
# are more of them among the flat places than high up: Bray and Dean (2007), Dauphin and others
# (2014).)
#
# So look at a real one. A small network has to learn "either, but not both", from 100 random
# starts. With more hidden units there are more parameters. How many of the walks get stuck?

# %%
left = {units: sheet.stuck(units) for units in (2, 3, 4, 8)}
for units, count in left.items():
    print(f"{units} units, {4 * units + 1:2} parameters: {count:2} of 100 walks are stuck")

# %% [markdown]
# More parameters, fewer traps. Here, at least; and you have a way of finding out for yours.
#
# ## Build it
#
# Write the classifier. You get the Hessian at a flat place, a symmetric tensor of any size, and
# return `"minimum"`, `"maximum"`, `"saddle"` or `"cannot tell"`. Take eigenvalues of less than 1e-9
# in size for zero. `torch.linalg.eigvalsh(hessian)` finds them.


# %% tags=["exercise"]
def kind(hessian):
    """Name the kind of a flat place from its Hessian."""
    return "minimum"  # your work goes here


# %% [markdown]
# ## Check
#
# Twelve hidden flat places, with up to six parameters, turned so that the axes tell little. More
# help: `lessons.hint("kind of flat place")`.

# %%
lessons.check("kind of flat place", kind)

# %% [markdown]
# And break a symmetry: give the first weights of a layer, a tensor of shape `(units, inputs)`.


# %% tags=["exercise"]
def start(units, inputs):
    """Return first weights from which the units can become different ones."""
    return torch.ones(units, inputs)  # your work goes here


# %%
lessons.check("break the symmetry", start)

# %% [markdown]
# With pencil and paper: `lessons.task("kind by hand", seed=17)`.
#
# **What you have now.** Minimum, maximum, saddle and plateau are all flat, and only the bends tell
# them apart. Lesson 12 takes everything you have to your own data.

# %% tags=["asserts"] jupyter={"source_hidden": true}
# The numbers of the text, each held against what this notebook has computed.
assert all(slope == 0 for both in slopes.values() for slope in both)
kinds = {name: sheet.kind(values) for name, values in bends.items()}
assert list(kinds.values()) == ["minimum", "maximum", "saddle", "cannot tell"]
assert lessons.agree(bends["saddle"], [2, -2]) and lessons.agree(bends["plateau"], [0, 0])
assert lessons.agree(torch.tensor(list(calculus.values())), [[1.75, 0, 2], [6.25, 0, -2], [6, 0, 0]])
assert [at for _, at in curves.values()] == [-1.5, 1.5, 0]
assert lessons.agree(climber.item(), 1.49998, digits=6) and top == 1.5
assert lessons.agree(climber.item(), top * (1 - (1 - 0.1 * 2) ** 50), digits=9)
assert lessons.agree([beside.start["u"].item(), beside.start["v"].item() * 1e6], [1, 0.000001 * 1e6])
path = beside.path("v")
assert beside.epochs == 76 and abs(path[75]) <= 1 < abs(path[76]) and beside.steps[0].learning_rate == 0.1
assert exact.end["v"].item() == 0 and abs(exact.end["u"].item()) < 1e-15
assert len(found) == 1000 == sheet.STARTS and spread < 1e-8
assert lessons.agree(found[0], [-0.469286, 1.76])
share = lessons.sheets.lesson_01.well_share(10_000)
assert lessons.agree(100 * share, 52.5, digits=3)
assert steps == 3000 and torch.equal(alike[0], alike[1]) and cost_other < cost_alike / 10
assert lessons.agree(100 * shares[2], 15.04, digits=3) and abs(shares[2] - (2 - 2**0.5) / 4) < 0.01
assert abs(shares[1] - 0.5) < 0.01 and abs(100 * shares[4] - 0.2) < 0.05 and shares[6] == 0
assert sheet.PLACES == 20_000
assert left[2] > left[3] >= left[4] >= left[8] == 0
assert sheet.ZERO == 1e-9 and len(sheet.HIDDEN) == 12
