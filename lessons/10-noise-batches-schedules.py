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
# # 10 Noise: batches and schedules
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/)
#
# **Story.** The trial was a success, and now there are many patients: 8000 of them. Every step so
# far looked at everybody before it moved. With eight patients that was nothing; with thousands, or
# millions, you would wait long for each step. So ask a few of them, step, and ask a few others.
# Such a handful is a **batch**, and learning so is called *stochastic gradient descent*.
#
# A batch does not know what the others would have said. Its gradient is one of a cloud around the
# true one. How wide is that cloud, and what does it do to the walk?

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
from itertools import combinations

import matplotlib.pyplot as plt
import torch
from steepest import Cost, lessons

dosage = torch.arange(8.0, dtype=torch.float64)
forgetfulness = torch.tensor([1.86, 1.31, 0.62, 0.33, 0.09, -0.67, -1.23, -1.37], dtype=torch.float64)
names = {"x_name": "Drug dosage (mL)", "y_name": "Forgetfulness"}
m, b = 0.9, 0.1

# %% [markdown]
# ## Predict
#
# Take four times as many patients into a batch. How far from the true gradient is the batch's
# gradient then, typically: `"as far"`, `"half as far"` or `"a quarter as far"`?

# %%
lessons.predict("four times the batch", ...)

# %% [markdown]
# And if you ask the eight old patients one by one, each once: does it matter whether you begin with
# 0 mL or with 7 mL? Do both orders end at `"the same cost"`, or at `"another cost"`?

# %%
lessons.predict("order of the patients", ...)

# %% [markdown]
# ## Touch
#
# Begin with the eight, because of eight you can see **every** batch there is. Each dot is the
# gradient of one batch, the cross is the gradient of all. Change `size`, from 1 to 8.

# %%
size = 2  # change it

misses = m * dosage + b - forgetfulness
singles = torch.stack([2 * misses * dosage, 2 * misses], dim=1)  # one row for each patient: by m, by b
true = singles.mean(0)


def cloud(size):
    """The gradients of all batches of this size."""
    return torch.stack([singles[list(batch)].mean(0) for batch in combinations(range(8), size)])


figure, ax = plt.subplots(figsize=(6, 4))
ax.plot(*cloud(size).T, "o", color="#0072B2", alpha=0.6, label=f"{len(cloud(size))} batches of {size}")
ax.plot(*true, "X", color="black", markersize=11, label="all eight")
ax.set(xlabel="slope by m", ylabel="slope by b", xlim=(-12, 120), ylim=(-8, 20))
legend = ax.legend(loc="lower right")

# %% [markdown]
# A batch also has a ground of its own. The page below knows three patients only, those with 1, 3
# and 5 mL. Walk down, and see on which line it comes to rest. Then think of the other five.

# %%
three = dosage[[1, 3, 5]], forgetfulness[[1, 3, 5]]
of_three = Cost.least_squares(*three)
run = steepest.descend(of_three, {"m": m, "b": b}, learning_rate=0.01, epochs=1000)

steepest.show_report(run, cost=of_three, inputs=three[0], targets=three[1], **names)

# %% [markdown]
# ## Numbers
#
# How far is a batch from the truth, typically? Root of the mean of the squared distances:

# %%
widths = {}
for size in (1, 2, 4, 8):
    widths[size] = (cloud(size) - true).square().sum(1).mean().sqrt().item()
    middle = ", ".join(f"{value:.3f}" for value in cloud(size).mean(0).tolist())
    print(f"batches of {size}: typically {widths[size]:5.2f} off; their mean is ({middle})")

# %% [markdown]
# Read the last column first. Whatever the size, the mean of the cloud is the true gradient,
# (36.305, 6.265). A batch is wrong, but it is not wrong in any preferred direction. That is why it
# may be used.
#
# Single patients lie 38.70 off, more than the whole gradient is long. Of eight in eight there is
# only one batch, and no noise. Now the 8000, where a batch is a small part of all:

