"""The catalogue of metrics says everything that a person needs to read a chart."""

from __future__ import annotations

import pytest

from matinee.contracts.algorithm_names import ALL_ALGORITHMS
from matinee.contracts.metric_definition import MetricDefinition
from matinee.contracts.metrics import METRICS, metrics_of


@pytest.mark.parametrize("definition", METRICS.values(), ids=lambda d: d.name)
def test_every_row_explains_itself(definition: MetricDefinition) -> None:
    """A label in lower case, a meaning and a guidance in whole sentences, at least one mode."""
    assert definition.label[0] == definition.label[0].lower() or definition.label[1].isupper()
    assert definition.meaning.endswith(".")
    assert definition.guidance.endswith(".")
    assert definition.algorithms


def test_rows_stand_group_by_group() -> None:
    """Menus and pages list a group in one piece."""
    groups = [definition.group for definition in METRICS.values()]
    changes = [
        group for before, group in zip(["", *groups], groups, strict=False) if before != group
    ]

    assert len(changes) == len(set(changes))


def test_each_mode_has_what_it_measures() -> None:
    """The queue belongs to ga3c, the clip fraction to ppo; what all have is in all."""
    names = {name: {d.name for d in metrics_of(name)} for name in ALL_ALGORITHMS}

    assert all("entropy" in own for own in names.values())
    assert [name for name, own in names.items() if "queue_depth" in own] == ["ga3c"]
    assert [name for name, own in names.items() if "clip_fraction" in own] == ["ppo"]
