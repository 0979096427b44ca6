"""Runs go through whatever happens, and go on where they stopped."""

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from groundwire_collector.errors import UsageError
from groundwire_collector.llm.client import ChatEndpoint, FunctionTarget
from groundwire_collector.llm.rate_limiter import RateLimiter
from groundwire_collector.probing.runner import ProbeRunner, read_run, result_line, resume
from groundwire_evaluators.reliance.probe import ProbePack, load_pack
from groundwire_evaluators.reliance.probe.arms import Arm

PACK = ProbePack("small", load_pack().items[:12])
ITEMS = {item.question: item for item in PACK.items}


def reader(question: str, chunks: Sequence[str]) -> str:
    """Gives the answer that stands in the chunks, or what it remembers."""
    item = ITEMS[question]
    text = " ".join(chunks)
    return item.substitute if item.substitute in text else item.original


def runner(**settings: object) -> ProbeRunner:
    target = FunctionTarget(settings.pop("answer", reader))  # type: ignore[arg-type]
    return ProbeRunner(PACK, target, **settings)  # type: ignore[arg-type]


def write(path: Path, made: ProbeRunner, most: int | None = None) -> int:
    file, answered = resume(path, made.identity("m"))
    written = 0
    with file:
        for result in made.results(each.key for each in answered):
            if most is not None and written == most:
                break
            file.write(result_line(result) + "\n")
            written += 1
    return written


def test_every_trial_gives_one_result_in_the_order_of_the_pack() -> None:
    results = list(runner().results())
    assert len(results) == len(PACK) * 6
    assert [each.item for each in results[::6]] == [item.id for item in PACK.items]
    assert {each.followed for each in results if each.arm is Arm.CONFLICT} == {"context"}


def test_a_broken_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    assert write(path, runner(), most=20) == 20
    with path.open("a", encoding="utf-8") as file:
        file.write('{"item": "cut sho')
    assert write(path, runner()) == len(PACK) * 6 - 20
    assert len({result.key for result in read_run(path).results}) == len(PACK) * 6
    assert write(path, runner()) == 0


def test_failed_calls_are_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"

    def breaks(question: str, chunks: Sequence[str]) -> str:
        raise TimeoutError

    write(path, runner(answer=breaks))
    assert read_run(path).failures == {"raised": len(PACK) * 6}
    write(path, runner())
    done = read_run(path)
    assert not done.failures
    assert len(done.results) == len(PACK) * 6


def test_a_file_of_another_run_is_not_mixed_with_this_one(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write(path, runner(), most=3)
    with pytest.raises(UsageError, match="another"):
        resume(path, runner().identity("another model"))
    path.write_text("nonsense", encoding="utf-8")
    with pytest.raises(UsageError, match="not a probe run"):
        resume(path, runner().identity("m"))


def test_a_spent_day_ends_the_run_and_the_next_takes_it_up(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    pace = RateLimiter(per_minute=60_000, per_day=10)
    assert write(path, runner(pace=pace, at_once=1)) == 10
    assert write(path, runner()) == len(PACK) * 6 - 10


def test_an_endpoint_that_misbehaves_in_turn_stops_nothing_and_is_counted(server: Any) -> None:
    text = json.dumps({"choices": [{"message": {"content": "オスロ"}}]}).encode()
    responses = itertools.cycle(
        [(429, b""), (500, b"oops"), (200, b"<html>"), (200, b'{"choices": []}'), (200, text),
         (200, b'{"choices": [{"message": {"content": ""}}]}'), (403, b"")]
    )  # fmt: skip
    server.answer = lambda path, body: (*next(responses), {})
    endpoint = ChatEndpoint(server.url, "m", retries=0)
    results = list(ProbeRunner(PACK, endpoint, at_once=1).results())
    endpoint.close()
    assert len(results) == len(PACK) * 6
    kinds = Counter(result.error for result in results)
    assert set(kinds) == {"rate_limited", "server_error", "nonsense", "empty", "refused", None}
    answered = [result for result in results if result.error is None]
    assert {result.followed for result in answered} == {"neither"}
    assert all(result.followed is None for result in results if result.error)
