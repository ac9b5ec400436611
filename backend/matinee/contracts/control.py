"""Frames on a run's control socket: one JSON document a line, at most `MAX_FRAME_BYTES`.

Server → run process: `CommandFrame`, answered by `AckFrame`, and `SharePolicyFrame`, which a file
answers. Run process → server: `HelloFrame` once, `CommittedFrame` after every commit, and a
`HeartbeatFrame` each second.
Whoever writes a run.db and answers here is a run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from matinee.contracts.commands import Action
from matinee.contracts.uncached_json import UNCACHED

CONTROL_PROTOCOL_VERSION = 1
MAX_FRAME_BYTES = 256 * 1024

HostedBy = Literal["server", "terminal"]
"""A process that a server started ends with it; one in somebody's terminal is left alone."""

Phase = Literal["starting", "working", "standing"]
"""Whether work is to be expected: `standing` is paused, held, or slowed down on purpose."""


class _Frame(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CommandFrame(_Frame):
    """Please do this."""

    type: Literal["command"] = "command"
    command_id: str
    actor: str
    action: Action


class SharePolicyFrame(_Frame):
    """Please write the present policy to `policy_file_of` this socket: somebody watches it play.

    No answer: the file is there, soon, if it can be.
    """

    type: Literal["share_policy"] = "share_policy"


class HelloFrame(_Frame):
    """Who answers here."""

    type: Literal["hello"] = "hello"
    protocol: int
    run_id: str
    pid: int
    process_started_at: float = Field(description="Unix time; with the pid it names a process.")
    hosted_by: HostedBy = "server"
    shares_policy: bool = Field(default=False, description="Knows `SharePolicyFrame`.")


class AckFrame(_Frame):
    """The command stands in run.db, as accepted or as rejected."""

    type: Literal["ack"] = "ack"
    command_id: str
    accepted: bool
    reason: str | None = None


class CommittedFrame(_Frame):
    """run.db has events up to this sequence number."""

    type: Literal["committed"] = "committed"
    seq: int


class HeartbeatFrame(_Frame):
    """Alive, and this far."""

    type: Literal["heartbeat"] = "heartbeat"
    pid: int
    env_steps: int
    monotonic_s: float
    work: int | None = Field(
        default=None, description="Another number whenever anything was done; null: not told."
    )
    phase: Phase = "working"
    trouble: str | None = Field(
        default=None, description="What can't be written down, in words; null: all can."
    )


ServerFrame = Annotated[CommandFrame | SharePolicyFrame, Field(discriminator="type")]
RunFrame = Annotated[
    HelloFrame | AckFrame | CommittedFrame | HeartbeatFrame, Field(discriminator="type")
]

SERVER_FRAME_ADAPTER: TypeAdapter[ServerFrame] = TypeAdapter(ServerFrame, config=UNCACHED)
RUN_FRAME_ADAPTER: TypeAdapter[RunFrame] = TypeAdapter(RunFrame, config=UNCACHED)


def policy_file_of(socket_path: Path) -> Path:
    """Where the run process behind a control socket shares its present policy."""
    return socket_path.with_suffix(".policy")


class Assignment(_Frame):
    """What a spare process gets on its standard input: the run that it shall host."""

    run_id: str
    run_dir: str
    socket_path: str
    orphan_grace_s: float
    start_command_id: str | None = None
    actor: str = "server"
