"""Builds the page into the package, so that the wheel needs no Node where it is installed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageBuildHook(BuildHookInterface[Any]):
    """Runs the front-end build for a wheel or an sdist; not for an editable install."""

    def dependencies(self) -> list[str]:
        """Node from the package index where the PATH has none that is new enough."""
        toolchain = self._toolchain_module()
        if self._carries_page() or toolchain.find_toolchain() is not None:
            return []
        return [toolchain.NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page before files are collected.

        Raises:
            RuntimeError: if npm fails or leaves no page.
        """
        del build_data
        if version == "editable" or self._carries_page():
            return
        module = self._toolchain_module()
        toolchain = module.find_toolchain()
        if toolchain is None:
            raise RuntimeError(
                f"the page can't be built: install Node.js 20 or newer, or {module.NODE_WHEEL}"
            )
        if module.install_packages(toolchain) != 0 or toolchain.run("run", "build") != 0:
            raise RuntimeError("the page can't be built: npm failed, see its output above")
        if not self._page.exists():
            raise RuntimeError(f"the front-end build left no {self._page}")

    @property
    def _page(self) -> Path:
        return Path(self.root, "backend", "matinee", "web", "page", "index.html")

    def _carries_page(self) -> bool:
        # Only an unpacked sdist has PKG-INFO; in a checkout the page may be older than its sources.
        return Path(self.root, "PKG-INFO").exists() and self._page.exists()

    def _toolchain_module(self) -> ModuleType:
        # Build hooks are loaded by path: there is no package to import from.
        path = Path(self.root, "scripts", "node_toolchain.py")
        spec = importlib.util.spec_from_file_location("matinee_node_toolchain", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module
