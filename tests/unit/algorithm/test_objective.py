"""The numbers of a loss, for rollouts of a policy that acted at random now and then."""

from __future__ import annotations

import math
from dataclasses import replace

from fakes.objectives import OBJECTIVE
from matinee.algorithm.objective import Objective


def test_random_actions_are_corrected_by_vtrace_whatever_old_segments_are_corrected_by() -> None:
    """Without a limit of ρ, so that nothing but the policy is learned about; the rest stays."""
    objective = replace(OBJECTIVE, correction="none", rho_bar=0.5, c_bar=0.5, epsilon=0.3)

    despite: Objective = objective.despite_random_actions()

    assert (despite.correction, despite.rho_bar, despite.c_bar) == ("vtrace", math.inf, 1.0)
    assert replace(despite, correction="none", rho_bar=0.5, c_bar=0.5) == objective
