"""`groundwire doctor` over a database with stored traces."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from groundwire_collector.commands.doctor import diagnose_stored, doctor, report
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage import failed_traces
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.failed_traces import FailedTrace
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.spans import SpanStore

SCOPE = "opentelemetry.instrumentation.genai.langchain"


def span(number: int, attributes: dict[str, object], **fields: object) -> Span:
    defaults = {"trace_id": "a" * 32, "start_ns": number, "end_ns": number + 1, "scope": SCOPE}
    return Span(span_id=f"{number:016x}", attributes=attributes, **{**defaults, **fields})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(data_dir=tmp_path)
    engine = open_engine(settings)
    make_schema(engine)
    documents = json.dumps([{"id": "a", "score": 0.9}])
    answer = [{"role": "assistant", "parts": [{"type": "text", "content": "30 days."}]}]
    SpanStore(engine).add(
        [
            span(
                1,
                {"gen_ai.operation.name": "retrieval", "gen_ai.retrieval.documents": documents},
            ),
            span(2, {"gen_ai.operation.name": "chat", "gen_ai.output.messages": answer}),
            span(3, {"gen_ai.operation.name": "chat"}, trace_id="b" * 32),
            span(4, {"http.route": "/ask"}, trace_id="c" * 32, scope="flask", service="web"),
        ]
    )
    engine.dispose()
    return settings


def test_it_says_what_each_instrumentation_lacks_and_what_to_set(settings):
    lines = report(diagnose_stored(settings, 100))
    assert lines[0] == "3 traces, 2 turns, 0 of them can be judged"
    assert any(line.startswith(f"{SCOPE} (OpenTelemetry GenAI): 3 spans") for line in lines)
    [text] = [line for line in lines if "missing chunk text" in line]
    assert text.startswith("  missing chunk text (0 of 1): your LangChain instrumentor sends no")
    assert "openinference-instrumentation-langchain" in text
    [answer] = [line for line in lines if "missing answer" in line]
    assert "(1 of 2)" in answer
    assert "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT" in answer


def test_it_says_why_a_trace_gave_no_turn(settings):
    lines = report(diagnose_stored(settings, 100))
    assert any("1 traces gave no turn: nothing of a language model" in line for line in lines)


def test_a_scope_without_anything_for_a_turn_is_named_and_nothing_is_asked_of_it(settings):
    lines = report(diagnose_stored(settings, 100))
    assert lines[-1] == "flask (no table knows it): 1 spans"


def test_into_a_pipe_it_writes_json(settings):
    command = typer.Typer()
    command.command()(doctor)
    result = CliRunner().invoke(command, ["--data-dir", str(settings.data_dir)])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["traces"], found["turns"], found["judged"]) == (3, 2, 0)
    [genai] = [item for item in found["instrumentations"] if item["family"] == "otel_genai"]
    assert genai["facts"]["answer"] == {"found": 1, "of": 2}
    assert sorted(genai["keeps_from_judging"]) == ["answer", "chunk text"]


def test_it_looks_only_at_the_traces_of_one_service(settings):
    assert diagnose_stored(settings, 100, "web").traces == 1


def test_it_looks_at_no_more_traces_than_asked(settings):
    assert diagnose_stored(settings, 1).traces == 1


def test_it_makes_no_database_where_there_is_none(tmp_path):
    with pytest.raises(UsageError, match="no database"):
        diagnose_stored(Settings(data_dir=tmp_path / "none"), 10)
    assert not (tmp_path / "none").exists()


def test_it_names_the_traces_that_were_passed_over(settings):
    engine = open_engine(settings)
    with engine.begin() as connection:
        failed_traces.add(connection, FailedTrace("ab" * 16, 1, "it raises RecursionError"))
    engine.dispose()
    command = typer.Typer()
    command.command()(doctor)
    result = CliRunner().invoke(command, ["--data-dir", str(settings.data_dir)])
    [failed] = json.loads(result.stdout)["passed_over"]
    assert failed == {
        "trace_id": "ab" * 16,
        "failed_ns": 1,
        "reason": "it raises RecursionError",
    }
