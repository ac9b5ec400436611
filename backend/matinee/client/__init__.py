"""A typed Python client: `MatineeClient` for scripts, `AsyncMatineeClient` for asyncio.

with MatineeClient("http://127.0.0.1:8000", token=token) as matinee:
run = matinee.create_run({"preset": "cartpole-a3c", "seed": 1})
matinee.set_hyperparameters(run.id, {"learning_rate": 1e-3}, wait_s=5)
"""

from __future__ import annotations

from matinee.client.asynchronous import AsyncMatineeClient
from matinee.client.synchronous import MatineeClient

__all__ = ["AsyncMatineeClient", "MatineeClient"]
