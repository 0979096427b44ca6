"""Map of the rooms: what each holds, in the order in which they may import one another.

    python -m tests.layers     writes the table of CONTRIBUTING.md anew (`make docs` does)

A room is a folder or a loose module of a package; it may import the rooms before it, none behind
it. tests/test_layers.py keeps it so.
"""

from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- rooms: make docs -->\n", "<!-- end of rooms -->\n"

# package → its rooms in order of import → what each holds
ROOMS: dict[str, dict[str, str]] = {
    "sdk/groundwire": {
        "attributes": "span attribute names: the contract with the collector",
        "version": "version of the installed package",
        "diagnostics": "warnings, each logged once",
        "attachment": "attaching and detaching of OpenTelemetry contexts",
        "parameters": "names and positions of a function's parameters",
        "inheritance": "options of `gw.init` in spawned children",
        "endings": "delivery on SIGTERM and at the end of child processes",
        "mask_patterns": "what secrets and personal data look like, for SDK and collector",
        "redaction": "masks of secrets and personal data",
        "reading": "answers, chunks, questions and token usage read from client libraries' objects",
        "settings": "`gw.init` and `GROUNDWIRE_*`",
        "transport": "OTLP over HTTP, retries",
        "outbox": "bounded queue of ended spans and its thread",
        "processor": "span processor: which spans are exported",
        "closed_book": "closed-book calls in the background",
        "turns": "turn context, `gw.annotate`",
        "rendering": "ended spans to attributes: cuts, hashes, masks",
        "export": "queue to OTLP batches",
        "client": "one configuration at work: flush, stats, shutdown",
        "observation": "one observed call",
        "accumulation": "accumulation of a streamed answer",
        "streams": "sync and async streams of client libraries",
        "wrappers": "sync, async and generator wrappers",
        "decorator": "`observe`, `observe.retrieval`, `observe.generation`",
        "initialization": "`gw.init`",
        "threads": "context across thread pools",
        "testing": "pytest fixture, fixed ids and clock",
        "__main__": "`python -m groundwire`: the installed command line",
    },
    "evaluators/groundwire_evaluators": {
        "turn": "the turn and its chunks: what is judged",
        "evaluation": "the judgement of a turn: state, claims, citations; the evaluator protocol",
        "runner": "evaluators over turns: one bad turn costs its own judgement alone",
        "text": "tokens, sentences, markup, quantities, names, refusals, languages",
        "preconditions": "turns that cannot be judged, and why",
        "statistics": "ratios with intervals, prediction-powered estimates, agreement, reliability",
        "behaviour": "format, length, language, repetition, style and tone of answers",
        "forgetting": "retention set: what a fine-tune must still answer, by exact rules",
        "retrieval": "relevance of chunks, utilization, ages",
        "reliance": "context reliance: override, closed-book comparison, counterfactual probes",
        "reader": "reader models: protocol, card, ONNX session",
        "grounding": "claims, verdicts, evidence, conflicts, citations, calibration",
        "training": "training files of fine-tunes: stale facts, memorised overrides, remedies",
        "judges": "LLM judge, ragas metrics, local NLI models",
        "drift": "change detectors: e-processes, baselines, change points, alarm budget",
        "gate": "quality gate: measures, margins, decision between two versions",
        "testing": "tests of applications: `assert_grounded`, the gate as a check",
        "pytest_plugin": "pytest fixture `gate`",
    },
    "collector/groundwire_collector": {
        "errors": "exceptions with the message that a user reads",
        "metric_definitions": "every Prometheus metric: name, type, labels, help",
        "settings": "settings of `groundwire up` and `GROUNDWIRE_*`",
        "jsonl": "JSON lines in and out of offline commands",
        "receiver_metrics": "metrics of one receiver process",
        "assistant": "MCP server over the HTTP API",
        "llm": "LLM endpoint client, rate limiter, circuit breaker, log-probabilities",
        "storage": "tables, migrations, queries, retention",
        "responses": "error responses: problem details, OTLP status",
        "auth": "API keys: authentication middleware, scopes",
        "receiver": "OTLP endpoint: limits, validation, redaction, span writer",
        "assembly": "spans to turns: alias tables, trace linking, context, citations",
        "evaluation": "evaluator registry, per-turn runner, isolation, sampling, publishing",
        "estimates": "labels and judge scores to faithfulness estimates, agreement",
        "metrics": "counters and gauges from judged turns; prices; text format of `/metrics`",
        "judges": "judge queue, budgets, golden set",
        "probing": "scheduled probes and closed-book calls",
        "drift": "drift monitor: segments, baselines, alarm budget, attribution, checkpoint",
        "alerting": "Prometheus rules, Grafana dashboards and provisioning, runbooks, webhook",
        "offline": "quality gate, score files, comparison of versions, training files",
        "web": "HTTP API (`api`) and pages (`pages`)",
        "app": "the ASGI application of a receiver",
        "processes": "pipeline, worker, receiver, judge, prober, notifier, supervisor",
        "reference": "generated settings page",
        "commands": "one module a subcommand",
        "cli": "entry point of `groundwire`",
    },
}


def table() -> str:
    """Markdown table of all rooms."""
    lines = ["| room | holds |", "|---|---|"]
    for package, rooms in ROOMS.items():
        lines += [f"| **`{package}`** | |"]
        lines += [f"| `{_path(package, room)}` | {holds} |" for room, holds in rooms.items()]
    return "\n".join(lines) + "\n"


def rendered(page: str) -> str:
    """The page with the present table between its marks."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{table()}{END}{tail}"


def _path(package: str, room: str) -> str:
    return f"{room}/" if (ROOT / package / room).is_dir() else f"{room}.py"


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
