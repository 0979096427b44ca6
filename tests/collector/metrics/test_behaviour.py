"""What the behaviour evaluator measured, as counters, histograms and gauges."""

import json

from sqlalchemy import Engine

from groundwire_collector import metric_definitions
from groundwire_collector.metrics.exposition import Exposition
from groundwire_collector.metrics.turns import tally
from groundwire_collector.storage import baselines, drift
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.drift import Alarm
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.behaviour import Behaviour
from groundwire_evaluators.drift import Change
from groundwire_evaluators.turn import Turn

PLAIN = "A visitor's badge is valid for four years. It is renewed at the gate on request [1]."


def counted(answer: str) -> Increments:
    turn = Turn(id="1", service="bot", question="How long is a badge valid?", answer=answer)
    increments = Increments()
    tally(increments, JudgedTurn(turn, (Behaviour().judge(turn),)))
    return increments


def traits(increments: Increments) -> dict[str, str]:
    found = {}
    for metric, labels in increments.counters:
        if metric == metric_definitions.ANSWER_TRAITS.name:
            named = json.loads(labels)
            found[named["trait"]] = named["present"]
    return found


def test_traits_are_counted_both_where_they_are_and_where_they_are_not() -> None:
    assert traits(counted(PLAIN)) == {
        "other_language": "no",
        "refusal": "no",
        "loop": "no",
        "citations": "yes",
        "emoji": "no",
    }


def test_a_trait_that_was_not_looked_for_is_not_counted() -> None:
    assert traits(counted('{"years": 4'))["broken_json"] == "yes"
    assert "other_language" not in traits(counted('{"years": 4'))


def exported(engine: Engine) -> list[str]:
    body, _ = Exposition(engine).render()
    return [line for line in body.decode().splitlines() if not line.startswith("#")]


def test_levels_and_alarms_of_behaviour_have_gauges_of_their_own(engine: Engine) -> None:
    level = {"answer_words": {"statistic": 1.0, "before": 52.5, "now": 104.0}}
    change = Change(1_000_000_000, (0, 2_000_000_000), 0.2, (0.1, 0.3), "model_version", "v2")
    alarm = Alarm(
        service="bot",
        signal="behaviour_answer_words",
        cause="model",
        raised_ns=2_000_000_000,
        change=change,
        details={"direction": "up"},
    )
    with engine.begin() as connection:
        baselines.save_part(connection, "behaviour of bot", {"gauges": level})
        drift.raise_alarm(connection, alarm)
    lines = exported(engine)
    levels = {line for line in lines if line.startswith("groundwire_behaviour_level{")}
    rest = 'service="bot",signal="answer_words"}'
    assert levels == {
        f'groundwire_behaviour_level{{moment="before",{rest} 52.5',
        f'groundwire_behaviour_level{{moment="now",{rest} 104.0',
    }
    [open_alarm] = [line for line in lines if line.startswith("groundwire_behaviour_drift_alarm{")]
    assert 'direction="up"' in open_alarm
    assert 'value="v2"' in open_alarm
    assert not [line for line in lines if line.startswith("groundwire_drift_alarm{")]
