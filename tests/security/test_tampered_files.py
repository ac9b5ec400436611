"""Checkpoints that somebody has tampered with run no code and fill no memory, whoever reads them.

What is written here in place of the weights carries a manifest that is true of it, so that it gets
as far as a file can: to who downloads, forks, plays, exports and goes on from it.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Callable
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import pytest

from fakes.house import House, open_house
from fakes.training import Rig, small_spec
from integration.live_server import child_environment, matinee_command
from matinee.contracts.checkpoints import MANIFEST_FILE, STATE_FILE, TENSORS_FILE
from matinee.contracts.events import CheckpointSaved
from matinee.contracts.forks import ForkRequest
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.playing import PolicySource
from matinee.contracts.policy_file import POLICY_FILE
from matinee.errors import MatineeError
from matinee.journal.checkpoint_folders import manifest_files, read_manifest
from matinee.journal.schema import CHECKPOINTS
from matinee.journal.writer import JournalWriter
from matinee.player.weights import read_policy
from matinee.runs.downloads import archive
from matinee.training.checkpoints import load_checkpoint, save_checkpoint

pytestmark = pytest.mark.anyio

MOST_GROWTH_BYTES = 50 * 2**20
BOMB_BYTES = 2**28
HUGE_BYTES = 5 * 2**30


class _Writes:
    """When unpickled it writes a file: the canary."""

    def __init__(self, canary: Path) -> None:
        self._canary = canary

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return os.system, (f"touch {self._canary}",)


def malicious_pickle(canary: Path) -> bytes:
    """Runs a command as soon as anybody unpickles it."""
    return pickle.dumps(_Writes(canary))


def torch_archive(canary: Path) -> bytes:
    """The same where torch.load would look for it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr("archive/data.pkl", malicious_pickle(canary))
        zipped.writestr("archive/version", "3\n")
    return file.getvalue()


def zip_bomb(canary: Path) -> bytes:
    """Some hundred kilobytes that become hundreds of megabytes."""
    del canary
    return _bomb()


