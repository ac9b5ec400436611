"""What lies beside a checkpoint in its zip file."""

from __future__ import annotations

import pytest

from fakes.records import NOW
from fakes.saved_policies import saved_policy
from matinee.contracts.checkpoints import CHECKPOINT_FORMAT, CheckpointManifest
from matinee.contracts.policy_file import MakingFile, PolicyFile
from matinee.journal.checkpoint_folders import manifest_files
from matinee.runs.standalone_files import edition, files_beside

PROGRAMS = {"policy.py", "environment.py", "physics.py", "play.py"}
GAME = MakingFile(packages=["gymnasium", "ale-py"], module="ale_py", atari={"game": "pong"})


def manifest(policy: bytes | None) -> CheckpointManifest:
    """Of a checkpoint with such a description of its policy."""
    contents = {"learner.safetensors": b"weights", "state.json": b"{}"}
    return CheckpointManifest(
        format=CHECKPOINT_FORMAT,
        created_at=NOW,
        env_steps=12_345,
        mean_return_100=None,
        files=manifest_files(contents if policy is None else {**contents, "policy.json": policy}),
    )


def described(**changes: object) -> bytes:
    """A description of a policy that differs from that of a vector environment."""
    about = PolicyFile.model_validate_json(saved_policy().contents["policy.json"])
    return about.model_copy(update=changes).model_dump_json().encode()


def beside(policy: bytes | None) -> tuple[set[str], str]:
    """Names of the programs, and what the README says."""
    files = files_beside(manifest(policy), policy)
    return files.keys() - {"README.md"}, files["README.md"].decode()


@pytest.mark.parametrize(
    ("changes", "install", "words"),
    [
        ({}, "numpy safetensors gymnasium\n", "12,345"),
        (
            {"coding": None, "environment_id": "ALE/Pong-v5", "making": GAME},
            "numpy safetensors gymnasium ale-py\n",
            "ALE/Pong-v5",
        ),
        (
            {"environment_parameters": {"gravity": 12.5, "force": 3.0}},
            "gymnasium\n",
            "at this env step: gravity 12.5, force 3.",
        ),
    ],
)
def test_what_can_be_played_has_a_program_for_it(
    changes: dict[str, object], install: str, words: str
) -> None:
    """And a README that says what to install, and with which parameters it is played."""
    programs, readme = beside(described(**changes))

    assert programs == PROGRAMS
    assert f"pip install {install}" in readme if install.startswith("numpy") else install in readme
    assert "python play.py" in readme
    assert words in readme
    for name in ("learner.safetensors", "state.json", "policy.json", "manifest.json", *PROGRAMS):
        assert f"| {name} |" in readme


@pytest.mark.parametrize(
    ("policy", "programs", "words"),
    [
        (None, set(), "or by one that had none"),
        (b'{"format": "matinee-policy/9"}', set(), "this one does not know"),
        (
            described(coding=None, environment_id="ALE/Pong-v5"),
            {"policy.py"},
            "ALE/Pong-v5 is a game of the ALE",
        ),
    ],
    ids=["none", "later", "an older game"],
)
def test_what_can_not_be_played_says_why(
    policy: bytes | None, programs: set[str], words: str
) -> None:
    """There is no play.py that would fail, and the README has the reason."""
    found, readme = beside(policy)

    assert found == programs
    assert "There is no play.py here." in readme
    assert words in readme
    assert "pip install" not in readme
    assert "| play.py |" not in readme


def test_the_edition_is_that_of_the_programs() -> None:
    """It is the same each time, and holds every program."""
    assert edition() == edition()
    for text in files_beside(manifest(described()), described()).values():
        assert text in edition() or b"# A checkpoint" in text or b"Plays ten episodes" in text
