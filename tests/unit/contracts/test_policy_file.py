"""What `policy.json` says."""

from __future__ import annotations

from fakes.played_runs import policy_files
from matinee.contracts.policy_file import MakingFile


def test_a_game_can_be_played_if_it_says_how_it_is_prepared() -> None:
    """Everything but the ALE's games is prepared by its coding; older versions said nothing."""
    about, _ = policy_files()
    game = about.model_copy(update={"coding": None})
    making = MakingFile(packages=["ale-py"], module="ale_py", atari=None)

    assert about.can_be_played
    assert about.model_copy(update={"making": None}).can_be_played
    assert not game.model_copy(update={"making": None}).can_be_played
    assert not game.model_copy(update={"making": making}).can_be_played
    prepared = making.model_copy(update={"atari": {"game": "pong"}})
    assert game.model_copy(update={"making": prepared}).can_be_played
