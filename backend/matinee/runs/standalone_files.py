"""What lies beside a checkpoint in its zip file: programs that play its policy, and what it all is.

The programs need NumPy, safetensors and what the environment takes; nothing of Matinee.
"""

from __future__ import annotations

from importlib import resources

from pydantic import ValidationError

from matinee.contracts.checkpoints import CheckpointManifest
from matinee.contracts.policy_file import POLICY_FILE, PolicyFile

README = "README.md"

_SOURCES = {
    "policy.py": ("matinee.runs", "standalone_policy.py"),
    "environment.py": ("matinee.environments", "standalone.py"),
    "physics.py": ("matinee.environments", "physics.py"),
}
"""Name in the archive, and where it comes from: the same code that trains, where that can be."""

_PLAY = b'''\
"""Plays ten episodes, or as many as asked for, by the most probable action each time.

    python play.py [EPISODES]
"""

import pathlib
import sys

from environment import make
from physics import set_physics
from policy import Policy

policy = Policy(pathlib.Path(__file__).parent)
environment = make(policy.about, set_physics)
for episode in range(int(sys.argv[1]) if len(sys.argv) > 1 else 10):
    observation = environment.reset(seed=episode)
    policy.begin()
    total, is_over = 0.0, False
    while not is_over:
        observation, reward, is_over = environment.step(policy.act(observation))
        total += reward
    print(f"episode {episode}: return {total:g}", flush=True)
'''

_FILES = {
    "learner.safetensors": "the weights, the optimizer's statistics, those of observations",
    "state.json": "counters, hyperparameters, generators: what a run goes on from",
    POLICY_FILE: "how observations become actions, and what the environment is",
    "manifest.json": "size and SHA-256 of these three",
    "policy.py": "the policy with NumPy alone: `Policy(folder).act(observation)`",
    "environment.py": "the environment as it was at the checkpoint",
    "physics.py": "changes its parameters",
    "play.py": "plays the one in the other",
}


def files_beside(manifest: CheckpointManifest, policy: bytes | None) -> dict[str, bytes]:
    """Further files, by name.

    Args:
        manifest: Of the checkpoint.
        policy: `policy.json`; None: it has none.
    """
    about = _about(policy)
    files: dict[str, bytes] = {}
    why_not = _why_not_played(about)
    if about is not None:
        names = ["policy.py"] if why_not else list(_SOURCES)
        files = {name: _source(name) for name in names}
        if why_not is None:
            files["play.py"] = _PLAY
    return {**files, README: _readme(manifest, about, why_not, [*manifest.files, *files]).encode()}


def edition() -> bytes:
    """What changes when other files would be put there."""
    own = (resources.files("matinee.runs") / "standalone_files.py").read_bytes()
    return b"\0".join([own, *map(_source, _SOURCES)])


def _about(policy: bytes | None) -> PolicyFile | None:
    if policy is None:
        return None
    try:
        return PolicyFile.model_validate_json(policy)
    except ValidationError:
        return None


def _why_not_played(about: PolicyFile | None) -> str | None:
    if about is None:
        return (
            f"It was saved by a version of Matinee whose {POLICY_FILE} this one does not know, "
            "or by one that had none."
        )
    if not about.can_be_played:
        return (
            f"{about.environment_id} is a game of the ALE, and this checkpoint was saved by "
            "a version of Matinee that did not write down how its pictures are prepared. One that "
            "is saved now can be played: `matinee runs checkpoints save`."
        )
    return None


def _readme(
    manifest: CheckpointManifest, about: PolicyFile | None, why_not: str | None, names: list[str]
) -> str:
    where = f" of {about.environment_id}" if about is not None else ""
    rows = [f"| {name} | {_FILES[name]} |" for name in _FILES if name in {*names, "manifest.json"}]
    lines = [f"# A checkpoint{where}, at env step {manifest.env_steps:,}", ""]
    if about is None or why_not is not None:
        lines += [f"There is no play.py here. {why_not}", ""]
    else:
        making = about.making
        packages = ["numpy", "safetensors", *(making.packages if making else ["gymnasium"])]
        lines += ["```sh", f"pip install {' '.join(packages)}", "python play.py", "```", ""]
        if about.environment_parameters:
            values = ", ".join(f"{n} {v:g}" for n, v in about.environment_parameters.items())
            lines += [f"It plays with the environment's parameters at this env step: {values}.", ""]
    return "\n".join([*lines, "| | |", "|---|---|", *rows, ""])


def _source(name: str) -> bytes:
    package, file = _SOURCES[name]
    return (resources.files(package) / file).read_bytes()
