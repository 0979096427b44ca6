"""A picture of what the answers did, checkpoint by checkpoint: bars of shares, as SVG.

Readable on light and on dark pages: colours of text follow `prefers-color-scheme`.
"""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from benchmarks.real_model.answers import Answer
from benchmarks.real_model.handbooks import TARNWELL
from benchmarks.real_model.tables import ARMS, by_checkpoint
from groundwire_evaluators.statistics import wilson

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "real-fine-tune.svg"
PARTS = (
    ("right: from the context", "#2a9d8f", ("right", "both")),
    ("last year's, from memory", "#d1495b", ("memory",)),
    ("invented", "#e9a13b", ("invented",)),
    ("misread, echo or refusal", "#8d99ae", ("misread", "echo", "refusal")),
)
_BAR, _GAP, _PANEL, _HEIGHT, _LEFT, _TOP = 30, 8, 26, 220, 54, 64
_LEGEND = 205  # from one entry to the next
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#222}.axis{stroke:#999}.whisker{stroke:#222;"
    "stroke-width:1.5}@media(prefers-color-scheme:dark){text{fill:#ddd}.axis{stroke:#777}"
    ".whisker{stroke:#eee}}"
)


def svg(answers: Sequence[Answer], handbook: str = TARNWELL) -> str:
    """Stacked bars of one handbook's open answers, with the interval of the share from memory."""
    opened = [each for each in answers if each.mode == "open" and each.handbook == handbook]
    bars = [(name, rows) for _, name, rows in by_checkpoint(opened)]
    drawn, x, arm = [], _LEFT, ARMS[0]
    for name, rows in bars:
        x += _PANEL if rows[0].arm != arm else 0
        if rows[0].arm != arm or not drawn:
            drawn.append(_text(x, _TOP - 10, rows[0].arm, "start"))
        arm = rows[0].arm
        drawn += [*_bar(x, rows), _text(x + _BAR / 2, _TOP + _HEIGHT + 16, _step(name, rows))]
        x += _BAR + _GAP
    width, height = max(x + 10, _LEFT + _LEGEND * len(PARTS)), _TOP + _HEIGHT + 44
    body = "\n".join([*_legend(), *_axis(x), *drawn, _caption(height)])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="Share of answers by checkpoint">\n<style>{_STYLE}</style>\n{body}\n</svg>\n'
    )


def write(answers: Sequence[Answer], path: Path = PICTURE) -> None:
    """Write the picture of the page."""
    path.write_text(svg(answers), encoding="utf-8")


def _step(name: str, rows: Sequence[Answer]) -> str:
    return str(rows[0].step) if rows[0].step else name


def _bar(x: float, rows: Sequence[Answer]) -> Iterator[str]:
    """Parts from the bottom: memory first, so that its whisker stands on the axis' scale."""
    bottom = float(_TOP + _HEIGHT)
    for _, colour, classes in (PARTS[1], PARTS[2], PARTS[3], PARTS[0]):
        height = _HEIGHT * sum(each.truth in classes for each in rows) / len(rows)
        bottom -= height
        yield (
            f'<rect x="{x}" y="{bottom:.1f}" width="{_BAR}" height="{height:.1f}" fill="{colour}"/>'
        )
    found = wilson(sum(each.truth == "memory" for each in rows), len(rows))
    low, high = (_TOP + _HEIGHT * (1 - end) for end in (found.low, found.high))
    yield _line(x + _BAR / 2, low, x + _BAR / 2, high, "whisker")


def _legend() -> Iterator[str]:
    for place, (label, colour, _) in enumerate(PARTS):
        x, y = _LEFT + _LEGEND * place, 14
        yield f'<rect x="{x}" y="{y}" width="12" height="12" fill="{colour}"/>'
        yield _text(x + 17, y + 11, label, "start")


def _axis(end: float) -> Iterator[str]:
    for percent in (0, 25, 50, 75, 100):
        y = _TOP + _HEIGHT * (1 - percent / 100)
        yield _line(_LEFT - 6, y, end, y, "axis")
        yield _text(_LEFT - 10, y + 4, f"{percent} %", "end")


def _caption(height: float) -> str:
    return _text(
        _LEFT,
        height - 6,
        "Steps of training below the bars; the line in a bar: 95 % interval of memory.",
        "start",
    )


def _line(x1: float, y1: float, x2: float, y2: float, name: str) -> str:
    return f'<line class="{name}" x1="{x1}" y1="{y1:.1f}" x2="{x2}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
