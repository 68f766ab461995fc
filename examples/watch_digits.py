"""Watch two loops of your own on scikit-learn's digits: batch gradient descent, and Adam with a mistake in it.

Needs scikit-learn. Nothing of the training is changed; two lines are added to each loop.
"""

from __future__ import annotations

import torch
from sklearn.datasets import load_digits
from torch import nn

import steepest as st

images, labels = load_digits(return_X_y=True)
X, Y = torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels)


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10))


def batch_descent(epochs: int = 60) -> st.Trajectory:
    """Every step sees all 1,797 digits, so consecutive gradients show the curvature along the path."""
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    watch = st.watch(model, optimizer)  # the first line
    for _ in range(epochs + 1):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(X), Y)
        loss.backward()
        watch.record(loss)  # the second
        optimizer.step()
    seen = watch.measurements
    print("epoch   cost  gradient  change / parameters: first and last layer  rate x curvature")
    for row in range(0, epochs, 10):
        first, last = seen.update_ratios[row, 0], seen.update_ratios[row, 2]
        print(
            f"{row:5}  {seen.costs[row]:5.3f}  {seen.gradient_norm[row]:8.3f}  {first:20.4f}  {last:20.4f}"
            f"  {seen.rate_times_curvature[row]:16.3f}"
        )
    print(watch)
    watch.close()
    return watch.trajectory()


def adam_with_a_mistake(epochs: int = 2) -> None:
    """The optimizer was made of the first layer only: the loss falls all the same, and nobody notices."""
    model = network()
    optimizer = torch.optim.Adam(model[0].parameters(), lr=1e-2)  # pyright: ignore[reportIndexIssue]
    with st.watch(model, optimizer) as watch:
        for _ in range(epochs):
            for inputs, targets in zip(X.split(128), Y.split(128), strict=True):
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(inputs), targets)
                loss.backward()
                watch.record(loss)
                optimizer.step()
    print(watch)
    for finding in watch.findings():
        print(finding)


if __name__ == "__main__":
    run = batch_descent()
    for finding in st.diagnose(run):
        print(finding)
    adam_with_a_mistake()
