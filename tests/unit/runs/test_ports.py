"""What the use cases need from outside, and that the real things and the fakes both offer it."""

from __future__ import annotations

import inspect

import pytest

from fakes.scripted_runs import ScriptedLauncher, ScriptedRun
from matinee.bootstrap.presets import BuiltInPresets
from matinee.processes.environment_probe import EnvironmentProbe
from matinee.processes.launcher import ProcessLauncher
from matinee.processes.onnx_program import OnnxProgram
from matinee.processes.run_process import AdoptedProcess, ChildProcess
from matinee.runs import ports
from matinee.runs.ports import IdempotencyClaim, ProcessExit, RunQuery
from matinee.storage.catalogue import SqliteCatalogue


@pytest.mark.parametrize(
    ("port", "implementation"),
    [
        (ports.Catalogue, SqliteCatalogue),
        (ports.RunLauncher, ProcessLauncher),
        (ports.RunLauncher, ScriptedLauncher),
        (ports.RunProcess, ChildProcess),
        (ports.RunProcess, AdoptedProcess),
        (ports.RunProcess, ScriptedRun),
        (ports.EnvironmentRegistry, EnvironmentProbe),
        (ports.PresetShelf, BuiltInPresets),
        (ports.PolicyFiles, OnnxProgram),
    ],
)
def test_whoever_stands_behind_a_port_takes_the_same_calls(
    port: type, implementation: type
) -> None:
    """Each method of a port has the same parameters in the real thing and in its fake."""
    for name, member in vars(port).items():
        if name.startswith("_") or not callable(member):
            continue
        offered = inspect.signature(getattr(implementation, name)).parameters
        assert list(inspect.signature(member).parameters) == list(offered), name


def test_what_passes_through_ports_is_frozen() -> None:
    """Values that cross a port cannot be changed behind anybody's back."""
    for value in (
        RunQuery(),
        ProcessExit(0, None),
        IdempotencyClaim(run_id="x", fingerprint="y", is_new=True),
    ):
        with pytest.raises(AttributeError):
            value.anything = 1  # type: ignore[union-attr]
