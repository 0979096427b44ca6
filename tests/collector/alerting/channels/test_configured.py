"""The channels that the settings name."""

from threading import Event

import pytest
from pydantic import SecretStr

from groundwire_collector.alerting.channels.configured import channels
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings

SECRET = SecretStr("https://hooks.example/s3cret")


def names(**settings: object) -> list[str]:
    found = channels(Settings(**settings), Event())
    for each in found:
        each.close()
    return [each.name for each in found]


def test_nothing_is_sent_unless_a_channel_is_set():
    assert names() == []
    assert not Settings().notifies
    assert names(alarm_pagerduty_severity="critical") == []


def test_each_setting_is_a_channel_and_all_can_be_set():
    chosen = {
        "alarm_webhook_url": SECRET,
        "alarm_slack_url": SECRET,
        "alarm_pagerduty_key": SecretStr("k"),
    }
    assert names(**chosen) == ["webhook", "slack", "pagerduty"]
    for name in chosen:
        assert Settings(**{name: chosen[name]}).notifies


@pytest.mark.parametrize("setting", ["alarm_webhook_url", "alarm_slack_url"])
def test_an_address_that_is_none_names_its_setting_and_not_its_value(setting: str):
    with pytest.raises(UsageError, match=setting) as error:
        names(**{setting: SecretStr("hooks.example/s3cret")})
    assert "s3cret" not in str(error.value)
