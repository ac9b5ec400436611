"""On PYTHONPATH this registers `Probe/…` in every process that imports gymnasium, and only there.

Python imports `sitecustomize` when it starts; gymnasium itself knows no plug-ins.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType


class _AfterGymnasium(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads gymnasium as usual, then registers the probes."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Step in for gymnasium, once."""
        del path, target
        if fullname != "gymnasium":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        assert spec is not None
        assert spec.loader is not None
        self._loader = spec.loader
        spec.loader = self
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As usual."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """As usual, and then the probes."""
        self._loader.exec_module(module)
        from fakes.probe_environments import register_probes

        register_probes()


sys.meta_path.insert(0, _AfterGymnasium())
