"""An ONNX model of a policy says what the trainer's own policy says."""

from __future__ import annotations

import importlib.util
import json
from typing import Any

import gymnasium
import numpy as np
import onnx
import pytest
from gymnasium import spaces
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from fakes.saved_policies import OBSERVATIONS, TWO, VECTOR, SavedPolicy, saved_policy
from matinee.algorithm.acting import NumpyActorCritic
from matinee.algorithm.recurrent_acting import RecurrentActorCritic
from matinee.contracts.policy_file import PolicyFile
from matinee.environments.normalization import NormalizationState, ObservationNormalizer
from matinee.errors import CheckpointError, InvalidInputError
from matinee.runs.onnx_policy import (
    METADATA,
    STATE_METADATA,
    onnx_model,
    why_no_onnx,
    writer_version,
)

PICTURE = spaces.Box(0, 255, (48, 40, 3), np.uint8)
TORQUES = spaces.Box(-2.0, 4.0, (2,), np.float32)


def run(both: SavedPolicy, observations: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """The model's outputs by name."""
    evaluator = ReferenceEvaluator(onnx_model(both.contents))
    values = evaluator.run(None, {"observation": observations.astype(np.float32)})
    return dict(zip(evaluator.output_names, values, strict=True))


def close(theirs: NDArray[Any], ours: NDArray[Any]) -> None:
    """The same but for rounding."""
    assert theirs.shape == ours.shape
    np.testing.assert_allclose(theirs, ours, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("shared_trunk", [True, False])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize(
    "actions", [TWO, spaces.MultiDiscrete([2, 3, 4]), spaces.MultiBinary(3), TORQUES], ids=str
)
def test_outputs_are_the_trainers(
    actions: gymnasium.Space[Any], activation: str, shared_trunk: bool
) -> None:
    """For every kind of action, activation and trunk, of several observations at once."""
    both = saved_policy(actions=actions, activation=activation, shared_trunk=shared_trunk)
    ours, seen = NumpyActorCritic(both.shape, both.weights), both.observations(VECTOR)

    theirs = run(both, seen)

    head = "mean" if actions is TORQUES else "logits"
    assert set(theirs) == {head, "value"} | ({"log_std"} if actions is TORQUES else set())
    close(theirs[head], ours.outputs(seen))
    close(theirs["value"], ours.values(seen))
    if actions is TORQUES:
        log_std = both.shape.layout().views(both.weights)["policy.log_std"]
        close(theirs["log_std"], np.tile(log_std, (OBSERVATIONS, 1)))


@pytest.mark.parametrize("shared_trunk", [True, False])
@pytest.mark.parametrize(
    ("space", "network"),
    [
        (PICTURE, {"convolution": "a3c"}),
        (PICTURE, {"convolution": "nature", "standardizes_images": True}),
        (PICTURE, {"convolution": "none"}),
        (spaces.Box(0, 1, (2, 40, 48), np.float32), {"convolution": "a3c"}),
        (spaces.Dict({"a": spaces.Discrete(4), "b": spaces.MultiBinary(2)}), {}),
    ],
    ids=str,
)
def test_so_it_is_for_images_and_for_choices(
    space: gymnasium.Space[Any], network: dict[str, Any], shared_trunk: bool
) -> None:
    """Bytes go in as they are; what is coded one-hot goes in coded."""
    both = saved_policy(space, shared_trunk=shared_trunk, **network)
    ours, seen = NumpyActorCritic(both.shape, both.weights), both.observations(space)

    theirs = run(both, seen)

    close(theirs["logits"], ours.outputs(seen))
    close(theirs["value"], ours.values(seen))


@pytest.mark.parametrize("count", [10.0, 0.0])
@pytest.mark.parametrize("shared_trunk", [True, False])
def test_observations_are_normalised_inside(count: float, shared_trunk: bool) -> None:
    """With the statistics of the checkpoint and clipped; before any sample, clipped only."""
    state = NormalizationState(
        count=np.asarray(count), mean=np.array([1.0, -2.0, 0.5]), m2=np.array([5.0, 0.0, 40.0])
    )
    both = saved_policy(normalization=state, shared_trunk=shared_trunk)
    seen = np.array([[0.5, -2.0, 3.0], [50.0, 4.0, -50.0]], np.float32)
    normal = ObservationNormalizer(3, state).normalize(seen)
    ours = NumpyActorCritic(both.shape, both.weights)

    theirs = run(both, seen)

    close(theirs["logits"], ours.outputs(normal))
    close(theirs["value"], ours.values(normal))


def test_the_file_says_what_makes_actions_of_its_outputs() -> None:
    """In its metadata; any number of observations goes in, and older programs can read it."""
    both = saved_policy(actions=spaces.Discrete(3, start=5))

    model = onnx.load_from_string(onnx_model(both.contents))

    about = PolicyFile.model_validate_json(both.contents["policy.json"])
    (entry,) = model.metadata_props
    assert entry.key == METADATA
    assert PolicyFile.model_validate_json(entry.value[:-1] + ',"arrays":{}}') == about.model_copy(
        update={"arrays": {}}
    )
    for tensor in (*model.graph.input, *model.graph.output):
        assert tensor.type.tensor_type.shape.dim[0].dim_param == "batch"
    assert (model.ir_version, model.opset_import[0].version) == (8, 18)
    assert onnx_model(both.contents) == onnx_model(both.contents)


@pytest.mark.parametrize(
    ("space", "network"),
    [
        (VECTOR, {"shared_trunk": True}),
        (VECTOR, {"shared_trunk": False, "activation": "relu"}),
        (PICTURE, {"shared_trunk": True, "convolution": "a3c"}),
        (PICTURE, {"shared_trunk": False, "convolution": "a3c"}),
    ],
    ids=str,
)
def test_a_network_that_remembers_has_its_state_as_inputs_and_outputs(
    space: gymnasium.Space[Any], network: dict[str, Any]
) -> None:
    """Fed as the metadata says, it acts as the trainer does, over steps and a new episode."""
    both = saved_policy(space, lstm_units=4, **network)
    ours = RecurrentActorCritic(both.shape, both.weights)
    model = onnx.load_from_string(onnx_model(both.contents))
    about = json.loads({entry.key: entry.value for entry in model.metadata_props}[STATE_METADATA])
    evaluator = ReferenceEvaluator(model)
    nothing = np.full((OBSERVATIONS, 4), about["initial_value"], np.float32)
    state = dict.fromkeys(about["next"], nothing)
    begins = np.zeros(OBSERVATIONS, np.bool_)
    begins[1] = True
    for step in range(5):
        seen = both.observations(space, seed=step)
        if step == 3:
            ours.forget(begins)
            state = {name: np.where(begins[:, None], nothing, each) for name, each in state.items()}

        outputs = evaluator.run(None, {"observation": seen.astype(np.float32), **state})

        theirs = dict(zip(evaluator.output_names, outputs, strict=True))
        close(theirs["value"], ours.values(seen, ours.state_of(OBSERVATIONS)))
        close(theirs["logits"], ours.outputs(seen))
        state = {name: theirs[after] for name, after in about["next"].items()}
    prefixes = ("",) if network["shared_trunk"] else ("", "value_")
    assert about["next"] == {f"{p}{n}_in": f"{p}{n}_out" for p in prefixes for n in "hc"}


def test_a_checkpoint_that_does_not_describe_its_policy_is_refused() -> None:
    """One of an older version, and one that says it in a later way."""
    contents = saved_policy().contents
    later = {**contents, "policy.json": contents["policy.json"].replace(b"policy/1", b"policy/9")}
    del contents["policy.json"]

    with pytest.raises(CheckpointError, match="older version"):
        onnx_model(contents)
    with pytest.raises(CheckpointError, match="matinee-policy/1"):
        onnx_model(later)


def test_what_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal says what to install, and what needs nothing."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    for call in (writer_version, lambda: onnx_model(saved_policy().contents)):
        with pytest.raises(InvalidInputError, match=r"pip install 'matinee\[onnx\]'") as refused:
            call()
        assert refused.value.code == "onnx_unavailable"
    assert why_no_onnx() == str(refused.value)
