"""Films an episode: pictures are taken while it is played, and written as an animation."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from matinee.contracts.playing import Film
from matinee.contracts.recordings import MAX_FILM_BYTES, MAX_FILM_FRAMES, FilmFacts
from matinee.errors import ConflictError
from matinee.player.scene import Scene

FRAMES_PER_SECOND = 25.0
LONGEST_SIDE = 400
COLOURS = 128
END_STANDS_MS = 800
WEBP_QUALITY = 70
_MS = 1000.0
GIF_GRAIN_MS = 10
"""A GIF counts in hundredths of a second."""


class Camera:
    """Takes one film. Pictures are kept with few colours: a whole film of full ones is 200 MB.

    Args:
        film: Where to, and how.
        scene: What is filmed.

    Raises:
        ConflictError: it can't be seen.
    """

    def __init__(self, film: Film, scene: Scene) -> None:
        if scene.why_unseen is not None:
            raise ConflictError(f"it can't be filmed: {scene.why_unseen}", code="no_picture")
        self._film = film
        self._scene = scene
        self._every = max(1, math.ceil(scene.steps_per_second / FRAMES_PER_SECOND))
        self._frames: list[Image.Image] = []
        self._step = 0
        self._missed = False

    def look(self, *, is_last: bool = False) -> None:
        """Once at the beginning, and after each step."""
        if (is_last or self._step % self._every == 0) and not self._missed:
            if len(self._frames) >= MAX_FILM_FRAMES:
                self._missed = True
            else:
                self._take()
        self._step += 1

    def write(self) -> FilmFacts:
        """Write it, and let the pictures go.

        Raises:
            ConflictError: it is too large.
        """
        duration_ms = self._every / self._scene.steps_per_second * _MS
        if self._film.format == "gif":
            duration_ms = max(2 * GIF_GRAIN_MS, round(duration_ms / GIF_GRAIN_MS) * GIF_GRAIN_MS)
        durations = [round(duration_ms)] * len(self._frames)
        durations[-1] = END_STANDS_MS
        file = Path(self._film.file)
        aside = file.with_name(f".{file.name}")
        first, *others = self._frames
        options = {"quality": WEBP_QUALITY, "method": 2} if self._film.format == "webp" else {}
        first.save(
            aside,
            self._film.format.upper(),
            save_all=True,
            append_images=others,
            duration=durations,
            loop=0,
            **options,
        )
        size = aside.stat().st_size
        if size > MAX_FILM_BYTES:
            aside.unlink()
            raise ConflictError(
                f"the film would have {size / 2**20:.0f} MB; at most {MAX_FILM_BYTES >> 20} are "
                "kept: a WebP is smaller",
                code="film_too_large",
            )
        aside.replace(file)
        return FilmFacts(
            frames=len(self._frames),
            frames_per_second=_MS / duration_ms,
            width=first.width,
            height=first.height,
            size_bytes=size,
            cut=self._missed,
        )

    def _take(self) -> None:
        picture = self._scene.picture()
        if picture is None:
            raise ConflictError(f"it can't be filmed: {self._scene.why_unseen}", code="no_picture")
        self._frames.append(_small(picture))


def _small(picture: NDArray[np.uint8]) -> Image.Image:
    image = Image.fromarray(picture)
    if max(image.size) > LONGEST_SIDE:
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BOX)
    return image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
