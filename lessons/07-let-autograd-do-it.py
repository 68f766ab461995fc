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
# # 7 Let autograd do it
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/)
#
# **Story.** In lesson 6 you derived two formulas, one for each parameter of the line. The doctors are not
# content with a line: they want a small network. It has seven parameters, the next one will have a
# million, and nobody derives a million formulas. Nobody has to. While the machine computes the cost it
# can write down what it does, step by step. Then it walks the same way home, and at each step it
# multiplies by one easy slope.
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
from steepest import Cost, draw, lessons

dosage = torch.arange(8.0, dtype=torch.float64)
forgetfulness = torch.tensor([1.86, 1.31, 0.62, 0.33, 0.09, -0.67, -1.23, -1.37], dtype=torch.float64)
names = {"x_name": "Drug dosage (mL)", "y_name": "Forgetfulness"}
start = {"m": 0.9, "b": 0.1}

# %% [markdown]
# ## Predict
#
# `backward()` puts 36.305 into `m.grad`. You call it again, for the same cost at the same place, and
# empty nothing in between. What does `m.grad` say now? Guess a number.

# %%
lessons.predict("twice backward", ...)

# %% [markdown]
# A whole descent in which nobody empties the gradients, a thousand rounds with the rate 0.01. Does it
# arrive: `"it arrives sooner"`, `"it arrives later"`, `"it swings without end"` or `"it diverges"`?

# %%
lessons.predict("the pendulum", ...)

# %% [markdown]
# ## Touch
#
# Two gears. Turn `x`, and it turns `u`; and `u` turns the cost. How much does the cost turn for a little
# more `x`? As much as the one slope, times the other. Change `x`, and see whether the last two numbers
# stay together.

# %%
x = 2.0  # change it


def inner(x):
    """The first gear: what u is."""
    return x**2 - 1


def outer(u):
    """The second gear: what the cost is."""
    return 3 * u**2


nudge = 1e-6
u = inner(x)
first = (inner(x + nudge) - inner(x - nudge)) / (2 * nudge)
second = (outer(u + nudge) - outer(u - nudge)) / (2 * nudge)
through = (outer(inner(x + nudge)) - outer(inner(x - nudge))) / (2 * nudge)
print(f"u turns {first:.4f} times as fast as x, the cost {second:.4f} times as fast as u")
print(f"product {first * second:.4f}; both gears at once {through:.4f}")

# %% [markdown]
# The slope through both gears is the **product of the two slopes**. That is the chain rule, and it is all
# the calculus of this lesson.
#
# On the page below, go down to *The computation graph*. The numbers that went out stand at the nodes.
# Press **Walk backward**, and watch the slopes come home, one multiplication an edge.

# %%
trial = Cost.from_function(lambda m, b: ((m * dosage + b - forgetfulness) ** 2).mean(), dtype=torch.float64)
run = steepest.descend(trial, start, learning_rate=0.01, epochs=30)
steepest.show_report(run, cost=trial, inputs=dosage, targets=forgetfulness, **names)

# %% [markdown]
# ## Numbers
#
# Now the network. Each patient's dosage goes into two **hidden units**. A unit is a line with a bend in
# it, `tanh`, and the estimate adds the two up: seven parameters in all. Out first, node by node.

# %%
w = torch.tensor([0.5, -0.3], dtype=torch.float64, requires_grad=True)
c = torch.tensor([-1.0, 0.5], dtype=torch.float64, requires_grad=True)
v = torch.tensor([0.8, -0.6], dtype=torch.float64, requires_grad=True)
d = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)

z = dosage.reshape(-1, 1) * w + c  # (8, 2): two lines
h = z.tanh()  # (8, 2): bent
estimate = h @ v + d  # (8,)
over = estimate - forgetfulness
network_cost = (over**2).mean()
for node in (z, h, estimate):
    node.retain_grad()  # torch forgets the slopes on the way, unless it is asked
print(f"cost {network_cost.item():.5f}")

# %% [markdown]
# And home. Each line takes the slope that came from behind, and multiplies it by the slope of one step.
# Where a parameter serves all eight patients, the eight shares add up.

