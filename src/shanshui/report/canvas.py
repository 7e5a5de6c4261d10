"""How every figure of the product looks, and how it is saved."""

import base64
import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure
from PIL import Image

from shanshui.core.process_lock import ProcessLock
from shanshui.core.voice import Voice
from shanshui.store.sheets import plain_text

LINE = 110
"""Letters of a line of a legend below a chart [D]."""
LAST_NARROW = 0x2E7F
"""Last letter before those that are as wide as high."""
_PIECES = re.compile(r"[^\u2e80-\uffff\s]+\s*|[\u2e80-\uffff]|\s+")
PLAIN = "DejaVu Sans"
"""Font of the drawing library: it has the letters of languages whose list of words names no fonts."""
_DRAWING = ProcessLock()


@cache
def _fonts() -> frozenset[str]:
    return frozenset(f.name for f in font_manager.fontManager.ttflist)


def font_of(voice: Voice) -> str | None:
    """Font on this machine that has the letters of a language; None where it asks for one and there is none."""
    if not (asked := voice("fonts")):
        return PLAIN
    return next((name for name in asked.split("|") if name in _fonts()), None)


def drawn_voice(voice: Voice) -> Voice:
    """Voice of pictures: English where this machine has no font for the language."""
    return voice if font_of(voice) else Voice()


def style(voice: Voice) -> dict[str, Any]:
    """Matplotlib settings of every figure."""
    fonts = list(dict.fromkeys((font_of(voice) or PLAIN, PLAIN)))
    return {
        "font.family": "sans-serif",
        "font.sans-serif": fonts,
        "axes.unicode_minus": False,
        # names come from data: a $ in one of them is a $, not mathematics
        "text.parse_math": False,
        "font.size": 9,
        "svg.fonttype": "none",
        "svg.hashsalt": "shanshui",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.facecolor": "white",
        "axes.edgecolor": "#666",
        "axes.labelcolor": "#333",
        "xtick.color": "#555",
        "ytick.color": "#555",
    }


@contextmanager
def drawing(voice: Voice) -> Iterator[None]:
    """Draw in the report's style; matplotlib's settings are shared, so one thread at a time."""
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    with _DRAWING, mpl.rc_context(style(voice)):
        yield


def legend_text(name: str) -> str:
    """Name as a legend takes it: one that begins with _ would be left out."""
    return f"\u200b{name}" if name.startswith("_") else name


def width_of(text: str) -> int:
    """Letters of a text, one of Chinese counted as two."""
    return sum(2 if ord(letter) > LAST_NARROW else 1 for letter in text)


def wrapped(text: str, wide: int = LINE) -> str:
    """Text in lines of so many letters, one of Chinese counted as two."""
    out, line, size = [], "", 0
    for piece in _PIECES.findall(text):
        long = width_of(piece)
        if line and size + long > wide:
            out.append(line.rstrip())
            line, size = "", 0
        line += piece
        size += long
    return "\n".join([*out, line])


def stamp(figure: Figure, words: str) -> None:
    """Write over a figure that its product is not up to date, if there are words for it."""
    if words:
        banner = {"facecolor": "#a02020", "edgecolor": "white", "linewidth": 0.6, "pad": 3}
        figure.text(0.03, 0.9, words, fontsize=8, color="white", va="top", bbox=banner, zorder=20)


def as_svg(figure: Figure) -> str:
    """Figure as SVG for a page: text stays text, so the reader's own fonts draw it."""
    sink = io.StringIO()
    _save(figure, sink, format="svg", metadata={"Date": None, "Creator": "shanshui"})
    text = sink.getvalue()
    text = _EMBEDDED.sub(_lighter, plain_text(text[text.index("<svg") :]))
    return re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"', r'\1 width="100%"', text, count=1)


_EMBEDDED = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)")


def _lighter(found: re.Match[str]) -> str:
    """Embedded picture as WebP: shaded ground is noise to PNG, and a page has dozens of maps."""
    picture = Image.open(io.BytesIO(base64.b64decode(found.group(1))))
    sink = io.BytesIO()
    picture.save(sink, "WEBP", quality=86, alpha_quality=80, method=4)
    return f"data:image/webp;base64,{base64.b64encode(sink.getvalue()).decode('ascii')}"


def as_png(figure: Figure, path: Path) -> None:
    """Figure as a PNG file."""
    _save(figure, path, format="png", metadata={"Software": "shanshui"})


def _save(figure: Figure, sink: Any, **options: Any) -> None:
    with warnings.catch_warnings():
        # measuring Chinese with a font that lacks it: the reader's browser has one
        warnings.filterwarnings("ignore", message="Glyph")
        figure.savefig(sink, **options)
