"""Reading many documents, none twice, leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import BaseModel

from matinee.contracts.audit import AuditEntry
from matinee.contracts.checkpoints import CheckpointDocument, CheckpointManifest
from matinee.contracts.commands import Command
from matinee.contracts.recordings import Recording
from matinee.contracts.run import Parent, Run, RunSnapshot
from matinee.contracts.run_spec import RunSpec
from matinee.contracts.uncached_json import UncachedJson
from matinee.contracts.workers import WorkerTable
from matinee.runs.folders import RunDetails

READ = 5_000
KEPT = 100
"""Blocks of memory that anything may take meanwhile."""
KEPT_AFTER_READING = f"""
import sys
from pydantic import BaseModel
from matinee.contracts.control import RUN_FRAME_ADAPTER
from matinee.contracts.uncached_json import UncachedJson

class Plain(BaseModel):
    text: str

class Uncached(UncachedJson):
    text: str

def kept(read, document):
    read(document % 0)
    before = sys.getallocatedblocks()
    for number in range({READ}):
        read(document % (10**20 + number))
    return sys.getallocatedblocks() - before

print(kept(Uncached.model_validate_json, '{{"text": "%d"}}'))
ack = '{{"type": "ack", "command_id": "%d", "accepted": true}}'
print(kept(RUN_FRAME_ADAPTER.validate_json, ack))
print(kept(Plain.model_validate_json, '{{"text": "%d"}}'))
"""


def test_no_text_is_kept_beyond_its_use() -> None:
    """Of documents and of frames; of those of others, thousands are."""
    done = subprocess.run(
        [sys.executable, "-c", KEPT_AFTER_READING],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    document, frame, of_others = map(int, done.stdout.split())
    assert document < KEPT
    assert frame < KEPT
    assert of_others > READ / 2


@pytest.mark.parametrize(
    "kind",
    [
        AuditEntry,
        CheckpointDocument,
        CheckpointManifest,
        Command,
        Parent,
        Recording,
        Run,
        RunDetails,
        RunSnapshot,
        RunSpec,
        WorkerTable,
    ],
)
def test_so_it_is_with_all_that_a_server_reads(kind: type[BaseModel]) -> None:
    """What else a model's own configuration says, it does not keep texts."""
    assert issubclass(kind, UncachedJson)
    assert kind.model_config["cache_strings"] == "keys"
