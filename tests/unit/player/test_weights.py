"""The policy that is played."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from safetensors.numpy import save_file

from fakes.played_runs import checkpoint_at, policy_files
from matinee.contracts.playing import (
    SHARED_POLICY_METADATA,
    SHARED_STEP_METADATA,
    PolicySource,
)
from matinee.errors import ConflictError
from matinee.player.weights import read_policy


def share(file: Path, *, env_step: int, seed: int = 2) -> None:
    """As a run process does it."""
    about, arrays = policy_files(seed=seed)
    metadata = {SHARED_POLICY_METADATA: about.model_dump_json()}
    save_file(arrays, file, metadata | {SHARED_STEP_METADATA: str(env_step)})


def test_the_present_weights_go_before_a_checkpoint(tmp_path: Path) -> None:
    """Unless they are older than it, or not there: then the checkpoint plays."""
    folder, file = checkpoint_at(tmp_path / "one", env_steps=5), tmp_path / "now.policy"
    source = PolicySource(checkpoint=str(folder), shared=str(file))

    missing = read_policy(source)
    share(file, env_step=4)
    older = read_policy(source)
    share(file, env_step=6)
    newer = read_policy(source)

    assert [(each.env_step, each.checkpoint) for each in (missing, older, newer)] == [
        (5, "one"),
        (5, "one"),
        (6, None),
    ]
    assert read_policy(PolicySource(shared=str(file))).env_step == 6


def test_present_weights_play_where_the_checkpoint_is_gone(tmp_path: Path) -> None:
    """A run that trains deletes its older checkpoints; without any weights there is a reason."""
    folder, file = checkpoint_at(tmp_path / "one", env_steps=5), tmp_path / "now.policy"
    source = PolicySource(checkpoint=str(folder), shared=str(file))
    shutil.rmtree(folder)

    with pytest.raises(ConflictError) as refusal:
        read_policy(source)
    assert refusal.value.code == "checkpoint_damaged"
    share(file, env_step=6)
    assert (read_policy(source).env_step, read_policy(source).checkpoint) == (6, None)


@pytest.mark.parametrize("harm", ["nothing", "damage", "no description", "unknown description"])
def test_what_can_t_be_played_says_why(tmp_path: Path, harm: str) -> None:
    """With a code that a program can tell from the others."""
    folder = checkpoint_at(tmp_path / "one")
    source = PolicySource(checkpoint=str(folder))
    if harm == "nothing":
        source = PolicySource(shared=str(tmp_path / "none"))
    elif harm == "damage":
        (folder / "learner.safetensors").write_bytes(b"x")
    else:
        from matinee.journal.checkpoint_folders import manifest_files, read_manifest

        contents = {"learner.safetensors": (folder / "learner.safetensors").read_bytes()}
        if harm == "unknown description":
            contents["policy.json"] = b'{"format": "matinee-policy/9"}'
            (folder / "policy.json").write_bytes(contents["policy.json"])
        manifest = read_manifest(folder).model_copy(update={"files": manifest_files(contents)})
        (folder / "manifest.json").write_text(manifest.model_dump_json())

    with pytest.raises(ConflictError) as refusal:
        read_policy(source)

    assert refusal.value.code == {
        "nothing": "no_checkpoint",
        "damage": "checkpoint_damaged",
    }.get(harm, "policy_not_described")


def test_a_shared_file_that_is_none_is_refused(tmp_path: Path) -> None:
    """In words, not as a parser's exception."""
    (tmp_path / "now.policy").write_bytes(b"half a file")

    with pytest.raises(ConflictError, match="can't be read"):
        read_policy(PolicySource(shared=str(tmp_path / "now.policy")))
