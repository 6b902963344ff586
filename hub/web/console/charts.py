"""Small pictures made on the server as SVG, each with its text: the bar of a score, the line of a stream."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from hub.web.console.words import CRITERIA

WIDTH, HEIGHT = 1000, 12  # units of the bar's own drawing; the page stretches it
GAP = 4
LINE_WIDTH, LINE_HEIGHT = 120, 28


def score_bar(breakdown: Mapping[str, float], score: float) -> Markup:
    """Draw what a score is made of: one piece a criterion, out of a hundred points."""
    named = [(name, breakdown.get(name, 0.0)) for name in CRITERIA]
    named += [(name, points) for name, points in breakdown.items() if name not in CRITERIA]
    shown = [(name, points) for name, points in named if points > 0]
    pieces, x = Markup(""), 0.0
    for name, points in shown:
        width = max(0.0, points * WIDTH / 100 - GAP)
        pieces += Markup(
            '<rect class="part {}" x="{:.1f}" y="0" width="{:.1f}" height="{}"><title>{}</title></rect>'
        ).format(name.replace("_", "-"), x, width, HEIGHT, _points(name, points))
        x += points * WIDTH / 100
    words = f"{score:g} of 100 points: " + ", ".join(_points(name, points) for name, points in shown)
    return Markup(
        '<svg class="bar" role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">'
        '<rect class="rest" x="0" y="0" width="{}" height="{}"/>{}</svg>'
    ).format(words, WIDTH, HEIGHT, WIDTH, HEIGHT, pieces)


def _points(name: str, points: float) -> str:
    return f"{CRITERIA.get(name, name.replace('_', ' '))} {points:g}"


def line(values: Sequence[int], words: str) -> Markup:
    """Draw how many there were in each slice of time; `words` say the same."""
    top = max([*values, 1])
    step = LINE_WIDTH / max(1, len(values) - 1)
    points = " ".join(
        f"{n * step:.1f},{LINE_HEIGHT - 2 - value * (LINE_HEIGHT - 4) / top:.1f}" for n, value in enumerate(values)
    )
    return Markup(
        '<svg class="line" role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}" height="{}">'
        '<polyline points="{}"/></svg>'
    ).format(words, LINE_WIDTH, LINE_HEIGHT, LINE_WIDTH, LINE_HEIGHT, points)


FILTERS: dict[str, Callable[..., Any]] = {"score_bar": score_bar, "line": line}
