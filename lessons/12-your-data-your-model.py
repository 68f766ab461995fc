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
# # 12 Your data, your model
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/)
#
# **Story.** Eight patients and a straight line: that was the trial. From here on it is your own
# table and your own network. Nothing new is coming. Forward pass, cost, gradient, adjust: the same
# four steps with two parameters, with ten, and with 100480.
#
# One thing does change. A hundred thousand parameters make no landscape that you could look at. So
# this lesson is about what to look at instead, and ends with an examination: eight training loops,
# each with a bug.

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
import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from steepest import Cost, directions, draw, lessons

sheet = lessons.sheets.lesson_12
torch.set_num_threads(1)  # for small work; two threads would mostly wait for each other

# %% [markdown]
# ## Predict
#
# A layer has 784 inputs, the pixels of a small picture, and 128 outputs. How many forward passes
# does its gradient take if the trilobite taps, to one side? Guess a number.

# %%
lessons.predict("passes by taps", ...)

# %% [markdown]
# You will watch a training loop while it runs. Are its parameters afterwards `"the same bits"` as
# without the watching, or has it `"other last digits"`?

# %%
lessons.predict("watched or not", ...)

# %% [markdown]
# And Adam, the optimizer that everybody takes, on the trial's line for 1000 epochs. Which rate ends
# lowest: `"0.001"`, which torch takes if you say nothing, `"0.01"` or `"0.1"`?

# %%
lessons.predict("a rate for Adam", ...)

# %% [markdown]
# ## Touch
#
# **Your data.** Put the path of a CSV of your own here, and the name of the column that is to be
# explained. As long as you have none, here is one: forty patients with dosage and age.

# %%
folder = tempfile.TemporaryDirectory()
example = sheet.example(Path(folder.name))
table = steepest.read(example, target="score")  # your file goes here, and the name of its column
table

# %% [markdown]
# Before you train anything, ask how the ground bends. And ask again with every column standardised:
# its mean taken off, divided by its spread.

# %%
needs = {}
for name, cost in {"as it is": table.cost(), "standardised": table.cost(standardise=True)}.items():
    start = cost.zeros()
    bend = steepest.curvature_at(cost, start)
    slopes = cost.value_and_gradient(start)[1]
    rate = bend.best_learning_rate
    epochs = steepest.epochs_until(bend, slopes, learning_rate=rate, above_minimum=1e-3)
    needs[name] = (bend.condition_number, epochs)
    print(f"{name:12} condition number {needs[name][0]:9.2f}, at the best rate {epochs} epochs")

# %% [markdown]
# The same table, the same answer: 122252 epochs or 2. All ages lie between 40 and 79, far from 0.
# So a nudge of their parameter moves every estimate, and by much: in one direction the ground bends
# 114651 times as much as in another. In the page you can switch standardising on and off, and take
# away what you did as a PyTorch script that gives the same numbers.

# %%
inputs, targets = table.tensors()
plain = table.cost()
run = steepest.descend(plain, plain.zeros(), learning_rate=0.0001, epochs=1000)
names = {"x_name": table.features, "y_name": table.target}
steepest.show_report(run, cost=plain, inputs=inputs, targets=targets, **names)

# %% [markdown]
# Why is it so slow? Ask it. Each finding has its numbers, and what to try.

# %%
verdict = steepest.diagnose(run, curvature=steepest.curvature_at(plain, run.end))
for finding in verdict:
    print(finding)

# %% [markdown]
# ## Numbers
#
# **Your model.** Here is the round, written once, for any model there is:


# %%
def one_round(model, optimizer, x, y):
    """Make one round of the four steps; return the cost before it."""
    estimate = model(x)  # 1 forward pass
    cost = ((estimate - y) ** 2).mean()  # 2 cost
    optimizer.zero_grad()
    cost.backward()  # 3 gradient
    optimizer.step()  # 4 adjust
    return cost.item()


