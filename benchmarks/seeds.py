"""The seeds of measurements."""

from __future__ import annotations

FIRST_SEED = 101
"""Seeds from here on were never used for tuning."""


def seed_list(text: str) -> list[int]:
    """`101-110`, `101,105` or both together."""
    seeds: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        seeds += range(int(first), int(last or first) + 1)
    return seeds
