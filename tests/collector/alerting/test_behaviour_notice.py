"""What people are sent of a change of behaviour: other, not worse."""

from groundwire_collector.alerting.notice import AlarmNotice
from groundwire_collector.storage.notifications import AlarmEvent


def test_a_change_of_behaviour_says_from_what_to_what_and_no_more(alarm):
    found = "Length of answers rose from 52.4 to 104 words on average over 96 turns"
    changed = alarm(
        signal="behaviour_answer_words", details={"findings": [found], "direction": "up"}
    )
    notice = AlarmNotice.of(changed, "https://gw.example", AlarmEvent.FIRING)
    assert notice.labels["alertname"] == "GroundwireBehaviourDrift"
    assert notice.annotations["summary"] == "bot: length of answers changed for model_version ft 2"
    assert notice.annotations["description"].startswith(f"{found}.")
    assert "worst" not in str(notice.annotations)
    query = "order=newest&service=bot&model_version=ft+2&since=1764108000"
    assert notice.annotations["turns_url"] == f"https://gw.example/turns?{query}"