def neurons(seed):
    """A layer of 128 neurons that look at 784 pixels each."""
    chance = torch.Generator().manual_seed(seed)
    layer = torch.nn.Linear(784, 128)
    torch.nn.init.xavier_uniform_(layer.weight, generator=chance)
    torch.nn.init.zeros_(layer.bias)
    return torch.nn.Sequential(layer, torch.nn.Sigmoid())


chance = torch.Generator().manual_seed(1)
few, many, pixels = (torch.rand(64, inputs, generator=chance) for inputs in (1, 9, 784))
with torch.no_grad():
    wanted = neurons(seed=1)(pixels)  # what another such layer says: it can be learnt
worlds = {
    "a line": (sheet.line(1), few, 2 - few),
    "nine inputs": (sheet.line(9), many, many.sum(1, keepdim=True)),
    "128 neurons": (neurons(seed=2), pixels, wanted),
}

sizes, fell = {}, {}
for name, (model, x, y) in worlds.items():
    sizes[name] = sum(value.numel() for value in model.parameters())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    costs = [one_round(model, optimizer, x, y) for _ in range(50)]
    fell[name] = (costs[0], costs[-1])
    print(f"{name:12} {sizes[name]:7,} parameters: cost {costs[0]:.4f}, after 50 rounds {costs[-1]:.4f}")

# %% [markdown]
# Two parameters, ten, 100480, and not a letter of the code is different. But what does step 3 cost?
# Count the forward passes that tapping takes, and compare with autograd:


# %%
passes, apart = {}, {}
for name in ("a line", "nine inputs"):
    model, x, y = worlds[name]
    by_taps, passes[name] = sheet.tapped(model.double(), x.double(), y.double())
    model.zero_grad()
    ((model(x.double()) - y.double()) ** 2).mean().backward()
    by_autograd = torch.cat([value.grad.reshape(-1) for value in model.parameters()])
    apart[name] = (by_taps - by_autograd).abs().max().item()
    print(f"{name}: {passes[name]} forward passes, or one walk back; {apart[name]:.4f} apart at most")

model, x, y = worlds["128 neurons"]
began = time.perf_counter()
with torch.no_grad():
    for _ in range(20):
        model(x)
seconds = (time.perf_counter() - began) / 20
passes["128 neurons"] = sizes["128 neurons"] + 1
needed = seconds * passes["128 neurons"]
print(f"128 neurons: {passes['128 neurons']:,} passes, about {needed:.0f} seconds for one gradient")
lessons.explain("passes by taps")

# %% [markdown]
# 3 against 1, 11 against 1, 100481 against 1. That is why nobody taps. (The walk back costs about
# as much as a few forward passes, whatever the number of parameters.)
#
# **What you can no longer draw.** A line is two numbers: a landscape. Here the ground has 100480
# directions, its Hessian would have more than ten thousand million entries, and even how 128
# outputs hang on 784 inputs is a table of its own:

# %%
jacobian = torch.func.jacrev(model)(x[0])
print("the Jacobian:", tuple(jacobian.shape))
print(f"the Hessian would be {sizes['128 neurons'] ** 2:,} numbers")

# %% [markdown]
# So look at other things. **Watch** the loop: three more lines around it, and nothing in it
# changes.

# %%
model = neurons(seed=2)
optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
with steepest.watch(model, optimizer) as watched:
    for _ in range(100):
        cost = ((model(pixels) - wanted) ** 2).mean()
        optimizer.zero_grad()
        cost.backward()
        watched.record(cost)
        optimizer.step()
print("found:", watched.findings() or "nothing wrong")

again = neurons(seed=2)
unwatched = torch.optim.SGD(again.parameters(), lr=1.0)
for _ in range(100):
    one_round(again, unwatched, pixels, wanted)
pairs = list(zip(model.parameters(), again.parameters(), strict=True))
print("the same bits:", all(torch.equal(one, other) for one, other in pairs))
lessons.explain("watched or not")

