"""The two lines that each framework's loop needs, run inside the framework: `make loops`, a job of its own.

Each loop trains twice, watched and unwatched, to the same bits; watched, every step is seen.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import steepest
from steepest.watcher import Watch

pytestmark = pytest.mark.filterwarnings("default")  # the frameworks' own warnings are theirs to mend

LOOPS = (Path(__file__).parents[2] / "docs" / "how-to" / "own-loop.md").read_text(encoding="utf-8")
STEPS = 12

Trained = tuple[dict[str, Tensor], Watch | None]


def data() -> TensorDataset:
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(48, 3, generator=generator)
    return TensorDataset(inputs, inputs.sum(dim=1, keepdim=True).tanh())


def net() -> nn.Module:
    model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    generator = torch.Generator().manual_seed(0)
    for value in model.parameters():
        value.data = torch.randn(value.shape, generator=generator) / 2
    return model


def state(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def lightning(watched: bool, folder: Path) -> Trained:
    import lightning as L  # noqa: N812  # its users' name for it

    class Regression(L.LightningModule):
        watch: Watch | None = None

        def __init__(self) -> None:
            super().__init__()
            self.net = net()

        def training_step(self, batch: Any) -> Tensor:
            inputs, targets = batch
            return nn.functional.mse_loss(self.net(inputs), targets)

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.5)

        def on_train_start(self) -> None:
            if watched:
                self.watch = steepest.watch(self, self.optimizers())

        def on_train_end(self) -> None:
            if self.watch:
                self.watch.close()

    module = Regression()
    trainer = L.Trainer(
        max_epochs=4,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
        gradient_clip_val=0.5,
    )
    trainer.fit(module, DataLoader(data(), batch_size=16))
    return state(module.net), module.watch


def accelerate(watched: bool, folder: Path) -> Trained:
    from accelerate import Accelerator

    del folder
    accelerator = Accelerator(cpu=True)
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.5)
    model, optimizer, loader = accelerator.prepare(model, optimizer, DataLoader(data(), batch_size=16))
    watch = steepest.watch(model, optimizer) if watched else None
    for _ in range(4):
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(inputs), targets)
            accelerator.backward(loss)
            if watch:
                watch.record(loss)
            optimizer.step()
    return state(accelerator.unwrap_model(model)), watch


class Speaking(nn.Module):
    """A module as the Hugging Face Trainer wants it: named inputs, and the loss among the outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.net = net()

    def forward(self, inputs: Tensor, labels: Tensor) -> dict[str, Tensor]:
        outputs = self.net(inputs)
        return {"loss": nn.functional.mse_loss(outputs, labels), "logits": outputs}


def trainer(watched: bool, folder: Path) -> Trained:
    from transformers import Trainer, TrainingArguments

    inputs, targets = data().tensors
    rows = [{"inputs": x, "labels": y} for x, y in zip(inputs, targets, strict=True)]
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=4,
        per_device_train_batch_size=16,
        use_cpu=True,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
        seed=3,
    )
    model = Speaking()
    loop = Trainer(model=model, args=arguments, train_dataset=rows)  # pyright: ignore[reportArgumentType]
    watch = None
    if watched:
        loop.create_optimizer()
        watch = steepest.watch(loop.model, loop.optimizer)  # pyright: ignore[reportArgumentType]
    loop.train()
    return state(model.net), watch


def skorch(watched: bool, folder: Path) -> Trained:
    from skorch import NeuralNetRegressor

    del folder
    inputs, targets = data().tensors
    model = NeuralNetRegressor(
        net(), max_epochs=4, batch_size=16, lr=0.1, train_split=None, verbose=0, iterator_train__shuffle=False
    )
    model.initialize()
    watch = steepest.watch(model.module_, model.optimizer_) if watched else None
    model.partial_fit(inputs, targets)
    return state(model.module_), watch


FRAMEWORKS = {"lightning": lightning, "accelerate": accelerate, "transformers": trainer, "skorch": skorch}
GIVES_THE_LOSS = {"lightning", "accelerate", "skorch"}


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_the_loop_is_watched_and_stays_the_same(name: str, tmp_path: Path) -> None:
    train = FRAMEWORKS[name]
    bare, nothing = train(False, tmp_path)
    assert nothing is None
    seen, watch = train(True, tmp_path)
    assert all(bare[key].equal(seen[key]) for key in bare), "watching changed the training"
    assert watch is not None
    run, table = watch.trajectory(), watch.measurements
    assert len(table) == len(run.steps) == STEPS
    assert all(math.isfinite(step.cost) for step in run.steps) == (name in GIVES_THE_LOSS)
    assert bool((table.gradient_norm > 0).all()) and bool((table.change_norms[:-1] > 0).all())
    assert watch.findings() == (), "no fault in a sound loop"
    watch.close()
    inputs, targets = data().tensors
    model = net()
    start = nn.functional.mse_loss(model(inputs[:16]), targets[:16])
    start.backward()
    bare_norm = torch.linalg.vector_norm(torch.stack([p.grad.norm() for p in model.parameters() if p.grad is not None]))
    if name in ("accelerate", "skorch"):  # neither shuffles here nor clips: the first step is known
        assert float(table.gradient_norm[0]) == pytest.approx(float(bare_norm), rel=1e-5)
        assert run.steps[0].cost == pytest.approx(float(start.detach()), rel=1e-6)
    if name == "lightning":
        assert float(table.gradient_norm.max()) <= 0.5 * (1 + 1e-5), "read after clipping"


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_the_versions_written_down_are_those_that_ran(name: str) -> None:
    (stated,) = re.findall(rf"{name} (\d+\.\d+\.\d+)", LOOPS)
    assert version(name) == stated
