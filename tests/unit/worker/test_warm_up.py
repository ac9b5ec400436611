"""What a run process does before it knows its run."""

from __future__ import annotations

import threading

from matinee.worker.warm_up import warm_up


def test_it_trains_for_a_moment_and_leaves_nothing() -> None:
    """Warming up loads torch, trains, and leaves no thread behind."""
    import torch

    before = threading.active_count()
    threads = torch.get_num_threads()
    warm_up()

    assert threading.active_count() == before
    assert torch.get_num_threads() == 1
    torch.set_num_threads(threads)