@cache
def _bomb() -> bytes:
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped,
        zipped.open("bomb", "w", force_zip64=True) as entry,
    ):
        for _ in range(BOMB_BYTES // 2**24):
            entry.write(bytes(2**24))
    return file.getvalue()


def huge_header(canary: Path) -> bytes:
    """Safetensors whose header is said to have five gigabytes."""
    del canary
    return struct.pack("<Q", HUGE_BYTES) + b'{"weights":'


def huge_tensor(canary: Path) -> bytes:
    """Safetensors with a tensor that is said to have 2**60 numbers."""
    del canary
    header = json.dumps(
        {"weights": {"dtype": "F32", "shape": [2**60], "data_offsets": [0, 2**62]}}
    ).encode()
    return struct.pack("<Q", len(header)) + header


def other_tensors(canary: Path) -> bytes:
    """Safetensors in which nothing is called as it should be."""
    del canary
    header = json.dumps({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(4)


def nothing(canary: Path) -> bytes:
    """An empty file."""
    del canary
    return b""


def deep_json(canary: Path) -> bytes:
    """Nested a million times."""
    del canary
    return b"[" * 10**6


CONTENTS = [
    malicious_pickle, torch_archive, zip_bomb, huge_header, huge_tensor, other_tensors, nothing,
    deep_json,
]  # fmt: skip


@pytest.fixture
async def house(data_dir: Path, runtime_dir: Path, environment_cache: Path) -> AsyncIterator[House]:
    """The use cases over a data folder."""
    async with open_house(
        data_dir, runtime_dir=runtime_dir, environment_cache=environment_cache
    ) as opened:
        yield opened


@pytest.fixture
async def checkpoint(house: House) -> Path:
    """Of a run that has trained and ended."""
    run_id, checkpoint_id = house.created(), new_ulid()
    rig = Rig(small_spec("CartPole-v1"))
    await asyncio.to_thread(rig.run)
    run_dir = house.folders.path(run_id)
    folder = run_dir / CHECKPOINTS / checkpoint_id
    manifest = save_checkpoint(rig.trainer.capture(), folder, cause="end")
    with JournalWriter(run_dir) as writer:
        writer.append(
            CheckpointSaved, env_step=manifest.env_steps, checkpoint_id=checkpoint_id,
            cause="end", size_bytes=manifest.size_bytes,
        )  # fmt: skip
        writer.commit()
    await house.index.refresh(run_id)
    return folder


def put(folder: Path, name: str, data: bytes) -> None:
    """Write a file of a checkpoint and a manifest that is true of it."""
    (folder / name).write_bytes(data)
    manifest = read_manifest(folder)
    files = {**manifest.files, **manifest_files({name: data})}
    text = manifest.model_copy(update={"files": files}).model_dump_json()
    (folder / MANIFEST_FILE).write_text(text)


async def told_by_everybody(house: House, folder: Path) -> dict[str, str]:
    """Who reads a checkpoint, and the code of the refusal, or that there was none."""
    run_id, name = folder.parents[1].name, folder.name

    async def settings() -> object:
        return await house.checkpointing.settings(run_id, name)

    async def download() -> object:
        return await asyncio.to_thread(lambda: sum(map(len, archive(folder))))

    async def fork() -> object:
        request = ForkRequest(checkpoint_id=name)
        return await house.checkpointing.fork(
            run_id, request, actor="token", idempotency_key=None, wait_s=0
        )

    async def go_on() -> object:
        return await asyncio.to_thread(load_checkpoint, folder)

    async def play() -> object:
        return await asyncio.to_thread(read_policy, PolicySource(checkpoint=str(folder)))

    told, quoted = {}, 0
    for read in (settings, download, fork, go_on, play):
        try:
            await read()
            told[read.__name__] = "fine"
        except MatineeError as error:
            told[read.__name__] = error.code
            quoted += len(str(error))
    assert quoted < 5000, "an error names what is wrong, and does not quote all of it"
    return told


async def test_what_is_whole_is_read(house: House, checkpoint: Path) -> None:
    """Everybody reads what nobody has tampered with."""
    assert set((await told_by_everybody(house, checkpoint)).values()) == {"fine"}


@pytest.mark.parametrize("make", CONTENTS)
@pytest.mark.parametrize("name", [TENSORS_FILE, STATE_FILE, POLICY_FILE])
async def test_no_content_is_run_or_fills_the_memory(
    house: House, checkpoint: Path, tmp_path: Path, name: str, make: Callable[[Path], bytes]
) -> None:
    """Whoever needs the file that was replaced refuses it; no code of it runs, and less than 50 MB
    are taken.
    """
    canary = tmp_path / "canary"
    put(checkpoint, name, make(canary))
    before_bytes = psutil.Process().memory_info().rss

    told = await told_by_everybody(house, checkpoint)

    needed_by = {
        TENSORS_FILE: {"go_on", "play"}, STATE_FILE: {"settings", "fork", "go_on"},
        POLICY_FILE: {"play"},
    }[name]  # fmt: skip
    assert {reader for reader, code in told.items() if code != "fine"} >= needed_by
    assert set(told.values()) <= {
        "fine",
        "checkpoint",
        "checkpoint_damaged",
        "policy_not_described",
    }
    assert psutil.Process().memory_info().rss - before_bytes < MOST_GROWTH_BYTES
    assert not canary.exists()


@pytest.mark.parametrize("name", [TENSORS_FILE, STATE_FILE, POLICY_FILE, MANIFEST_FILE])
@pytest.mark.parametrize("how", ["truncated", "changed", "five gigabytes", "gone", "a pipe"])
async def test_what_is_not_what_was_written_is_refused(
    house: House, checkpoint: Path, name: str, how: str
) -> None:
    """A file that is shorter, other, larger by gigabytes, away, or no file at all: it is all
    refused as damaged, without reading it into memory or waiting for it.
    """
    file = checkpoint / name
    data = file.read_bytes()
    match how:
        case "truncated":
            file.write_bytes(data[: len(data) // 2])
        case "changed":
            file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        case "five gigabytes":
            with file.open("r+b") as opened:
                opened.truncate(HUGE_BYTES)
        case _:
            file.unlink()
            if how == "a pipe":
                os.mkfifo(file)
    before_bytes = psutil.Process().memory_info().rss

    async with asyncio.timeout(30):
        told = await told_by_everybody(house, checkpoint)

    unread = {"settings"} if name in {TENSORS_FILE, POLICY_FILE} else set()
    assert {reader for reader, code in told.items() if code == "fine"} == unread
    assert set(told.values()) <= {"fine", "checkpoint", "checkpoint_damaged"}
    assert psutil.Process().memory_info().rss - before_bytes < MOST_GROWTH_BYTES


async def test_no_name_in_a_manifest_leads_elsewhere(house: House, checkpoint: Path) -> None:
    """A manifest that names a file elsewhere, which it describes truly, is refused by everybody who
    reads all that it names.
    """
    secret = house.data_dir / "secret"
    secret.write_bytes(b"secret")
    manifest = read_manifest(checkpoint)
    for name in ("../../../../secret", str(secret)):
        files = {**manifest.files, **manifest_files({name: b"secret"})}
        text = manifest.model_copy(update={"files": files}).model_dump_json()
        (checkpoint / MANIFEST_FILE).write_text(text)

        told = await told_by_everybody(house, checkpoint)

        assert told.pop("settings") == "fine"
        assert "fine" not in told.values()


@pytest.mark.parametrize("make", [torch_archive, deep_json])
@pytest.mark.parametrize("option", ["SPEC", "--replay"])
def test_what_a_command_is_given_is_only_read(
    tmp_path: Path, runtime_dir: Path, make: Callable[[Path], bytes], option: str
) -> None:
    """`matinee train` refuses a file that is no JSON of ours, in a line, and runs nothing of it."""
    file, canary = tmp_path / "given.json", tmp_path / "canary"
    file.write_bytes(make(canary))
    arguments = [str(file)] if option == "SPEC" else [option, str(file)]

    done = subprocess.run(
        matinee_command("train", *arguments, "--data-dir", str(tmp_path / "data")),
        env=child_environment(runtime_dir=runtime_dir),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert len(done.stderr) < 2000
    assert not canary.exists()
    assert not (tmp_path / "data" / "runs").exists()


def test_the_canary_sings(tmp_path: Path) -> None:
    """The payload of these tests does what it says where something is unpickled: in a process that
    does so on purpose.
    """
    canary = tmp_path / "canary"
    file = tmp_path / "payload"
    file.write_bytes(malicious_pickle(canary))

    code = "import pickle, sys; pickle.load(open(sys.argv[1], 'rb'))"
    subprocess.run([sys.executable, "-c", code, str(file)], check=True, timeout=60)

    assert canary.exists()