# %% [markdown]
# First look: how large is each parameter's gradient, step by step? A layer whose line vanishes
# learns nothing; one that shoots up breaks first.

# %%
draw.norms(watched.measurements).figure

# %% [markdown]
# Second: how far does each step move a parameter, compared with its size?

# %%
draw.updates(watched.measurements).figure

# %% [markdown]
# Third: how does the ground bend here? No Hessian is stored for that, only its product with a few
# dozen vectors. What comes out is the limit of lesson 8.

# %%
cost_of = Cost.from_module(model, torch.nn.functional.mse_loss, [(pixels, wanted)])
here = {name: value.detach() for name, value in model.named_parameters()}
bend = steepest.curvature_at(cost_of, here, ends="largest")
limit = bend.learning_rate_limit
print(f"sharpness {bend.sharpness:.4f} (residual {bend.residual:.0e}), so the limit is {limit:.1f}")

# %% [markdown]
# Fourth, a plane after all: not along two parameters of 100480, but along the two directions in
# which the cost bends most. Everything else is held. It reaches 0.1 to each side only: a move of 1
# would push a neuron to where its sigmoid is flat. And it is one cut of many, the steepest one.

# %%
ways = directions.sharpest(cost_of, at=here)
cut = steepest.plane(cost_of, at=here, along=ways, reach=((-0.1, 0.1), (-0.1, 0.1)), points=41)
draw.contour(cut).figure

# %% [markdown]
# **A fair race.** Which optimizer is best? Ask at *every* rate, with the same start and the same
# number of gradients, here 200 on the trial's line. One tuned point would prove nothing.

# %%
lowest, budget = 0.0194660714, 200
race = {}
for name, make in {"SGD": torch.optim.SGD, "Adam": torch.optim.Adam}.items():
    for rate in (0.001, 0.003, 0.01, 0.03, 0.05, 0.1, 0.3, 1.0):
        if name == "Adam" or rate <= 0.05:  # beyond 0.0549 plain descent diverges
            costs, _ = sheet.run(lambda values, make=make, rate=rate: make(values, lr=rate), epochs=budget)
            race[name, rate] = costs[-1] - lowest

figure, ax = plt.subplots(figsize=(6, 3.5))
for name, dash in {"SGD": "o-", "Adam": "s--"}.items():
    rates = [rate for who, rate in race if who == name]
    ax.loglog(rates, [race[name, rate] for rate in rates], dash, label=name)
ax.set(xlabel="learning rate", ylabel="cost above the minimum after 200")
legend = ax.legend()

# %%
adam = {rate: sheet.adam(rate) for rate in (0.001, 0.01, 0.1)}
for rate, costs in adam.items():
    seen = ", ".join(f"{costs[epoch]:.4g} after {epoch}" for epoch in (10, 100, 1000))
    print(f"Adam at {rate}: cost {seen} epochs")
lessons.explain("a rate for Adam")

# %% [markdown]
# At its default rate, Adam is at 2.34 after 1000 epochs, where plain descent with 0.01 has long
# arrived; at 0.1 it is at 0.0195. "Adam is slow" and "Adam is fast" are both true, a hundredfold of
# the rate apart. And up to 0.05 plain descent is ahead at every single rate, while Adam goes on
# where plain descent has fallen off its cliff. So whoever shows you a race should show you the
# whole curve.
#
# ## Break it
#
# The watcher finds some bugs by itself. Here somebody forgot `zero_grad()`:

# %%
model = neurons(seed=2)
optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
with steepest.watch(model, optimizer) as broken:
    for _ in range(20):
        cost = ((model(pixels) - wanted) ** 2).mean()
        cost.backward()
        broken.record(cost)
        optimizer.step()
for finding in broken.findings():
    print(finding)

# %% [markdown]
# Others no watcher can prove, and you have to know them by their numbers. That is the **examination
# of the bug museum**: eight loops, one bug in each. None of them gave an error, and most of them
# look like training. Look at the first round, at which parameter moves, and at the end.