# %%
sheet = lessons.sheets.lesson_10
x, y = sheet.many()  # dosages from 0 to 8 mL; scores from the line m = -0.5, b = 2, with noise of size 1
noise = {size: sheet.noise(size) for size in (1, 4, 16, 64, 256)}
for size, off in noise.items():
    print(f"batches of {size:3}: typically {off:5.2f} off")
lessons.explain("four times the batch")

# %% [markdown]
# 46.8 off with one patient, 11.6 with 16, 2.9 with 256. Four times the batch, half the noise: **it
# falls with the root of the batch size.** Sixteen times the work buys a quarter of the noise. So
# small batches are the better bargain, and large ones are calm. Nobody can give you both.
#
# And the order, with batches of one, the learning rate 0.01, and the eight old patients:

# %%
up = sheet.one_by_one(range(8), dosage, forgetfulness)
down = sheet.one_by_one(range(7, -1, -1), dosage, forgetfulness)
print(f"from 0 to 7 mL: {up:.5f}; from 7 to 0 mL: {down:.5f}")
lessons.explain("order of the patients")

# %% [markdown]
# 1.19222 and 1.17855. Each step begins where the last one ended, so whoever is asked last has the
# last word. A **shuffled** order gives nobody that privilege for long.
#
# How do you know that everybody is asked? Count. Here are three ways of taking 32 of 8000 patients
# in each round: draw anew each time, with putting back; shuffle all, and deal them out like cards;
# and a third, of which more below. After 250 rounds, 8000 patients were dealt. How many *different*
# ones has the first way seen? Guess a number.

# %%
lessons.predict("different patients seen", ...)

# %%
n, size, rounds = 8000, 32, 1000


def drawing(chance):
    """Draw each batch anew, with putting back."""
    while True:
        yield torch.randint(n, (size,), generator=chance)


def dealing(chance):
    """Shuffle, deal out all; and again."""
    while True:
        yield from torch.randperm(n, generator=chance).split(size)


def beginning_anew(chance):
    """Make a new loader in every round, and take its first batch."""
    order = torch.randperm(n, generator=chance)
    while True:
        yield next(iter(order.split(size)))


def walk(loader, rate, keep=1.0, seed=0):
    """Fit a line batch by batch; return it, the costs, and how many different patients were seen."""
    m, b, costs, meter, seen = 0.9, 0.1, [], [], set()
    batches = loader(torch.Generator().manual_seed(seed))
    for _ in range(rounds):
        batch = next(batches)
        over = m * x[batch] + b - y[batch]  # 1 forward pass
        costs.append((over**2).mean().item())  # 2 cost
        slope_m, slope_b = (2 * over * x[batch]).mean().item(), (2 * over).mean().item()  # 3 gradient
        m, b = m - rate * slope_m, b - rate * slope_b  # 4 adjust
        rate = rate * keep
        seen.update(batch.tolist())
        meter.append(len(seen))
    return {"m": m, "b": b, "costs": costs, "seen": meter}


ways = {loader.__name__: walk(loader, 0.01) for loader in (drawing, dealing, beginning_anew)}
figure, ax = plt.subplots(figsize=(6, 3.5))
for (name, found), dash in zip(ways.items(), ("-", "--", ":"), strict=True):
    ax.plot(found["seen"], dash, label=f"{name}: {found['seen'][249]} after 250 rounds")
ax.set(xlabel="round", ylabel="different patients seen")
legend = ax.legend()

# %%
lessons.explain("different patients seen")

# %% [markdown]
# Dealing has seen all 8000, drawing about 63 of every hundred, the rest came twice or more. And the
# third has seen 32. Keep this meter in mind: it costs one line, and it finds what no cost curve
# shows.
#
# ## Break it
#
# **The loader that repeats itself.** The third way looks innocent: `next(iter(loader))` in every
# round. But it begins the epoch anew each time, and where the order was fixed before, that is the
# same batch for ever. Look at the costs of its batches in the last five rounds, beside those of
# dealing:

# %%
for name in ("dealing", "beginning_anew"):
    print(f"{name:15}", " ".join(f"{cost:.4f}" for cost in ways[name]["costs"][-5:]))


def on_new_patients(found):
    """What the line costs on new patients: 1 for their noise, and more for what it is off."""
    return sheet.expected(torch.tensor(found["m"]), torch.tensor(found["b"])).item()


