"""Runs outlive what happens around them: kills, shutdowns, restarts, absent servers."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from integration.live_server import LONG_RUN, LiveServer, eventually, is_run_process
from matinee.journal.reader import JournalReader

NewServer = Callable[..., LiveServer]


def _committed(server: LiveServer, run_id: str) -> JournalReader:
    return JournalReader(server.data_dir / "runs" / run_id)


def _episode_rows(reader: JournalReader) -> int:
    return sum(len(rows) for rows in reader.episodes())


def _started(server: LiveServer, **changes: Any) -> str:
    run = server.create({**LONG_RUN, **changes}, wait=20)
    server.wait_for_steps(run["id"], 500)
    return str(run["id"])


def test_a_killed_run_fails_with_the_reason_and_loses_nothing_committed(
    live_server: LiveServer,
) -> None:
    """A run whose process is killed is `failed` with the signal's name, its record is whole, and
    the server and the other runs go on.
    """
    other = _started(live_server)
    victim = _started(live_server)
    reader = _committed(live_server, victim)
    before = _episode_rows(reader)
    last_seq = live_server.run(victim)["last_seq"]
    live_server.run_process(victim).kill()
    failed = live_server.wait_for(victim, "failed")
    assert "SIGKILL" in failed["reason"]
    events = live_server.events(victim)
    assert [event["seq"] for event in events] == list(range(1, failed["last_seq"] + 1))
    assert failed["last_seq"] > last_seq
    assert events[-1]["state"] == "failed"
    assert _episode_rows(reader) >= before
    live_server.wait_for_steps(other, live_server.run(other)["progress"]["env_steps"])
    live_server.command(other, "abort")


def test_a_terminated_run_process_leaves_in_order(live_server: LiveServer) -> None:
    """SIGTERM to a run process ends its run as `interrupted`, with a checkpoint."""
    run_id = _started(live_server)
    live_server.run_process(run_id).terminate()
    run = live_server.wait_for(run_id, "interrupted")
    assert "SIGTERM" in run["reason"]
    assert _committed(live_server, run_id).checkpoints()


def test_a_paused_run_stands_still_and_steps_exactly_as_far_as_asked(
    live_server: LiveServer,
) -> None:
    """After a pause no env step is done; a step runs to the first boundary there, then pauses."""
    run_id = _started(live_server)
    paused = live_server.command(run_id, "pause")
    assert paused["state"] == "applied"
    stands_at = live_server.run(run_id)["progress"]["env_steps"]
    assert live_server.command(run_id, "pause")["applied_at_env_step"] == stands_at
    stepped = live_server.command(run_id, "step", updates=1)
    assert stepped["state"] == "applied"
    after = live_server.run(run_id)
    assert after["state"] == "paused"
    rollout_steps = LONG_RUN["envs_per_worker"] * LONG_RUN["hyperparameters"]["rollout_length"]
    assert 0 < after["progress"]["env_steps"] - stands_at <= rollout_steps
    assert live_server.command(run_id, "resume")["state"] == "applied"
    live_server.wait_for_steps(run_id, after["progress"]["env_steps"])
    assert live_server.command(run_id, "stop")["state"] == "applied"
    assert live_server.run(run_id)["state"] == "stopped"


def test_a_clean_shutdown_ends_runs_with_checkpoints_and_a_restart_resumes_them(
    own_server: LiveServer, new_server: NewServer
) -> None:
    """SIGTERM ends the server with exit code 0 and no process left behind; its runs are
    `interrupted`, and started again they go on from their checkpoint.
    """
    run_ids = [_started(own_server), _started(own_server)]
    spares = psutil.Process(own_server.process.pid).children(recursive=True)
    code, _ = own_server.stop(signal.SIGTERM)
    assert code == 0
    assert not [child.pid for child in spares if is_run_process(child.pid)]
    again = new_server(own_server.data_dir).start()
    try:
        for run_id in run_ids:
            run = again.run(run_id)
            assert run["state"] == "interrupted"
            assert "server" in run["reason"]
        steps_before = again.run(run_ids[0])["progress"]["env_steps"]
        last_seq = again.run(run_ids[0])["last_seq"]
        assert again.command(run_ids[0], "start")["state"] == "applied"
        resumed = again.wait_for_steps(run_ids[0], steps_before)
        assert resumed["state"] == "running"
        seqs = [event["seq"] for event in again.events(run_ids[0], after=last_seq)]
        assert seqs == list(range(last_seq + 1, last_seq + 1 + len(seqs)))
    finally:
        again.clean_up()


def test_a_killed_server_is_replaced_by_one_that_adopts_its_runs(
    own_server: LiveServer, new_server: NewServer
) -> None:
    """Kill -9 of the server does not stop a run; a new server steers the very same process, and
    the events go on without a gap.
    """
    run_id = _started(own_server)
    pid = own_server.run_process(run_id).pid
    seen = own_server.run(run_id)
    own_server.kill()
    again = new_server(own_server.data_dir).start()
    try:
        adopted = again.wait_for_steps(run_id, seen["progress"]["env_steps"])
        assert adopted["state"] == "running"
        assert again.run_process(run_id).pid == pid
        changed = again.client.patch(
            f"/api/v1/runs/{run_id}/hyperparameters",
            params={"wait": 20},
            json={"learning_rate": 0.001},
        ).json()
        assert changed["state"] == "applied"
        assert again.command(run_id, "stop")["state"] == "applied"
        last = again.wait_for(run_id, "stopped")
        seqs = [event["seq"] for event in again.events(run_id)]
        assert seqs == list(range(1, last["last_seq"] + 1))
        eventually(lambda: not is_run_process(pid), what="end of the adopted process")
    finally:
        again.clean_up()


def test_a_run_that_no_server_attends_to_leaves_with_a_checkpoint(
    new_server: NewServer, tmp_path: Path
) -> None:
    """Without any server for the grace period a run checkpoints and leaves as `interrupted`."""
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    server = new_server(data_dir, MATINEE_ORPHAN_GRACE_S="1").start()
    try:
        run_id = _started(server)
        reader = _committed(server, run_id)
        pid = server.run_process(run_id).pid
        server.kill()
        eventually(lambda: not is_run_process(pid), what="end of the orphan")
        snapshot, _ = reader.snapshot()
        assert snapshot.state.value == "interrupted"
        assert snapshot.reason is not None
        assert "no server" in snapshot.reason
        assert reader.checkpoints()
    finally:
        server.clean_up()


def test_runs_that_keep_going_are_adopted_after_an_orderly_restart(
    new_server: NewServer, tmp_path: Path
) -> None:
    """With --keep-runs a shutdown leaves runs training, and the next server adopts them."""
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    server = new_server(data_dir, "--keep-runs").start()
    last = server
    try:
        run_id = _started(server)
        pid = server.run_process(run_id).pid
        steps = server.run(run_id)["progress"]["env_steps"]
        code, _ = server.stop()
        assert code == 0
        assert is_run_process(pid)
        last = new_server(data_dir).start()
        last.wait_for_steps(run_id, steps)
        assert last.run_process(run_id).pid == pid
        last.command(run_id, "abort")
    finally:
        last.clean_up()


@pytest.mark.parametrize(
    "name", [pytest.param("Acrobot-v1", id="acrobot"), pytest.param("MountainCar-v0", id="car")]
)
def test_other_environments_with_boxes_and_discrete_actions_run(
    live_server: LiveServer, name: str
) -> None:
    """Any registered environment with Box observations and Discrete actions trains to its
    budget.
    """
    spec = {
        "environment": {"id": name},
        "workers": 2,
        "envs_per_worker": 4,
        "budget": {"env_steps": 3000},
        "evaluation": {"episodes": 1},
    }
    run = live_server.create(spec)
    finished = live_server.wait_for(run["id"], "finished")
    assert finished["progress"]["env_steps"] >= 3000
    assert "3,000 env steps" in finished["reason"]
