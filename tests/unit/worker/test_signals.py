"""SIGTERM and Ctrl-C, in a process of their own."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import signal, sys
from matinee.worker.signals import on_termination
on_termination(lambda name: print(name, flush=True))
print("ready", flush=True)
while True:
    signal.pause()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_asks_and_the_second_ends(number: signal.Signals) -> None:
    """The first signal is passed on by name, and the next one ends the process at once."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(number)
        assert child.stdout.readline() == f"{number.name}\n"
        assert child.poll() is None
        child.send_signal(signal.SIGTERM)
        assert child.wait(30) == 130


def test_module_is_importable_without_side_effects() -> None:
    """Importing the module takes no signal handler over."""
    before = signal.getsignal(signal.SIGTERM)
    from matinee.worker import signals

    assert signals.EXIT_AFTER_SECOND_SIGNAL == 130
    assert signal.getsignal(signal.SIGTERM) is before
