"""Packages that put environments into gymnasium's registry when they are imported.

Only those that `matinee.environments.installation` names: what an id says never decides what else
is imported. Each is imported when one of its environments is asked for, and not before: they take
a third of a second, which a run on CartPole need not spend.
"""

from __future__ import annotations

import importlib
import importlib.util

from matinee.environments.installation import PLUGINS, Plugin, plugin_of
from matinee.errors import EnvironmentBuildError


def load_plugin_of(environment_id: str) -> None:
    """Import the package that registers this environment, if there is one and it is installed.

    Raises:
        EnvironmentBuildError: if it is installed and can't be imported.
    """
    plugin = plugin_of(environment_id)
    if plugin is not None and importlib.util.find_spec(plugin.package) is not None:
        _load(plugin)


def load_all_plugins() -> dict[str, str]:
    """Import all that are installed.

    Returns:
        Why packages can't be imported, by name; one that is broken does not stop the others.
    """
    broken: dict[str, str] = {}
    for plugin in PLUGINS:
        if importlib.util.find_spec(plugin.package) is not None:
            try:
                _load(plugin)
            except EnvironmentBuildError as error:
                broken[plugin.package] = str(error)
    return broken


def _load(plugin: Plugin) -> None:
    try:
        importlib.import_module(plugin.package)
    except Exception as error:
        raise EnvironmentBuildError(
            f"{plugin.package} is installed but can't be imported: {type(error).__name__}: {error}"
        ) from error
