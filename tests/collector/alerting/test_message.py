"""What a webhook is told: as Alertmanager would, and enough for someone just woken."""

from groundwire_collector.alerting.message import body, idempotency_key
from groundwire_collector.drift.alarm_origin import AlarmOrigin
from groundwire_evaluators.drift.origin import Origin


def test_a_message_says_what_where_since_when_how_much_and_what_to_do(alarm):
    document = body(alarm(), "https://gw.example", resolved=False)
    assert (document["version"], document["status"]) == ("4", "firing")
    [reported] = document["alerts"]
    assert reported["labels"]["alertname"] == "GroundwireDrift"
    assert reported["annotations"] == document["commonAnnotations"]
    assert (reported["startsAt"], reported["endsAt"]) == (
        "2025-11-25T22:01:30.000Z",
        "0001-01-01T00:00:00Z",
    )
    message = reported["annotations"]
    assert (
        message["summary"]
        == "bot: unsupported claims (p_unsupported) up by 0.40 for model_version ft 2"
    )
    assert message["since"] == (
        "unsupported claims (p_unsupported) for model_version ft 2 got worse at "
        "2025-11-25 22:00:00 UTC "
        "(between 21:59:00 and 22:01:00), probable cause: model"
    )
    query = "order=worst&service=bot&model_version=ft+2&since=1764108000"
    assert message["worst_turn_url"] == f"https://gw.example/turns/worst?{query}"
    assert message["runbook_url"] == "https://gw.example/runbooks/GroundwireDrift"


def test_the_end_of_an_alarm_is_the_same_alarm_and_another_message(alarm):
    raised = alarm()
    over = alarm(resolved_ns=raised.raised_ns + 1_000_000_000)
    first = body(raised, "", resolved=False)["alerts"][0]
    last = body(over, "", resolved=True)["alerts"][0]
    assert (last["status"], last["endsAt"]) == ("resolved", "2025-11-25T22:01:31.000Z")
    assert first["fingerprint"] == last["fingerprint"]
    assert idempotency_key(raised, resolved=False) != idempotency_key(over, resolved=True)
    again = alarm(raised_ns=raised.raised_ns + 1)
    assert idempotency_key(again, resolved=False) != idempotency_key(raised, resolved=False)


def test_a_message_carries_the_verdict_on_system_or_evaluator_while_the_alarm_is_open(alarm):
    origin = AlarmOrigin(Origin.EVALUATOR, ("Golden set, 300 answers judged again",))
    message = body(alarm(), "", resolved=False, origin=origin)["commonAnnotations"]
    assert message["origin"] == "evaluator"
    assert message["origin_reasons"] == "Golden set, 300 answers judged again"


def test_an_alarm_of_missing_scores_links_to_turns_without_one(alarm):
    missing = alarm(signal="not_evaluated", details={"state": "failed"})
    message = body(missing, "https://gw", resolved=False)["commonAnnotations"]
    assert message["worst_turn_url"].startswith("https://gw/turns?state=failed&service=bot")
    assert message["first"].startswith("Open a turn that was not evaluated")