# %%
with torch.no_grad():
    by_estimate = 2 * over / 8  # the mean of squares
    by_d = by_estimate.sum()
    by_v = h.T @ by_estimate
    by_h = by_estimate.reshape(-1, 1) * v  # on to both units
    by_z = by_h * (1 - h**2)  # the slope of tanh
    by_c = by_z.sum(dim=0)
    by_w = dosage @ by_z
by_hand = {"estimate": by_estimate, "d": by_d, "v": by_v, "h": by_h, "z": by_z, "c": by_c, "w": by_w}

network_cost.backward()
nodes = {"estimate": estimate, "d": d, "v": v, "h": h, "z": z, "c": c, "w": w}
gaps = {name: (by_hand[name] - node.grad).abs().max().item() for name, node in nodes.items()}
for name, slope in by_hand.items():
    told = ", ".join(f"{value:.5f}" for value in slope.reshape(-1)[:2].tolist())
    print(f"{name:9}{told:>20}   apart from autograd by {gaps[name]:.0e}")

# %% [markdown]
# The same, to the last digit or two. That is **backpropagation**: the chain rule, taken from the end. It
# needs one walk out and one walk home, however many parameters there are. The trilobite would need at
# least 8 looks at all the data: one where it stands, and one for each of the seven. Here are all three
# roads to the same slopes.

# %%
at = {"w": w.detach(), "c": c.detach(), "v": v.detach(), "d": d.detach()}
network = Cost.from_function(
    lambda w, c, v, d: (((dosage.reshape(-1, 1) * w + c).tanh() @ v + d - forgetfulness) ** 2).mean(), like=at
)
roads = steepest.check_gradient(network, at, by_hand={name: by_hand[name] for name in at})
print(roads)

# %% [markdown]
# Now for the bucket. `.grad` is not set by `backward()`; it is *filled*. Here is the line again.

# %%
m = torch.tensor(0.9, dtype=torch.float64, requires_grad=True)
b = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
bucket = []
for _ in range(3):
    ((m * dosage + b - forgetfulness) ** 2).mean().backward()
    bucket.append(m.grad.item())
    print(f"{m.grad.item():8.3f}  " + "#" * round(m.grad.item() / 3))
lessons.explain("twice backward")

# %% [markdown]
# 36.305, then 72.61, then 108.915: the bucket fills. There is a reason. A number that is used in two
# places gets a slope from each, and the two have to be **added**; you will see it in a moment in your own
# engine. The price is that someone has to pour the bucket out.
#
# ## Break it
#
# The museum has a loop in which nobody does.

# %%
swinging = lessons.museum.no_zero_grad()
seen = {epoch: swinging.run.steps[epoch].cost for epoch in (0, 5, 10, 50, 100, 1000)}
for epoch, height in seen.items():
    print(f"epoch {epoch:4d}   cost {height:.4f}")
draw.cost_curve(lessons.museum.no_zero_grad(100).run).figure

# %%
lessons.explain("the pendulum")

# %% [markdown]
# 19.68 at the start, 20.303 after 5 rounds, down to 2.517 after a hundred, and at 11.28 after a thousand.
# A ball that rolls in a bowl without any friction comes down fast, and runs up the other side. Each slope
# it ever felt still pushes.
#
# In torch that is called **momentum**. `SGD` with a momentum keeps a share of the old slopes, nine
# tenths, say. Which share does a bucket keep that is never poured out? Try a number; the two loops are
# compared.

# %% tags=["exercise"]
lessons.check("pendulum's factor", 0.5)  # your factor goes here

# %% [markdown]
# Then mend the loop. Where does the missing line belong? Several places will do; in one it does harm.


# %% tags=["exercise"]
def clean_rounds(m, b, x, y, epochs):
    """Make so many rounds and return the last m and b."""
    m = torch.tensor(m, dtype=x.dtype, requires_grad=True)
    b = torch.tensor(b, dtype=x.dtype, requires_grad=True)
    optimizer = torch.optim.SGD([m, b], lr=0.01)
    for _ in range(epochs):
        cost = ((m * x + b - y) ** 2).mean()
        cost.backward()
        optimizer.step()
    return m, b