repeated, dealt = on_new_patients(ways["beginning_anew"]), on_new_patients(ways["dealing"])
print(f"on new patients: {repeated:.4f} with one batch for ever, {dealt:.4f} when dealt")

# %% [markdown]
# The curve that repeats itself is the smoother one, and it is the smoother one *because* it is
# wrong: it has no noise, since nothing new is ever asked. A curve without noise, from a loop with
# batches, is a reason to look at the loader.
#
# **The moral that does not follow.** A schedule lets the learning rate fall, so that the walk calms
# down at the end. It is sometimes shown like this: rate 0.02, times 0.995 after each round, 1000
# rounds of 32. The walk ends calmly and well, and the schedule is praised for it. But the loader
# repeats one batch:

# %%
praised = walk(beginning_anew, 0.02, keep=0.995)
steady_there = walk(beginning_anew, 0.02)
for name, found in {"falling": praised, "steady": steady_there}.items():
    left = on_new_patients(found)
    print(f"{name:8} m = {found['m']:.3f}, b = {found['b']:.3f}, on new patients {left:.4f}")

own = torch.randperm(n, generator=torch.Generator().manual_seed(0))[:size]  # the batch that is repeated
by_heart = Cost.least_squares(x[own], y[own]).minimum
print(f"the line that fits those {size} best: m = {by_heart['m']:.3f}, b = {by_heart['b']:.3f}")

# %% [markdown]
# On one batch *every* rate ends calmly: there is no noise to calm. The steady rate ends where its 32
# patients are known by heart, and the falling one stops on the way there, which here happens to be
# better, 1.022 against 1.045. That praises stopping, not the schedule.
#
# And with fresh batches? Which ends nearer to the truth, on average over 100 walks: `"the falling rate"`,
# or `"the steady rate"` of 0.01?

# %%
lessons.predict("which rate ends nearer", ...)

# %%
ends = {
    "falling from 0.02": sheet.ends(0.02, 0.995),
    "steady 0.02": sheet.ends(0.02),
    "steady 0.01": sheet.ends(0.01),
}
for name, costs in ends.items():
    mean, error = costs.mean().item(), costs.std().item() / 10
    print(f"{name:18} {mean:.4f} ± {error:.4f}, from {costs.min():.4f} to {costs.max():.4f}")
lessons.explain("which rate ends nearer")

# %% [markdown]
# The falling rate ends near 1.024 every time, where 1 is the best there is. It does not scatter,
# and it does not arrive: all its rates together come to 3.97, and a valley this flat wants more of
# them. The steady 0.01 scatters, and is nearer on average. The steady 0.02 scatters most; on
# average it is no farther off than the falling rate.
#
# Schedules are good things, and most large models are trained with one. It has to leave time for
# arriving first. And what a curve on one batch shows about it is nothing at all.
#
# **A cliff of one's own.** Each batch has its own sharpness, and so its own limit 2 / sharpness.
# For a batch of one patient with dosage `x` it is `1 / (x**2 + 1)`:

# %%
limits = []
for one in range(8):
    alone = Cost.least_squares(dosage[one : one + 1], forgetfulness[one : one + 1], names=("m", "b"))
    limits.append(steepest.curvature_at(alone, {"m": m, "b": b}).learning_rate_limit)
print("limits:", " ".join(f"{limit:.4f}" for limit in limits))

flips = {}
for rate in (0.02, 0.03):
    line = {"m": m, "b": b}
    flips[rate] = []
    for _ in range(7):
        over = line["m"] * 7 + line["b"] - (-1.37)
        flips[rate].append(over)
        line = {"m": line["m"] - rate * 2 * over * 7, "b": line["b"] - rate * 2 * over}
    print(f"rate {rate}:", " ".join(f"{over:.2f}" for over in flips[rate]))

