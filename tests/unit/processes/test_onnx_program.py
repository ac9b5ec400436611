"""A child process writes a model, and the server passes it on."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.records import NOW
from fakes.saved_policies import saved_policy
from matinee.contracts.checkpoints import CHECKPOINT_FORMAT, CheckpointManifest
from matinee.errors import ProgramError
from matinee.journal.checkpoint_folders import manifest_files, write_folder
from matinee.processes.onnx_program import OnnxProgram
from matinee.runs.onnx_policy import onnx_model

pytestmark = pytest.mark.anyio


async def test_a_whole_file_comes_through(tmp_path: Path) -> None:
    """The same bytes as in this process, of files that were verified."""
    contents = saved_policy().contents
    manifest = CheckpointManifest(
        format=CHECKPOINT_FORMAT,
        created_at=NOW,
        env_steps=5,
        mean_return_100=None,
        files=manifest_files(contents),
    )
    write_folder(tmp_path / "one", contents, manifest)

    parts = [part async for part in OnnxProgram().onnx(tmp_path / "one")]
    (tmp_path / "one" / "policy.json").write_bytes(b"{}")
    with pytest.raises(ProgramError, match=r"the ONNX model could not be made: .*CheckpointError"):
        async for _ in OnnxProgram().onnx(tmp_path / "one"):
            pass

    assert b"".join(parts) == onnx_model(contents)
