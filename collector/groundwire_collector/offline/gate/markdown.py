"""Markdown form of a gate's report, for pull requests."""

from collections.abc import Iterable, Iterator, Sequence

from groundwire_collector.offline.gate.report import GateReport
from groundwire_collector.offline.gate.rows import HEADER, number, rows_of, title_of

SHOWN = 10  # lost answers
_LONGEST = 160  # characters of a text in a cell


def as_markdown(report: GateReport) -> str:
    """Markdown text: outcome, a table a comparison, strata, answers that were lost."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: GateReport) -> Iterator[str]:
    yield f"## Groundwire gate: {report.outcome.value}"
    yield ""
    yield _escaped(report.summary) + "."
    for comparison in report.comparisons:
        yield from ("", f"### {_escaped(title_of(report, comparison))}", "")
        yield from _table(HEADER, rows_of(comparison))
    yield ""
    level = f"{report.rules.level:.0%}"
    yield (
        f"Intervals: {level}. An equal candidate is called worse with chance {report.rules.alpha:g}"
        " by all deciding measures together."
    )
    yield from (f"- {_escaped(note)}" for note in report.notes)
    if report.strata:
        yield from ("", "### By stratum", "")
        yield from _table(("stratum", *HEADER[:5], "n"), _strata(report))
    if report.lost:
        yield from ("", f"<details><summary>{len(report.lost)} answers were lost</summary>", "")
        yield from _table(("id", "question", "before", "after"), _lost(report))
        yield from ("", "</details>")


def _strata(report: GateReport) -> Iterator[Sequence[str]]:
    for stratum, found in report.strata.items():
        for name, contrast in found.items():
            low, high = contrast.interval(report.rules.level)
            yield (
                stratum,
                name,
                number(contrast.before),
                number(contrast.after),
                number(contrast.change, signed=True),
                f"{number(low, signed=True)} to {number(high, signed=True)}",
                str(min(contrast.n)),
            )


def _lost(report: GateReport) -> Iterator[Sequence[str]]:
    for before, after in report.lost[:SHOWN]:
        texts = (before.record.get("answer"), after.record.get("answer"))
        yield (after.id, after.question, *(str(text or "") for text in texts))


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _line(header)
    yield _line(["---"] * len(header))
    yield from (_line(row) for row in rows)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(_escaped(cell) for cell in cells)} |"


def _escaped(text: str) -> str:
    """Text of a model in one cell: no line break, no markup that would be rendered."""
    plain = " ".join(text.split())
    cut = plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
    for mark in ("\\", "`", "|", "*", "_", "[", "]", "<", ">", "@", "#"):
        cut = cut.replace(mark, f"\\{mark}" if mark not in "<>@" else _ENTITIES[mark])
    return cut


_ENTITIES = {"<": "&lt;", ">": "&gt;", "@": "&#64;"}
