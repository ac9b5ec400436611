"""House rules about files: one idea each, named for it, and tested."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "backend" / "matinee"
TESTS = ROOT / "tests"
LONGEST_MODULE = 500
VAGUE_NAME = re.compile(r"(^|_)(utils?|helpers?|common|misc|managers?|stuff)($|_)")
SOURCE_FOLDERS = ("backend", "tests", "scripts", "frontend/src", "benchmarks")
GENERATED = re.compile(r"\.gen\.ts$|/web/page/")
TESTED_ELSEWHERE: dict[str, tuple[str, str]] = {
    "training/collector.py": ("concurrency/test_modes.py", "a part of the threads of a mode"),
    "training/starting_state.py": (
        "concurrency/test_trainer.py",
        "a part of beginning anew and of going on from a checkpoint",
    ),
    "training/crew.py": ("concurrency/test_modes.py", "a part of the threads of a mode"),
    "training/crews.py": ("concurrency/test_modes.py", "a part of the threads of a mode"),
    "training/environment_thread.py": (
        "concurrency/test_modes.py",
        "a part of the threads of a mode",
    ),
    "training/learner.py": ("concurrency/test_modes.py", "a part of the threads of a mode"),
    "training/lockstep.py": ("concurrency/test_modes.py", "a part of the threads of a mode"),
    "training/optimizer_thread.py": (
        "concurrency/test_modes.py",
        "a part of the threads of a mode",
    ),
    "training/synchronous.py": ("concurrency/test_modes.py", "a part of the threads of a mode"),
    "training/remote_worker.py": (
        "concurrency/test_worker_processes.py",
        "a part of a run in several processes",
    ),
    "training/run_memory.py": (
        "concurrency/test_worker_processes.py",
        "a part of a run in several processes",
    ),
    "training/stand_ins.py": (
        "concurrency/test_worker_processes.py",
        "a part of a run in several processes",
    ),
    "training/worker_host.py": (
        "concurrency/test_worker_processes.py",
        "a part of a run in several processes",
    ),
    "training/worker_process_handle.py": (
        "concurrency/test_worker_processes.py",
        "a part of a run in several processes",
    ),
    "training/worker_processes.py": (
        "concurrency/test_worker_processes.py",
        "a part of a run in several processes",
    ),
}
"""Modules without a test file of their own: path in the package → path in tests/, and why."""


def source_files() -> list[Path]:
    """Every hand-written Python and TypeScript file."""
    return [
        path
        for folder in SOURCE_FOLDERS
        for suffix in ("*.py", "*.ts", "*.tsx")
        for path in sorted((ROOT / folder).rglob(suffix))
        if "node_modules" not in path.parts and not GENERATED.search(path.as_posix())
    ]


def test_no_module_is_longer_than_one_idea() -> None:
    """No hand-written file has more than 500 lines."""
    lengths = {path: len(path.read_text().splitlines()) for path in source_files()}

    assert {
        str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > LONGEST_MODULE
    } == {}


def test_no_module_has_a_vague_name() -> None:
    """No file or folder is called utils, helpers, common, misc or manager."""
    parts = {part for path in source_files() for part in path.relative_to(ROOT).parts}

    assert {part for part in parts if VAGUE_NAME.search(part.partition(".")[0].lower())} == set()


def test_every_module_says_what_it_is() -> None:
    """Every Python module opens with a docstring."""
    silent = [
        str(path.relative_to(ROOT))
        for path in source_files()
        if path.suffix == ".py" and ast.get_docstring(ast.parse(path.read_text())) is None
    ]

    assert silent == []


def test_every_test_states_its_promise() -> None:
    """Every test function has a docstring: what breaks if it fails."""
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sorted(TESTS.rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and ast.get_docstring(node) is None
    ]

    assert silent == []


def has_logic(path: Path) -> bool:
    """Whether any function in a file does something: plain models and ports have none to test."""
    return any(
        len(node.body) > 1 or not isinstance(node.body[0], ast.Expr)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def modules_with_logic() -> list[Path]:
    """Modules of the package that there is something to test in."""
    return [path.relative_to(PACKAGE) for path in sorted(PACKAGE.rglob("*.py")) if has_logic(path)]


def imported_names(path: Path) -> set[str]:
    """Dotted names that a file imports: modules, and whatever it takes from them."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_every_module_has_a_test_of_its_name() -> None:
    """Each module with logic has a test file of its name, in its place or importing it."""
    tests = {path: imported_names(path) for path in TESTS.rglob("test_*.py")}
    mirrored = {
        module.as_posix()
        for module in modules_with_logic()
        for path, names in tests.items()
        if path.stem == f"test_{module.stem}"
        and (
            path.parent == TESTS / "unit" / module.parent
            or ".".join(("matinee", *module.with_suffix("").parts)) in names
        )
    }
    all_modules = {module.as_posix() for module in modules_with_logic()}

    assert all_modules - mirrored == TESTED_ELSEWHERE.keys()
    assert [file for file, _ in TESTED_ELSEWHERE.values() if not (TESTS / file).exists()] == []
