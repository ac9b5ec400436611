"""Nothing that can run code is read from a disk or from the network."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "backend" / "matinee"
MODULES = frozenset(
    {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}
)
LOADERS = frozenset({("torch", "load"), ("torch", "save"), ("np", "load"), ("numpy", "load")})
ALLOWED = {
    "training/process_messages.py": "a pipe between processes that we started ourselves",
}
"""Path in the package → why."""


def unsafe_uses(source: str) -> set[str]:
    """Modules that unpickle, and functions that do it by themselves."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.split(".")[0] in MODULES}
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module.split(".")[0] in MODULES:
                found.add(node.module)
            found |= {
                f"{node.module}.{alias.name}"
                for alias in node.names
                if (node.module, alias.name) in LOADERS
            }
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and (node.value.id, node.attr) in LOADERS
        ):
            found.add(f"{node.value.id}.{node.attr}")
    return found


def test_no_pickle_on_any_path() -> None:
    """Checkpoints, records, messages of clients: a file from a stranger can do no harm."""
    users = {
        path.relative_to(PACKAGE).as_posix(): sorted(unsafe_uses(path.read_text()))
        for path in sorted(PACKAGE.rglob("*.py"))
    }

    assert {path for path, uses in users.items() if uses} == ALLOWED.keys()


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "import torch\ntorch.load('x')",
        "from torch import load",
        "import numpy as np\nnp.load('x', allow_pickle=True)",
        "def late():\n    import joblib",
    ],
)
def test_the_check_finds_what_it_looks_for(source: str) -> None:
    """Also inside functions, and under other names."""
    assert unsafe_uses(source)