# %%
lessons.exam()

# %% [markdown]
# Name them. For what you do not know, the reply has a hint. `lessons.museum.source("uphill")` shows
# a loop with its bug, and `lessons.exam(seed=17)` has other numbers.

# %% tags=["exercise"]
lessons.exam({"A": "uphill"})  # your answers go here, from A to H

# %% [markdown]
# ## Build it
#
# Last, write the loop yourself, once and for all: plain gradient descent for any torch model.
# Return the list of its costs, one for each epoch, measured before the adjustment. Mind the shapes:
# the model gives a column, `(examples, 1)`, and `y` is `(examples,)`.


# %% tags=["exercise"]
def train(model, x, y, epochs, learning_rate):
    """Train the model and return the costs, one an epoch."""
    return [0.0] * epochs  # your work goes here


# %% [markdown]
# ## Check
#
# Three hidden models, the last one with a hidden layer. More help: `lessons.hint("train")`, and
# when you want to see it, `lessons.solution("train")`.

# %%
lessons.check("train", train)

# %% [markdown]
# With pencil and paper: `lessons.task("price of taps", seed=17)`.
#
# **What you have now.** The same four steps at any size, and numbers to look at where no picture
# reaches. Take them to your own work; the trilobite stays blind, and gets down all the same.

# %% tags=["asserts"] jupyter={"source_hidden": true}
# The numbers of the text, each held against what this notebook has computed.
assert table.target == "score" and len(targets) == 40
assert (needs["as it is"][1], needs["standardised"][1]) == (122252, 2)
assert lessons.agree(needs["as it is"][0], 114651, digits=5)
assert list(sizes.values()) == [2, 10, 784 * 128 + 128] == [2, 10, 100480]
assert list(passes.values()) == [3, 11, 100481] and max(apart.values()) < 2e-3
assert all(last < first for first, last in fell.values())
assert jacobian.shape == (128, 784) and lessons.agree(sizes["128 neurons"] ** 2 / 1e10, 1, digits=1)
assert not watched.findings() and all(torch.equal(one, other) for one, other in pairs)
assert bend.residual < 1e-2 and cut.costs.min() >= 0 and len(cut.directions) == 2
middle = cut.costs[20, 20].item()
rise = cut.costs[24, 20].item() + cut.costs[16, 20].item() - 2 * middle
assert lessons.agree(rise / 0.02**2, bend.sharpness, digits=1)
assert lessons.agree(cut.coordinates[0][-1].item(), 0.1)
ends = [adam[0.001][1000], adam[0.01][1000], adam[0.1][1000]]
assert lessons.agree(ends, [2.34371, 0.021726, 0.0194661], digits=4)
assert lessons.agree([adam[0.001][10], adam[0.01][100], adam[0.1][10]], [19.2525, 2.12416, 1.90965], digits=4)
plain_end = sheet.run(lambda values: torch.optim.SGD(values, lr=0.01))[0][1000]
assert plain_end - lowest < 1e-5 and race["Adam", 0.1] < race["Adam", 0.001] / 100
trial, _, _ = lessons.sheets.numbers.trial()
assert lessons.agree(trial.value(trial.minimum).item(), lowest, digits=6) and sheet.EPOCHS == 1000
assert [finding.rule for finding in verdict] == ["crawling"]
assert budget == 200 and inputs[:, 1].min() == 40 and inputs[:, 1].max() == 79
both = [rate for name, rate in race if name == "SGD"]
assert all(race["SGD", rate] < race["Adam", rate] for rate in both) and 0.05 in both
assert min(value for (name, _), value in race.items() if name == "Adam") < race["SGD", 0.05]
assert lessons.agree(steepest.curvature_at(trial, trial.minimum).learning_rate_limit, 0.0549097)
assert [finding.rule for finding in broken.findings()] == ["uncleared"]
assert len(lessons.examination.papers(0)) == 8
folder.cleanup()
