"""What was seen once and is needed later is remembered, where there is an LSTM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakes.training import Rig, small_spec

pytestmark = pytest.mark.learning


def mean_return(*, lstm: int | None, **overrides: Any) -> float:
    """Of 100 greedy episodes in which the third action has to fit the first observation."""
    rig = Rig(
        small_spec(
            "Probe/Recall-v0",
            **{
                "network": {"hidden": [8], "lstm": lstm},
                "workers": 2,
                "envs_per_worker": 8,
                "budget": {"env_steps": 25_000},
                "hyperparameters": {
                    "optimizer": "adam",
                    "learning_rate": 0.01,
                    # Shorter than an episode now and then: states are carried between rollouts.
                    "rollout_length": 8,
                    "entropy_coefficient": 0.01,
                },
            }
            | overrides,
        )
    )
    rig.run()
    result = rig.trainer.evaluate(100, deterministic=True, should_stop=lambda: False)
    assert result is not None
    return result.mean_return


@pytest.mark.parametrize(
    "mode",
    [{"algorithm": "a2c"}, {"lockstep": True}, {"algorithm": "a3c"}, {"processes": 2}],
    ids=str,
)
def test_a_network_with_memory_recalls(
    mode: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In every mode that allows it, and by workers of two processes."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "fakes" / "probe_plugin"))
    assert mean_return(lstm=8, **mode) == 1.0


def test_a_network_without_memory_guesses() -> None:
    """Otherwise the test above would show nothing."""
    assert 0.3 < mean_return(lstm=None) < 0.7
