"""What each call sends."""

from __future__ import annotations

import json

import pytest

from matinee.client import access_calls, calls
from matinee.contracts.commands import Step
from matinee.contracts.episodes import EpisodeRequest, EvaluationRequest
from matinee.contracts.recordings import RecordingRequest
from matinee.contracts.run import RunPatch
from matinee.contracts.run_spec import RunRequest
from matinee.contracts.schedules import LinearSchedule, RampFromHere
from matinee.web.openapi import openapi_document

PATHS = openapi_document()["paths"]
SCHEDULE = LinearSchedule.model_validate(
    {"schedule": "linear", "from": 1, "to": 0, "until_env_step": 5}
)
EVERY_CALL = [
    calls.system(),
    calls.environments(),
    calls.algorithms(),
    calls.alert_rules(),
    calls.presets(),
    calls.create_run(RunRequest(preset="p"), idempotency_key="k", wait_s=1),
    calls.list_runs(
        states=[],
        environment=None,
        algorithm=None,
        group=None,
        text=None,
        limit=50,
        cursor=None,
    ),
    calls.get_run("{run_id}"),
    calls.edit_run("{run_id}", RunPatch(name="x"), revision=1),
    calls.delete_run("{run_id}"),
    calls.command("{run_id}", Step(updates=1), wait_s=0),
    calls.hyperparameters("{run_id}"),
    calls.set_hyperparameters("{run_id}", {"gamma": 0.9}, expected_revision=None, wait_s=0),
    calls.set_alert_thresholds("{run_id}", {"policy_lag": 9.0}, wait_s=0),
    calls.workers("{run_id}"),
    calls.log("{run_id}", after=7, before=None, limit=None),
    calls.commands("{run_id}", cursor=None),
    calls.events("{run_id}", after=0, limit=10, types=()),
    calls.fork_run("{run_id}", {"name": "twin"}, idempotency_key="k", wait_s=1),
    calls.checkpoints("{run_id}"),
    calls.checkpoint_settings("{run_id}", "{checkpoint_id}"),
    calls.save_checkpoint("{run_id}", pinned=True, wait_s=1),
    calls.pin_checkpoint("{run_id}", "{checkpoint_id}", pinned=True, wait_s=1),
    calls.rewind("{run_id}", "{checkpoint_id}", wait_s=1),
    calls.download_checkpoint("{run_id}", "{checkpoint_id}"),
    calls.download_policy("{run_id}", "{checkpoint_id}"),
    calls.evaluate("{run_id}", EvaluationRequest(episodes=3)),
    calls.play_episode("{run_id}", EpisodeRequest()),
    calls.record_episode("{run_id}", RecordingRequest(format="webp")),
    calls.recordings("{run_id}"),
    calls.download_recording("{run_id}", "{recording_id}"),
    calls.delete_recording("{run_id}", "{recording_id}"),
    calls.ledger("{run_id}"),
    calls.export("{run_id}", "episodes", "jsonl"),
    calls.export("{run_id}", "metrics", "csv"),
    access_calls.me(),
    access_calls.tokens(),
    access_calls.create_token("lab", "viewer", 3600),
    access_calls.revoke_token("{token_id}"),
    access_calls.share("class", "viewer", 3600),
    access_calls.audit(10, "01ARZ3NDEKTSV4RRFFQ69G5FAV"),
]


@pytest.mark.parametrize("call", EVERY_CALL, ids=lambda call: f"{call.method} {call.path}")
def test_every_call_is_in_the_contract(call: calls.Call[object]) -> None:
    """Method, path and parameters of each call are ones that the server documents."""
    operation = PATHS[call.path][call.method.lower()]
    documented = {p["name"] for p in operation.get("parameters", [])}

    sent = call.arguments()

    assert set(sent["params"]) <= documented
    assert {name.lower() for name in sent["headers"]} - {"content-type"} <= documented
    assert (call.body is not None) == ("requestBody" in operation)


def test_only_what_was_set_is_sent() -> None:
    """A request and a patch send the fields that were given, null included, and no others."""
    created = calls.create_run(RunRequest(preset="p", budget=None), idempotency_key=None, wait_s=0)
    edited = calls.edit_run("r", RunPatch(group=None), revision=3)

    assert json.loads(created.body or b"") == {"preset": "p", "budget": None}
    assert json.loads(edited.body or b"") == {"group": None}
    assert edited.headers == {"If-Match": '"3"'}


def test_schedules_are_sent_as_people_write_them() -> None:
    """Fields of a schedule have the names of the contract: `from`, not `from_value`."""
    call = calls.set_hyperparameters("r", {"gamma": SCHEDULE}, expected_revision=4, wait_s=0)

    sent = json.loads(call.body or b"")["gamma"]
    assert (sent["from"], sent["to"], sent["until_env_step"]) == (1, 0, 5)
    assert call.headers == {"If-Match": '"4"'}
    ahead = RampFromHere(schedule="from_here", to_value=0.5, for_env_steps=9)
    call = calls.set_hyperparameters("r", {"gamma": ahead}, expected_revision=None, wait_s=0)
    sent = json.loads(call.body or b"")["gamma"]
    assert (sent["schedule"], sent["to"], sent["for_env_steps"]) == ("from_here", 0.5, 9)


def test_a_plain_dict_is_checked_first() -> None:
    """A mapping becomes a validated request."""
    call = calls.create_run({"preset": "p"}, idempotency_key=None, wait_s=2)

    assert json.loads(call.body or b"") == {"preset": "p"}
    assert call.arguments()["params"] == {"wait": 2}
