"""Generator of docs/reference/conventions.md from the alias tables (`python -m`)."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from groundwire_collector.assembly.alias_table import (
    AliasTable,
    AttributeSource,
    KindRule,
    families,
)

PAGE = "docs/reference/conventions.md"
RESULTS = "tests/matrix/results.json"  # of `make test-matrix`

# Facts of the tables in the words of a turn, in the order of the page.
FACTS = {
    "question": "question of a turn",
    "query": "query of a retrieval",
    "documents": "chunks, structured",
    "returned": "chunks, from a retriever's raw output",
    "variables": "variables of the prompt",
    "prompt": "prompt sent",
    "system": "system instructions",
    "answer": "answer of the model",
    "output": "answer of a turn",
    "tool_result": "result of a tool",
    "db_query": "database query",
    "model": "requested model",
    "response_model": "response model",
    "response_id": "response id",
    "finish_reason": "why the model stopped",
    "input_tokens": "input tokens",
    "output_tokens": "output tokens",
    "cached_tokens": "input tokens from a cache",
    "cache_write_tokens": "input tokens written to a cache",
    "reasoning_tokens": "output tokens of reasoning",
    "first_token_seconds": "seconds to the first token",
    "first_token_time": "time of the first token",
    "logprob_mean": "mean log-probability",
    "message_role": "role of a message that is a span",
    "message_text": "text of a message that is a span",
    "session": "session",
    "user": "user",
    "tenant": "tenant",
    "model_version": "model version",
    "prompt_version": "prompt version",
    "index_version": "index version",
    "adapter": "adapter of the model",
    "release": "release of the application",
    "route": "route",
    "cache_hit": "cache hit",
    "closed_book": "closed-book call",
    "closed_book_of": "turn repeated as a closed-book call",
    "sampling_probability": "sampling probability",
    "probe": "probe",
    "is_nested": "run inside another run",
    "truncated": "truncated attributes",
    "unreadable": "retrieval results that could not be read",
    "cited": "citations returned with the answer",
    "annotations": "external scores",
}
INTRODUCTION = """\
# Attribute conventions by instrumentation

