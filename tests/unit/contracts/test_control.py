"""What server and run process agree on."""

from __future__ import annotations

from pathlib import Path

from matinee.contracts.control import policy_file_of


def test_each_run_has_a_policy_file_of_its_own() -> None:
    """Beside its socket, in the same closed folder."""
    assert policy_file_of(Path("/run/one.sock")) == Path("/run/one.policy")
    assert policy_file_of(Path("/run/two.sock")) != policy_file_of(Path("/run/one.sock"))
