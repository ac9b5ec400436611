"""Sharing the present policy: on request, seldom, and cleaned up."""

from __future__ import annotations

from pathlib import Path

import pytest
import structlog

from fakes.control_peer import ControlPeer
from fakes.hosting import ENDLESS, hosted
from fakes.training import Rig, small_spec
from matinee.contracts.control import SharePolicyFrame, policy_file_of
from matinee.contracts.playing import PolicySource
from matinee.player.weights import read_policy
from matinee.training.present_policy import PresentPolicy
from matinee.worker import policy_sharing as module
from matinee.worker.policy_sharing import PolicySharing


@pytest.fixture(scope="module")
def present() -> PresentPolicy:
    """Of some training."""
    rig = Rig(small_spec("CartPole-v1"))
    rig.run()
    return rig.trainer.present_policy()


def test_it_is_written_once_for_each_time_somebody_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, present: PresentPolicy
) -> None:
    """Nobody asks: nothing is captured. Two who ask get one file, and the third waits."""
    monkeypatch.setattr(module, "INTERVAL_S", 1000.0)
    sharing = PolicySharing(tmp_path / "run.sock")
    captured = []

    def capture() -> PresentPolicy:
        captured.append(1)
        return present

    sharing.share_if_asked(capture)
    assert not captured
    sharing.ask()
    sharing.ask()
    sharing.share_if_asked(capture)
    soon_s, sharing._next_s = sharing._next_s, 0.0
    sharing.share_if_asked(capture)
    assert len(captured) == 1
    sharing._next_s = soon_s
    sharing.ask()
    sharing.share_if_asked(capture)

    assert len(captured) == 1
    shared = read_policy(PolicySource(shared=str(tmp_path / "run.policy")))
    assert shared.env_step == present.env_step
    sharing.close()
    assert list(tmp_path.iterdir()) == []


def test_what_costs_more_comes_less_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, present: PresentPolicy
) -> None:
    """A large network's takes a fixed share of the time, not a fixed interval."""
    cpu_s = iter([0.0, 1.0])
    monkeypatch.setattr("matinee.worker.policy_sharing.time.thread_time", lambda: next(cpu_s))
    monkeypatch.setattr("matinee.worker.policy_sharing.time.monotonic", lambda: 10.0)
    sharing = PolicySharing(tmp_path / "run.sock")
    sharing.ask()

    sharing.share_if_asked(lambda: present)

    assert sharing._next_s == 10.0 + 1.0 / module.MAX_COST


def test_neither_broken_weights_nor_a_full_disk_hurt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, present: PresentPolicy
) -> None:
    """The last ones stay, and training hears nothing of it."""
    monkeypatch.setattr(module, "INTERVAL_S", 0.0)
    monkeypatch.setattr(module, "MAX_COST", float("inf"))
    file = tmp_path / "folder" / "run.policy"
    sharing = PolicySharing(file.with_suffix(".sock"))
    sharing.ask()
    sharing.share_if_asked(lambda: present)
    before = file.read_bytes()

    broken = PresentPolicy(present.policy, present.weights * float("nan"), None, 1)
    sharing.ask()
    sharing.share_if_asked(lambda: broken)
    assert file.read_bytes() == before

    file.unlink()
    file.mkdir()
    sharing.ask()
    sharing.share_if_asked(lambda: present)
    assert file.is_dir()


def test_a_fault_of_ours_is_logged_and_training_goes_on(tmp_path: Path) -> None:
    """Nobody who only watches ends a run."""

    def capture() -> PresentPolicy:
        raise ZeroDivisionError("a fault of ours")

    sharing = PolicySharing(tmp_path / "run.sock")
    sharing.ask()
    with structlog.testing.capture_logs() as logs:
        sharing.share_if_asked(capture)

    assert [each["event"] for each in logs] == ["policy_not_shared"]
    assert list(tmp_path.iterdir()) == []


def test_what_an_earlier_process_left_is_not_the_present(tmp_path: Path) -> None:
    """It goes at the start, before anybody reads it."""
    (tmp_path / "run.policy").write_bytes(b"of a run that was killed")

    PolicySharing(tmp_path / "run.sock")

    assert list(tmp_path.iterdir()) == []


def test_a_hosted_run_shares_its_policy_while_it_trains(tmp_path: Path, runtime_dir: Path) -> None:
    """Newer weights each time, and the file is gone with the run."""
    with hosted(tmp_path, "CartPole-v1", runtime_dir=runtime_dir, spec=ENDLESS) as run:
        run.wait_for_steps(50)
        file = policy_file_of(run.socket_path)
        assert not file.exists()
        with ControlPeer(run.socket_path) as peer:

            def shared_after(env_step: int) -> bool:
                peer.send_raw(SharePolicyFrame().model_dump_json().encode() + b"\n")
                return (
                    file.exists()
                    and read_policy(PolicySource(shared=str(file))).env_step > env_step
                )

            run.wait_until(lambda: shared_after(0))
            first = read_policy(PolicySource(shared=str(file))).env_step
            run.wait_until(lambda: shared_after(first))
    assert not file.exists()
