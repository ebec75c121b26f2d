"""PDF from the SVG of a figure: the same lines, and text in an embedded font."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import vl_convert

from analysis.base.files import replacing


def from_svg(svg: str) -> bytes:
    """The PDF of a figure; the same figure gives the same bytes."""
    vl_convert.register_font_directory(str(Path(mpl.get_data_path()) / "fonts/ttf"))
    return vl_convert.svg_to_pdf(svg)


def write(svg: str, path: str) -> None:
    """Write the PDF of the figure in the file `svg`."""
    with replacing(path) as temporary:
        temporary.write_bytes(from_svg(Path(svg).read_text(encoding="utf-8")))
