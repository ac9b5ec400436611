"""Pictures as bytes for a browser."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from matinee.player.pictures import LONGEST_SIDE, encode


def gradient(height: int, width: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Something with detail."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x % 256, y % 256, (x * y) % 256], axis=2).astype(np.uint8)


def test_few_pixels_are_sent_exactly() -> None:
    """A grid's fields don't smear."""
    picture = gradient(84, 84)

    encoded = encode(picture, quality=10)

    assert (encoded.kind, encoded.width, encoded.height) == ("image/png", 84, 84)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(encoded.data))), picture)


@pytest.mark.parametrize("quality", [40, 90])
def test_scenes_are_jpegs_of_bounded_size(quality: int) -> None:
    """With the scene's own size told, and the same shape."""
    encoded = encode(gradient(900, 1200), quality=quality)
    image = Image.open(io.BytesIO(encoded.data))

    assert (encoded.kind, encoded.width, encoded.height) == ("image/jpeg", 1200, 900)
    assert image.size == (LONGEST_SIDE, LONGEST_SIDE * 900 // 1200)


def test_less_quality_is_fewer_bytes() -> None:
    """What a slow client gets."""
    picture = gradient(400, 600)

    assert len(encode(picture, quality=45).data) < len(encode(picture, quality=88).data) / 2
