"""What the supervisor holds of a run that has a process."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

from matinee.contracts.commands import Command
from matinee.contracts.control import HostedBy
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run import Run
from matinee.contracts.run_state import RunState
from matinee.runs.control_link import ControlLink
from matinee.runs.deaths import Rebirth
from matinee.runs.ports import RunProcess


@dataclass(frozen=True)
class Sentence:
    """What to record of a run whose process we end.

    Attributes:
        state: How it ended.
        reason: Why, in words.
        command: Who asked for it, if anybody.
        is_hang: It did not answer: its log, with the stacks that it was made to dump, tells more.
    """

    state: RunState
    reason: str
    command: Command | None = None
    is_hang: bool = False


@dataclass
class LiveRun:
    """One run with a process. Lives as long as the supervisor's task for it."""

    run_id: str
    run_dir: Path
    socket_path: Path
    process: RunProcess
    news: asyncio.Event = field(default_factory=asyncio.Event)
    linked: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    link: ControlLink | None = None
    hosted_by: HostedBy = "server"
    began: str = field(default_factory=new_ulid)
    began_at_s: float = field(default_factory=time.monotonic)
    heard_at_s: float = field(default_factory=time.monotonic)
    trouble: str | None = None
    """Of its record, as its process tells: it can't stand in the record."""
    sentence: Sentence | None = None
    task: asyncio.Task[None] | None = None
    rebirth: tuple[Run, Rebirth] | None = None
    """What follows its death."""
    ending: asyncio.Task[None] | None = None
    """Ends its process step by step, once it has hung."""
