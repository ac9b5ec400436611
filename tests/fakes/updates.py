"""Records of updates for tests, with numbers that are easy to recognise."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from matinee.algorithm.loss_report import LossReport
from matinee.contracts.hyperparameters import default_settings
from matinee.training.hyperparameters import HyperparameterSet
from matinee.training.parameter_store import PushReport
from matinee.training.update_records import BatchReport, UpdateRecord


def update_record(
    value: float = 1.0,
    *,
    loss: dict[str, Any] | None = None,
    push: dict[str, Any] | None = None,
    values: dict[str, Any] | None = None,
    batch: BatchReport | None = None,
) -> UpdateRecord:
    """One push of which every number of the loss is `value`, but for the ones given."""
    defaults = HyperparameterSet(
        revision=0, settings=default_settings(), since_env_step={}
    ).values_at(0)
    report = LossReport(**{field.name: value for field in fields(LossReport)})
    return UpdateRecord(
        loss=replace(report, **(loss or {})),
        push=replace(
            PushReport(gradient_norm=value, clipped=False, policy_lag=int(value)), **(push or {})
        ),
        values=replace(defaults, **(values or {})),
        batch=batch or BatchReport(),
    )
