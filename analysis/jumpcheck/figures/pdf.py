"""PDF from the SVG of a figure: the same lines, and text in an embedded font."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib as mpl
import vl_convert

from jumpcheck.base.files import replacing

_RESOURCES = re.compile(rb"(?:^ +/[A-Za-z]+\d+ \d+ 0 R\n){2,}", re.MULTILINE)


def from_svg(svg: str) -> bytes:
    """The PDF of a figure; the same figure gives the same bytes."""
    vl_convert.register_font_directory(str(Path(mpl.get_data_path()) / "fonts/ttf"))
    # The entries of a page's resources come in another order every time; sorted they take as many bytes.
    return _RESOURCES.sub(lambda found: b"".join(sorted(found[0].splitlines(keepends=True))), vl_convert.svg_to_pdf(svg))


def write(svg: str, path: str) -> None:
    """Write the PDF of the figure in the file `svg`."""
    with replacing(path) as temporary:
        temporary.write_bytes(from_svg(Path(svg).read_text(encoding="utf-8")))