# %%
lessons.check("clean rounds", clean_rounds)

# %% [markdown]
# ## Build it
#
# Now the engine itself; it takes about 40 lines. A `Value` is a number that remembers its **parents**:
# what it was made from, and its slope by each of them. `+` and `-` are done. Three gaps are yours: the
# two slopes of `*`, the slope of `tanh`, and what a parent receives on the way home.


# %% tags=["exercise"]
class Value:
    """A number that remembers what it was made from, and its slope by each of these."""

    def __init__(self, data, parents=()):
        self.data = data
        self.grad = 0.0
        self.parents = parents  # pairs of a Value and the slope by it

    def __add__(self, other):
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __sub__(self, other):
        return Value(self.data - other.data, ((self, 1.0), (other, -1.0)))

    def __mul__(self, other):
        return Value(self.data * other.data, ((self, 0.0), (other, 0.0)))  # gap 1

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 0.0),))  # gap 2: the slope of tanh is 1 - t**2

    def backward(self):
        order, seen = [], set()

        def visit(value):  # parents first, each of them once
            if value not in seen:
                seen.add(value)
                for parent, _ in value.parents:
                    visit(parent)
                order.append(value)

        visit(self)
        self.grad = 1.0  # the end, by itself
        for value in reversed(order):
            for parent, slope in value.parents:
                parent.grad = 0.0 * slope  # gap 3


# %% [markdown]
# ## Check
#
# Hidden expressions, from a single `+` to a small network, each held against torch. The reply says which
# kind is the first to go wrong. For help `lessons.hint("engine")`.

# %%
lessons.check("engine", Value)

# %% [markdown]
# When it is right, your engine knows the trial. Here it derives the cost of the line, all eight patients,
# by `m` and `b`. With the gaps open it says 0.


# %%
def line_slopes(engine):
    """The slopes of the trial's cost at m = 0.9, b = 0.1, by an engine of Values."""
    m, b, total = engine(0.9), engine(0.1), engine(0.0)
    for x, y in zip(dosage.tolist(), forgetfulness.tolist(), strict=True):
        miss = m * engine(x) + b - engine(y)
        total = total + miss * miss
    (total * engine(1 / 8)).backward()
    return m.grad, b.grad


print("yours:", line_slopes(Value), "and torch's:", (bucket[0], b.grad.item() / 3))

# %% [markdown]
# With pencil and paper: `lessons.task("walk home by hand", seed=17)`.
#
# **What you have now.** Backward is the walk home through the graph: at each step one multiplication, and
# where ways meet, a sum. Lesson 8 asks how far to go along the slope that it brings.

# %% tags=["asserts"] jupyter={"source_hidden": true}
# The numbers of the text, each held against what this notebook has computed.
assert lessons.agree(bucket, [36.305, 72.61, 108.915], digits=9)
assert b.grad.item() and lessons.agree(b.grad.item() / 3, 6.265, digits=9)
assert run.steps[0].learning_rate == 0.01 and start == {"m": 0.9, "b": 0.1}
assert max(gaps.values()) < 1e-12 and roads.agrees
assert sum(part.numel() for part in (w, c, v, d)) == 7
assert lessons.agree(list(seen.values()), [19.675475, 20.303, 20.526, 17.15, 2.517, 11.28], digits=3)
heavy = lessons.sheets.lesson_07.heavy(1.0, 1000)
assert lessons.agree([heavy[epoch] for epoch in seen], list(seen.values()), digits=9)
assert swinging.findings[0].rule == "uncleared"
assert lessons.agree(first * second, through, digits=5)
reference = lessons.sheets.lesson_07.Value
assert lessons.agree(line_slopes(reference), [36.305, 6.265], digits=9)
solution = str(lessons.solution("engine"))
assert 30 < len(solution.splitlines()) <= 40 and lessons.check("engine", reference).passed
