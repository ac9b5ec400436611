"""What a fresh interpreter loads: import-linter sees our code, this sees third parties' too."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BACKEND = Path(__file__).parents[2] / "backend"
HEAVY = {"torch", "gymnasium"}
WEB = {"fastapi", "starlette", "uvicorn", "httpx"}
ON_DEMAND = {"onnx", "pyarrow"}
SERVER_SIDE = ("web", "client", "runs", "storage", "processes", "contracts", "settings", "journal")
TRAINER_SIDE = ("algorithm", "environments", "training", "worker", "player", "journal")
_LOAD = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def modules_of(part: str) -> list[str]:
    """Dotted names of every module of one part of the package."""
    file = BACKEND / "matinee" / f"{part}.py"
    if file.exists():
        return [f"matinee.{part}"]
    names = []
    for path in sorted((BACKEND / "matinee" / part).rglob("*.py")):
        dotted = ".".join(path.relative_to(BACKEND).with_suffix("").parts)
        names.append(dotted.removesuffix(".__init__"))
    # Importing __main__ under its dotted name does not start it: it looks at __name__.
    return names


def loaded_by(modules: list[str]) -> set[str]:
    """Top-level packages in `sys.modules` after these imports in an interpreter of their own."""
    answer = subprocess.run(
        [sys.executable, "-c", _LOAD, *modules],
        cwd=BACKEND,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return set(json.loads(answer.stdout))


def test_the_server_side_loads_neither_torch_nor_gymnasium() -> None:
    """Everything that the server process imports leaves them unloaded, and what extras bring."""
    modules = [name for part in SERVER_SIDE for name in modules_of(part)]

    loaded = loaded_by([*modules, "matinee.environments.catalogue", "matinee.cli.main"])

    assert not loaded & (HEAVY | ON_DEMAND)


@pytest.mark.parametrize("part", TRAINER_SIDE)
def test_the_trainer_loads_no_web(part: str) -> None:
    """No part of a run process loads a web framework or an HTTP client."""
    assert not loaded_by(modules_of(part)) & WEB


def test_a_player_loads_no_torch() -> None:
    """What plays a policy for people is small and begins quickly: NumPy computes it."""
    loaded = loaded_by(modules_of("player"))

    assert "gymnasium" in loaded
    assert "torch" not in loaded


def test_the_algorithm_loads_torch_but_no_gymnasium() -> None:
    """The mathematics can be used without an environment library."""
    loaded = loaded_by(modules_of("algorithm"))

    assert "torch" in loaded
    assert "gymnasium" not in loaded
