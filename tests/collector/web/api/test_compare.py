"""Two versions compared over HTTP and by command: one period, shared strata."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from typer import Typer
from typer.testing import CliRunner

from groundwire_collector.app import create_app
from groundwire_collector.commands.compare import compare
from groundwire_collector.errors import UsageError
from groundwire_collector.storage import closed_book_turns, turns
from groundwire_collector.storage.closed_book_turns import ClosedBookTurn
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Chunk, Turn

NOW = datetime.now(UTC)
EASY = [f"When does the {place} open?" for place in ("museum", "garden", "library", "pool")]
HARD = [f"How is the {kind} pension computed?" for kind in ("widow", "orphan", "early", "partial")]


def turn(number: int, version: str, question: str, hours: float, *, faithful: bool, **facts):
    started = NOW - timedelta(hours=hours)
    made = Turn(
        id=f"{version}-{number}",
        trace_id=f"{number:032x}",
        service="shop",
        question=question,
        answer="yes",
        chunks=(Chunk(text="a"),),
        model_version=version,
        started_at=started,
        ended_at=started + timedelta(seconds=facts.pop("seconds", 1.0)),
        **facts,
    )
    scores = {"state": State.SCORED, "flagged": not faithful, "value": float(faithful)}
    grounding = Evaluation(
        evaluator="grounding",
        revision="1",
        signals={"p_unsupported": 0.1 if faithful else 0.9},
        **scores,
    )
    words = Evaluation(
        evaluator="mine", revision="1", state=State.SCORED, value=0.5, signals={"words": 12.0}
    )
    return JudgedTurn(made, (grounding, words))


def traffic(version: str, hard: float, right: tuple[float, float], *, seed=0, ago=48.0, **facts):
    """400 turns over a day: a share of hard questions, `right` of easy and hard ones."""
    rng = random.Random(f"{seed} {version}")
    found = []
    for number in range(400):
        is_hard = rng.random() < hard
        question = rng.choice(HARD if is_hard else EASY) + f" ({number})"
        faithful = rng.random() < right[is_hard]
        hours = ago - 24 * number / 400
        found.append(turn(number, version, question, hours, faithful=faithful, **facts))
    return found


def store(app: FastAPI, *parts) -> None:
    with app.state.engine.begin() as connection:
        for part in parts:
            turns.save(connection, part)


def compared(app, head, **parameters):
    wanted = {"service": "shop", "baseline": "ft-1", "candidate": "ft-2"} | parameters
    return TestClient(app).get("/api/v1/compare", params=wanted, headers=head)


def measure(reported, name):
    return next(each for each in reported["measures"] if each["measure"] == name)


def test_another_mix_of_questions_is_shown_and_is_no_difference(app, heads):
    right = (0.97, 0.55)
    store(app, traffic("ft-1", 0.2, right), traffic("ft-2", 0.7, right))
    reported = compared(app, heads["shop"]).json()
    faithful = measure(reported, "faithful")
    assert faithful["raw_candidate"]["value"] < faithful["raw_baseline"]["value"] - 0.1
    assert faithful["interval"][0] < 0 < faithful["interval"][1]
    assert faithful["outcome"] in ("undecided", "pass")
    assert reported["concurrent"] is True
    assert "topic" in reported["strata"]
    assert min(reported["shared"].values()) > 0.8
    pension = [each for each in reported["mix"] if "pension" in each["value"]]
    assert sum(each["candidate"] for each in pension) > sum(e["baseline"] for e in pension) + 0.3


def test_a_worse_version_is_worse(app, heads):
    slow = {"seconds": 3.0, "output_tokens": 90}
    store(
        app,
        traffic("ft-1", 0.4, (0.97, 0.8), output_tokens=30),
        traffic("ft-2", 0.4, (0.8, 0.5), **slow),
    )
    reported = compared(app, heads["shop"]).json()
    assert reported["outcome"] == "worse"
    faithful, seconds = measure(reported, "faithful"), measure(reported, "seconds")
    assert (faithful["outcome"], faithful["decides"]) == ("worse", True)
    assert faithful["p_worse"] <= faithful["threshold"]
    assert seconds["outcome"] == "worse"
    assert seconds["change"] == pytest.approx(2.0)
    assert measure(reported, "output_tokens")["outcome"] == "changed"
    assert measure(reported, "mine.words")["baseline"] == pytest.approx(12.0)
    assert reported["turns"] == {"baseline": 400, "candidate": 400}


def test_versions_of_other_tenants_alone_are_not_comparable(app, heads):
    one = traffic("ft-1", 0.4, (0.97, 0.8), tenant="north")
    store(app, one, traffic("ft-2", 0.4, (0.5, 0.5), tenant="south"))
    reported = compared(app, heads["shop"]).json()
    assert reported["outcome"] == "not_comparable"
    assert "share no stratum" in measure(reported, "faithful")["reason"]


def test_what_changed_together_with_the_version_is_named(app, heads):
    one = traffic("ft-1", 0.4, (0.9, 0.8), prompt_version="a")
    store(app, one, traffic("ft-2", 0.4, (0.9, 0.8), prompt_version="b"))
    assert compared(app, heads["shop"]).json()["confounded"] == ["prompt_version"]


def test_versions_that_ran_one_after_the_other_are_reported_so(app, heads):
    store(app, traffic("ft-1", 0.4, (0.9, 0.8), ago=100), traffic("ft-2", 0.4, (0.9, 0.8), ago=48))
    reported = compared(app, heads["shop"]).json()
    assert reported["concurrent"] is False
    assert "time" not in reported["strata"]


def test_too_few_turns_say_nothing(app, heads):
    store(app, traffic("ft-1", 0.4, (0.9, 0.8)), traffic("ft-2", 0.4, (0.9, 0.8))[:10])
    reported = compared(app, heads["shop"]).json()
    assert (reported["outcome"], reported["measures"]) == ("not_comparable", [])


def test_a_key_compares_its_own_services_alone_and_parameters_are_checked(app, heads):
    store(app, traffic("ft-1", 0.4, (0.9, 0.8)), traffic("ft-2", 0.4, (0.9, 0.8)))
    assert compared(app, heads["other"]).status_code == 404
    assert compared(app, heads["shop"], candidates="x").status_code == 400
    assert compared(app, heads["shop"], dimension="route").status_code in (400, 422)


def test_the_command_prints_the_same(app, settings):
    store(app, traffic("ft-1", 0.4, (0.97, 0.8)), traffic("ft-2", 0.4, (0.8, 0.5)))
    where = (
        ["--database-url", settings.database_url]
        if settings.database_url
        else ["--data-dir", str(settings.data_dir)]
    )
    command = Typer()
    command.command()(compare)
    arguments = ["ft-1", "ft-2", "--service", "shop", "--since", "7d", *where]
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    reported = json.loads(done.output)
    assert reported["outcome"] == "worse"
    assert measure(reported, "faithful")["outcome"] == "worse"


def test_closed_book_calls_show_which_version_follows_its_context(app, heads):
    one, other = traffic("ft-1", 0.4, (0.9, 0.8)), traffic("ft-2", 0.4, (0.9, 0.8))
    store(app, one, other)
    with app.state.engine.begin() as connection:
        closed_book_turns.put(
            connection,
            [
                ClosedBookTurn(
                    turn_id=each.turn.id,
                    service="shop",
                    model_version=each.turn.model_version,
                    prompt_version=None,
                    sampled_ns=1,
                    probability=0.5,
                    cell="parametric_override"
                    if each.turn.model_version == "ft-2" and number % 3 == 0
                    else "context_driven",
                    diagnostic=number % 2 == 0,
                )
                for number, each in enumerate([*one, *other])
            ],
        )
    reported = compared(app, heads["shop"]).json()
    found = measure(reported, "closed_book_reliance")
    assert (found["outcome"], found["raw_baseline"]["value"]) == ("worse", 1.0)
    assert found["n_candidate"] <= 200


def test_a_margins_file_that_cannot_be_read_is_an_error_at_the_start(settings, tmp_path):
    path = tmp_path / "margins.toml"
    path.write_text("[measures.faithful]\nmargn = 1\n")
    with pytest.raises(UsageError, match="unknown: margn"):
        create_app(settings.model_copy(update={"margins": path}))


def test_the_margins_of_the_settings_decide(app, heads, settings, tmp_path):
    path = tmp_path / "margins.toml"
    path.write_text("[measures.faithful]\ndecides = false\n[measures.answered]\nmargin = 0.2\n")
    store(app, traffic("ft-1", 0.4, (0.97, 0.8)), traffic("ft-2", 0.4, (0.8, 0.5)))
    app.state.settings = settings.model_copy(update={"margins": path})
    reported = compared(app, heads["shop"]).json()
    assert reported["outcome"] == "pass"
    assert measure(reported, "faithful")["decides"] is False
