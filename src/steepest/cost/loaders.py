"""A DataLoader that shuffles, read in one order: the same mean over all its data, and every pass like the others."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils.data import BatchSampler, DataLoader, RandomSampler


def settled(batches: Any) -> Any:
    """Give a loader like one that shuffles, whose order is drawn once; whatever else there is, as it is.

    No example is left out, as `drop_last` would leave out others at each pass. The order is a shuffled one all the
    same, because under batch norm by "batch" it counts which examples stand together.

    >>> loader = settled(DataLoader([0, 1, 2, 3, 4], batch_size=2, shuffle=True, drop_last=True))
    >>> [batch.tolist() for batch in loader] == [batch.tolist() for batch in loader], len(loader)
    (True, 3)
    """
    if type(batches) is not DataLoader or type(batches.batch_sampler) is not BatchSampler:
        return batches
    if type(batches.sampler) is not RandomSampler or batches.sampler.replacement:
        return batches
    count = len(batches.dataset)  # pyright: ignore[reportArgumentType]  # a random sampler needs one that has a length
    if len(batches.sampler) != count:
        return batches
    return DataLoader(
        batches.dataset,
        batches.batch_size,
        sampler=torch.randperm(count, generator=torch.Generator().manual_seed(0)).tolist(),
        num_workers=batches.num_workers,
        collate_fn=batches.collate_fn,
        pin_memory=batches.pin_memory,
        timeout=batches.timeout,
        worker_init_fn=batches.worker_init_fn,
        multiprocessing_context=batches.multiprocessing_context,
        generator=batches.generator,
        prefetch_factor=batches.prefetch_factor,
        persistent_workers=batches.persistent_workers,
    )
