"""Small pictures of figures, for docs/figures.md."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from jumpcheck.base.files import replacing

WIDTH, COLOURS = 300, 48


def write(pictures: Sequence[str], paths: Sequence[str]) -> None:
    """Write the PNG files `pictures` as small ones of few colours to `paths`."""
    for picture, path in zip(pictures, paths, strict=True):
        with Image.open(picture) as image:
            small = image.convert("RGB").resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
        with replacing(path) as temporary:
            small.quantize(COLOURS).save(temporary, format="PNG", optimize=True)
