"""What a notification says: enough for someone just woken, the same on every channel."""

from groundwire_collector.alerting.channels.alertmanager import document
from groundwire_collector.alerting.notice import AlarmNotice, channel_test_notice
from groundwire_collector.drift.alarm_origin import AlarmOrigin
from groundwire_collector.storage.notifications import AlarmEvent
from groundwire_evaluators.drift.origin import Origin

FIRING, RESOLVED = AlarmEvent.FIRING, AlarmEvent.RESOLVED


def test_a_message_says_what_where_since_when_how_much_and_what_to_do(alarm):
    message = document(AlarmNotice.of(alarm(), "https://gw.example", FIRING))
    assert (message["version"], message["status"]) == ("4", "firing")
    [reported] = message["alerts"]
    assert reported["labels"]["alertname"] == "GroundwireDrift"
    assert reported["annotations"] == message["commonAnnotations"]
    assert (reported["startsAt"], reported["endsAt"]) == (
        "2025-11-25T22:01:30.000Z",
        "0001-01-01T00:00:00Z",
    )
    texts = reported["annotations"]
    assert (
        texts["summary"]
        == "bot: unsupported claims (p_unsupported) up by 0.40 for model_version ft 2"
    )
    assert texts["since"] == (
        "unsupported claims (p_unsupported) for model_version ft 2 got worse at "
        "2025-11-25 22:00:00 UTC "
        "(between 21:59:00 and 22:01:00), probable cause: model"
    )
    query = "order=worst&service=bot&model_version=ft+2&since=1764108000"
    assert texts["worst_turn_url"] == f"https://gw.example/turns/worst?{query}"
    assert texts["runbook_url"] == "https://gw.example/runbooks/GroundwireDrift"


def test_the_end_of_an_alarm_is_the_same_alarm_and_another_message(alarm):
    raised = alarm()
    over = alarm(resolved_ns=raised.raised_ns + 1_000_000_000)
    first = document(AlarmNotice.of(raised, "", FIRING))["alerts"][0]
    last = document(AlarmNotice.of(over, "", RESOLVED))["alerts"][0]
    assert (last["status"], last["endsAt"]) == ("resolved", "2025-11-25T22:01:31.000Z")
    assert first["fingerprint"] == last["fingerprint"]
    keys = {
        AlarmNotice.of(each, "", event).key
        for each in (raised, alarm(raised_ns=raised.raised_ns + 1))
        for event in AlarmEvent
    }
    assert len(keys) == 6


def test_a_message_carries_the_verdict_on_system_or_evaluator_while_the_alarm_is_open(alarm):
    origin = AlarmOrigin(Origin.EVALUATOR, ("Golden set, 300 answers judged again",))
    message = AlarmNotice.of(alarm(), "", FIRING, origin).annotations
    assert message["origin"] == "evaluator"
    assert message["origin_reasons"] == "Golden set, 300 answers judged again"


def test_an_alarm_of_missing_scores_links_to_turns_without_one(alarm):
    missing = alarm(signal="not_evaluated", details={"state": "failed"})
    message = AlarmNotice.of(missing, "https://gw", FIRING).annotations
    assert message["worst_turn_url"].startswith("https://gw/turns?state=failed&service=bot")
    assert message["first"].startswith("Open a turn that was not evaluated")


def test_a_test_of_a_channel_says_that_nothing_is_wrong_and_ends_what_it_began():
    first, last = (channel_test_notice("http://gw", event, 10**18) for event in (FIRING, RESOLVED))
    assert first.fingerprint == last.fingerprint
    assert first.key != last.key
    assert "nothing is wrong" in first.annotations["summary"]
    assert first.labels["alertname"] != "GroundwireDrift"
