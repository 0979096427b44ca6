"""Final report of the demo."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from groundwire_collector.settings import KEY_FILE
from groundwire_demo.alerting import Alerting, FiredAlert
from groundwire_demo.collector import Collector, ReportedAlarm
from groundwire_demo.probes import ProbeReading
from groundwire_demo.traffic import Traffic

_UNSUPPORTED = ("unsupported", "contradicted")


def clock(moment: datetime) -> str:
    return moment.astimezone().strftime("%H:%M:%S")


def alarm_line(alarm: ReportedAlarm, traffic: Traffic) -> str:
    """One-line summary of an alarm."""
    named = f"{alarm.dimension} {alarm.value}" if alarm.dimension else "no version"
    return (
        f"ALARM {alarm.signal} on {alarm.service} at {clock(alarm.raised_at)},"
        f" turn {traffic.turn_at(alarm.raised_at)}: worse by about {alarm.size:.2f}"
        f"{_sample(alarm)} since {clock(alarm.changed_at)}; attributed to {named}"
        f" (cause: {alarm.cause})"
    )


def _sample(alarm: ReportedAlarm) -> str:
    """Turns that the size was estimated from."""
    if alarm.turns is None or alarm.bad_turns is None:
        return ""
    return f" ({alarm.bad_turns:.2g} of {alarm.turns} turns bad)"


def alert_line(alert: FiredAlert) -> str:
    return f"{alert.name} {alert.status}: {alert.summary}"


def timeline(traffic: Traffic, tuned: str, alarms: Sequence[ReportedAlarm]) -> Table:
    """Table with the rollout and every alarm."""
    table = Table(title="What happened", title_justify="left", box=box.SIMPLE_HEAD)
    for heading in ("time", "turn", "what", "since", "changed"):
        table.add_column(heading, overflow="fold")
    began = traffic.rollout_began
    if began is not None:
        table.add_row(
            clock(began), str(traffic.rollout_at), "rollout", "", f"model_version {tuned}"
        )
    for alarm in alarms:
        table.add_row(
            clock(alarm.raised_at),
            str(traffic.turn_at(alarm.raised_at)),
            Text(f"alarm: {alarm.signal}", style="bold red"),
            clock(alarm.changed_at),
            f"{alarm.dimension} {alarm.value}" if alarm.dimension else "nothing",
        )
    return table


def probe_lines(readings: Iterable[ProbeReading]) -> Iterator[str]:
    """Newest probe run per model."""
    for reading in readings:
        yield f"probes: {reading.model} has {_ratio(reading)}"


def closed_book_lines(estimates: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Closed-book results per model; the ratio only with enough turns."""
    for estimate in estimates:
        redundant = estimate["redundant_share"]
        low, high = redundant["interval"]
        share = (
            f"{redundant['value']:.2f} ({low:.2f} to {high:.2f}) of {redundant['n']} answers"
            " stay the same without the context"
            if redundant["n"]
            else "no answer without the context"
        )
        yield (
            f"closed-book calls: {estimate['model_version']}, {estimate['n']} turns: {share};"
            f" memorization ratio: {estimate['statement']}"
        )


def _ratio(reading: ProbeReading) -> str:
    if reading.memorization_ratio is None or reading.interval is None:
        return f"no memorization ratio: none of {reading.items} answers was conclusive"
    low, high = reading.interval
    return (
        f"memorization ratio {reading.memorization_ratio:.2f} ({low:.2f} to {high:.2f}) on"
        f" {reading.items} items, accuracy on unchanged contexts {reading.clean_accuracy:.0%}"
    )


def worst_answers(turns: Iterable[dict[str, Any]]) -> Iterator[Text]:
    """Answers with their unsupported sentences in »« (and red), nearest chunk and turn id."""
    for place, turn in enumerate(turns, start=1):
        yield Text()
        yield Text.assemble((f"{place}. {turn['question']}", "bold"))
        yield Text.assemble("   ", marked(turn["answer"], turn["claims"]))
        yield Text(f"   Its context: {_nearest_context(turn)}", style="dim")
        yield Text(f"   {turn['model_version']}, turn {turn['id']}", style="dim")


def marked(answer: str, claims: Iterable[dict[str, Any]]) -> Text:
    """Answer with unsupported claims between »«."""
    unsupported = sorted(
        {(claim["start"], claim["end"]) for claim in claims if claim["verdict"] in _UNSUPPORTED}
    )
    highlighted, position = Text(), 0
    for start, end in unsupported:
        if start < position:  # another evaluator's claim over the same words
            continue
        highlighted.append(answer[position:start])
        highlighted.append(f"»{answer[start:end]}«", style="bold red")
        position = end
    highlighted.append(answer[position:])
    return highlighted


def _nearest_context(turn: dict[str, Any]) -> str:
    """Chunk nearest to the first unsupported claim, else the first chunk."""
    ids = [c["chunk"] for c in turn["claims"] if c["verdict"] in _UNSUPPORTED and c["chunk"]]
    chunks = {chunk["id"]: chunk["text"] for chunk in turn["chunks"]}
    nearest = chunks.get(ids[0]) if ids else None
    return nearest or next(iter(chunks.values()), "nothing was retrieved")


def addresses(collector: Collector, alerting: Alerting | None) -> Table:
    """URLs of the running parts."""
    table = Table.grid(padding=(0, 2))
    table.add_row("collector", f"{collector.url}/")
    table.add_row("API key", f"in {collector.data_dir / KEY_FILE}")
    table.add_row("worst turns", f"{collector.url}/turns?order=worst")
    table.add_row("API", f"{collector.url}/api/v1/alarms")
    table.add_row("metrics", f"{collector.url}/metrics")
    if alerting is not None:
        table.add_row("Prometheus", f"{alerting.prometheus_url}/alerts")
        table.add_row("Alertmanager", alerting.alertmanager_url)
    return table


def reopen_command(data_dir: Path) -> str:
    return f"These stop with the demo. To inspect it later: groundwire up --data-dir {data_dir}"


def print_lines(console: Console, lines: Iterable[str | Text]) -> None:
    """Print lines without wrapping or markup."""
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
