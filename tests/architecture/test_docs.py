"""The documents are true: complete against the code, and without dead links."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

import write_reference
from matinee.contracts.hyperparameters import HYPERPARAMETERS
from matinee.contracts.metrics import METRICS
from matinee.contracts.run_state import RunState

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
MAKE_CALL = re.compile(r"\bmake ([a-z]+)\b")
REQUIREMENT = re.compile(r"^[A-Za-z0-9._-]+(?:\[[a-z,]+\])?")


def test_the_reference_is_up_to_date() -> None:
    """docs/reference.md is exactly what `make reference` writes."""
    assert (DOCS / "reference.md").read_text() == write_reference.reference() + "\n"


def test_the_reference_names_everything() -> None:
    """Every hyperparameter, metric, state, event, command and setting has its place."""
    text = (DOCS / "reference.md").read_text()
    schema = json.loads((ROOT / "frontend" / "openapi.json").read_text())["components"]["schemas"]
    events = {
        variant["properties"]["type"]["const"]
        for variant in schema.values()
        if {"seq", "at", "env_step", "type"} <= variant.get("properties", {}).keys()
    }
    names = {*HYPERPARAMETERS, *METRICS, *events, *(state.value for state in RunState)}

    assert events
    assert {name for name in names if f"`{name}`" not in text} == set()


def test_every_dependency_has_a_reason() -> None:
    """Each package that we ask for is named in docs/dependencies.md, and nothing else is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    page = json.loads((ROOT / "frontend" / "package.json").read_text())
    extras = project["project"]["optional-dependencies"]
    groups = [*project["dependency-groups"].values(), *extras.values()]
    requirements = project["project"]["dependencies"] + [text for group in groups for text in group]
    python = {
        match[0].partition("[")[0] for text in requirements if (match := REQUIREMENT.match(text))
    } - {"matinee"}
    wanted = python | page["dependencies"].keys() | page["devDependencies"].keys()
    text = (DOCS / "dependencies.md").read_text()
    first_cells = re.findall(r"^\| ([^|]+) \|", text, flags=re.MULTILINE)
    named = {name.partition("[")[0] for cell in first_cells for name in cell.split(", ")}

    assert wanted - named == set()
    assert named - wanted == {"package", "image", "prom/prometheus", "grafana/grafana"}


def test_every_package_has_its_place_in_the_architecture() -> None:
    """Each top-level part of the package is in the table of docs/architecture.md."""
    text = (DOCS / "architecture.md").read_text()
    parts = {
        path.name if path.suffix else f"{path.name}/"
        for path in (ROOT / "backend" / "matinee").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    } - {"__init__.py"}

    assert {part for part in parts if f"`{part}`" not in text} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    """Every relative link in a document points to a file that exists."""
    targets = [t for t in LINK.findall(document.read_text()) if "://" not in t]

    assert [t for t in targets if not (document.parent / t).exists()] == []


def test_documented_make_targets_exist() -> None:
    """Every `make …` that a document tells people to type is a target."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    code = "\n".join(
        part
        for document in DOCUMENTS
        for part in re.findall(r"```sh\n(.*?)```|`(make [^`]+)`", document.read_text(), re.DOTALL)
        for part in part
    )

    asked = set(MAKE_CALL.findall(code))
    assert asked
    assert asked - targets == set()


def test_decisions_have_numbers_of_their_own() -> None:
    """No two decisions share a number, and each opens with its number."""
    files = sorted((DOCS / "adr").glob("[0-9]*.md"))
    numbers = [path.name[:4] for path in files]

    assert len(numbers) == len(set(numbers))
    assert [p.name for p in files if not p.read_text().startswith(f"# {p.name[:4]}: ")] == []
