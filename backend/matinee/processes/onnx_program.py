"""ONNX models, made by a child process and passed on as it writes them."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

from matinee.processes.program_output import output_of


class OnnxProgram:
    """Implements `matinee.runs.ports.PolicyFiles`."""

    def onnx(self, folder: Path) -> AsyncIterator[bytes]:
        """A whole ONNX file, in parts."""
        return output_of(
            [sys.executable, "-m", "matinee.runs.onnx_policy", str(folder)], what="the ONNX model"
        )