# %% [markdown]
# With 7 mL the limit is 0.02. There the miss goes from 7.77 to -7.77 and back, for ever; at 0.03 it
# is 497 after six steps. All eight together bear rates up to 0.0549. So when you make the batch
# smaller, you may have to make the rate smaller too.
#
# ## Build it
#
# Write the loader that deals. `batches(n, size, seed)` returns one epoch as a list of batches, each
# a list of indices from 0 to `n - 1`. Everybody comes exactly once, in an order that `seed`
# decides, and the last batch has what is left.


# %% tags=["exercise"]
def batches(n, size, seed):
    """Return one shuffled epoch: a list of batches of indices."""
    return [list(range(size))]  # your work goes here


# %% [markdown]
# ## Check
#
# Hidden numbers of patients, among them some that `size` does not divide. More help:
# `lessons.hint("epoch")`, and when you want to see it, `lessons.solution("epoch")`.

# %%
lessons.check("epoch", batches)

# %% [markdown]
# And find the loader that repeats itself, from its log alone. With `seed=17` you get logs of your
# own; take any number.

# %% tags=["exercise"]
print(lessons.task("loader log", seed=17))
lessons.check("loader log", "A", seed=17)  # your letter goes here

# %% [markdown]
# With pencil and paper: `lessons.task("cloud by hand", seed=17)`.
#
# **What you have now.** A batch's gradient is one of a cloud around the true one, and four times
# the batch halves the cloud. Count whom you have asked; lesson 11 asks what it means to stand
# still.

# %% tags=["asserts"] jupyter={"source_hidden": true}
# The numbers of the text, each held against what this notebook has computed.
assert len(x) == n == 8000 and (size, rounds) == (32, 1000)
assert all(lessons.agree(cloud(some).mean(0), [36.305, 6.265]) for some in (1, 2, 4, 8))
assert lessons.agree([widths[1], widths[2], widths[4]], [38.70, 25.34, 14.63], digits=3) and widths[8] < 1e-9
assert widths[1] > true.norm()
assert lessons.agree([noise[1], noise[4], noise[16], noise[256]], [46.84, 22.70, 11.60, 2.92], digits=3)
halves = [noise[4 * small] / noise[small] for small in (1, 4, 16, 64)]
assert lessons.agree(halves, [0.5] * 4, digits=1) and 64 in noise
assert lessons.agree([up, down], [1.19222, 1.17855])
assert [found["seen"][249] for name, found in ways.items() if name != "drawing"] == [8000, 32]
assert lessons.agree(100 * ways["drawing"]["seen"][249] / n, 63, digits=2) and n == 250 * 32
jumps = {name: torch.tensor(found["costs"][-50:]).diff().abs().max() for name, found in ways.items()}
assert jumps["beginning_anew"] < 0.01 < jumps["dealing"] and repeated > dealt
means = {name: costs.mean().item() for name, costs in ends.items()}
assert lessons.agree([means["falling from 0.02"], means["steady 0.01"]], [1.024, 1.007], digits=2)
falling, fast, steady = ends.values()
assert lessons.agree([on_new_patients(praised), on_new_patients(steady_there)], [1.022, 1.045], digits=3)
assert lessons.agree([steady_there["m"], steady_there["b"]], [by_heart["m"], by_heart["b"]], digits=3)
assert means["steady 0.01"] < means["falling from 0.02"] - 0.005 and len(falling) == 100
assert falling.std() < steady.std() < fast.std() and fast.mean() < falling.mean() + 3 * fast.std() / 10
assert lessons.agree(sum(0.02 * 0.995**round for round in range(1000)), 3.97, digits=3)
assert lessons.agree(limits, [1, 0.5, 0.2, 0.1, 0.0588, 0.0385, 0.027, 0.02], digits=2)
assert lessons.agree(flips[0.02][:3], [7.77, -7.77, 7.77]) and lessons.agree(flips[0.03][6], 497, digits=3)
whole = Cost.least_squares(dosage, forgetfulness)
assert lessons.agree(steepest.curvature_at(whole, {"m": m, "b": b}).learning_rate_limit, 0.0549097)
assert sheet.RATE == 0.01 and forgetfulness[7].item() == -1.37 and (m, b) == (0.9, 0.1)
assert sheet.expected(torch.tensor(-0.5), torch.tensor(2.0)).item() == 1