<!-- Generated from collector/groundwire_collector/assembly/families/*.toml and the last result of
`make test-matrix`, by `python -m groundwire_collector.assembly.reference`. A test compares. -->

Each family of instrumentations has one attribute table. Tables are merged by field: the first
attribute that has a value is used, families in the order of this page, and numbers are never
added. `{i}` numbers a group of attributes; `a → b` follows `b` inside the JSON value of `a`.

How to send them: [Use the instrumentation you have](../howto/existing-instrumentation.md).
"""
LADDER = """
## Where chunks come from

The first source with text provides the chunks; its name is the turn's `context_source`.

| source | chunks |
|---|---|
| `documents` | one structured attribute with all documents |
| `flattened_documents` | numbered attributes, several per document |
| `span_events` | one event per document, from the instrumentation of a vector store |
| `retriever_output` | the raw output of a span marked as a retrieval |
| `function_output` | the return value of an unmarked function, if it has the shape of documents |
| `tool_result` | tool results, if there was no retrieval |
| `prompt_variable` | the `context` variable of the prompt's template |
| `prompt_context` | the parts of the prompt that a tag, label, heading or fence marks as context |
| `prompt` | the prompt without the question, as one chunk |
| `earlier_turns` | what earlier turns of the session retrieved, in the prompt again |

A reranker's output replaces its input. Equal chunks of several retrievals count once; an empty
retrieval has zero chunks. If documents were redacted, no later source is read; if text is missing,
truncated or dropped, the turn is `not_evaluable`, with the reason.
"""


def page(results: Mapping[str, Any] | None) -> str:
    """The whole page; `results` are those of the matrix, None where it never ran."""
    ran = runs(results or {"emitters": []})
    parts = [INTRODUCTION, *_overview(families(), ran), LADDER]
    for family in families():
        parts += _section(family, ran)
    parts += _matrix(results)
    return "\n".join(parts).rstrip() + "\n"


Runs = Mapping[str, tuple[str, Sequence[str]]]  # by table: date of the last run, emitters


def runs(results: Mapping[str, Any]) -> Runs:
    """When each table was last run live, and by which emitters, from their recordings."""
    found: dict[str, tuple[str, list[str]]] = {}
    for row in results["emitters"]:
        for name in row.get("families", ()):
            date, emitters = found.get(name, ("", []))
            found[name] = (max(date, row["date"]), [*emitters, row["name"]])
    return found


def _overview(known: Sequence[AliasTable], ran: Runs) -> Iterator[str]:
    dated = sum(family.name in ran for family in known)
    yield "## At a glance\n"
    yield f"{len(known)} tables; {dated} were run live, on the date in the first row.\n"
    yield _row(["fact", *(family.title for family in known)])
    yield _row(["---"] * (len(known) + 1))
    yield _row(["last run live", *(ran.get(f.name, (f.run,))[0] for f in known)])
    for fact, words in FACTS.items():
        yield _row([words, *("yes" if fact in family.facts else "" for family in known)])


def _section(family: AliasTable, ran: Runs) -> Iterator[str]:
    yield f"\n## {family.title}\n"
    yield f"Defined in {_source(family.source)}. Not sent: {_withheld(family)}.\n"
    yield f"{_last_run(family, ran)}\n"
    yield _row(["span", "identified by"])
    yield _row(["---", "---"])
    for kind, rules in _kinds(family.kinds).items():
        yield _row([kind, rules])
    yield "\n" + _row(["fact", "attributes"])
    yield _row(["---", "---"])
    for fact, places in family.facts.items():
        yield _row([FACTS[fact], "; ".join(_place(place) for place in places)])


def _last_run(family: AliasTable, ran: Runs) -> str:
    if family.name not in ran:
        return f"Names are {family.run}."
    date, emitters = ran[family.name]
    return f"Last run live: {date} ({'; '.join(emitters)})."


def _source(source: str) -> str:
    return f"<{source}>" if source.startswith("http") else f"`{source}`"


def _withheld(family: AliasTable) -> str:
    return "; ".join(family.withholds) or "nothing"


def _kinds(rules: Iterable[KindRule]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for rule in rules:
        for value, kind in rule.values.items():
            where = f" in scope `{rule.scope}`" if rule.scope else ""
            if rule.names:
                where += f" and name one of {', '.join(sorted(rule.names))}"
            condition = "is present" if value == "*" else f"= `{value}`"
            found.setdefault(str(kind), []).append(f"`{rule.key}` {condition}{where}")
    return {kind: "; ".join(conditions) for kind, conditions in found.items()}


def _place(place: AttributeSource) -> str:
    if place.events:
        return "events " + ", ".join(f"`{name}`" for name in place.events)
    path = f" → `{'.'.join(place.path)}`" if place.path else ""
    plus = f", with every `{place.plus}…`" if place.plus else ""
    limits = [", ".join(sorted(place.kinds))] if place.kinds else []
    limits += [f"in scope {', '.join(place.scopes)}"] if place.scopes else []
    limits += [f"not in scope {', '.join(place.outside)}"] if place.outside else []
    return f"`{place.key}`{path}{plus}{_bracketed(limits)}"


def _bracketed(limits: Sequence[str]) -> str:
    return f" ({'; '.join(limits)})" if limits else ""


def _matrix(results: Mapping[str, Any] | None) -> Iterator[str]:
    if results is None:
        return
    yield "\n## Last run against real instrumentations\n"
    yield (
        "`make test-matrix`: each instrumentation in a separate environment, with a running "
        'collector and a mock model server. "withheld": not sent by the instrumentation; the '
        "turn is still assembled and reports what is missing.\n"
    )
    facts = results["facts"]
    right, sent = fields_read(results)
    yield (
        f"{len(results['emitters'])} instrumentations. Of {sent} fields that they send, {right} "
        f"are read as sent ({right / sent:.1%}).\n"
    )
    yield _row(["emitter", "versions", "ran", *facts])
    yield _row(["---"] * (len(facts) + 3))
    for row in results["emitters"]:
        found = (row["found"][fact] for fact in facts)
        yield _row([row["name"], ", ".join(row["versions"]), row["date"], *found])


def fields_read(results: Mapping[str, Any]) -> tuple[int, int]:
    """Fields of turns that are as their emitters sent them, and fields that were sent at all."""
    found = [word for row in results["emitters"] for word in row["found"].values()]
    sent = [word for word in found if word not in ("withheld", "none asked")]
    return sum(word in ("yes", "as one text") for word in sent), len(sent)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def write(root: Path) -> None:
    """Write the page of a checkout."""
    results = root / RESULTS
    found = json.loads(results.read_text(encoding="utf-8")) if results.exists() else None
    target = root / PAGE
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd())
