"""MuJoCo's warnings go to the log, not into a file MUJOCO_LOG.TXT where the program was started."""

from __future__ import annotations

import logging

from gymnasium.envs.registration import EnvSpec

_log = logging.getLogger(__name__)


def redirect_mujoco_warnings(spec: EnvSpec) -> None:
    """Before an environment is built that uses MuJoCo; does nothing for others.

    Raises:
        ImportError: if MuJoCo is missing.
    """
    entry_point = spec.entry_point
    if isinstance(entry_point, str) and entry_point.startswith("gymnasium.envs.mujoco."):
        import mujoco  # type: ignore[import-untyped]  # it has no types

        mujoco.set_mju_user_warning(_log.warning)
