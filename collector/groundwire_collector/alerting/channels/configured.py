"""Channels that the settings name."""

from threading import Event

from groundwire_collector.alerting.channels.alertmanager import AlertmanagerWebhook
from groundwire_collector.alerting.channels.channel import Channel
from groundwire_collector.alerting.channels.http import JsonClient
from groundwire_collector.alerting.channels.pagerduty import PagerDutyEvents
from groundwire_collector.alerting.channels.slack import SlackWebhook
from groundwire_collector.settings import Settings


def channels(settings: Settings, stop: Event) -> list[Channel]:
    """A channel for each setting that is set; raises UsageError where an address is none.

    `stop` ends the pauses between retries.
    """
    found: list[Channel] = []
    if settings.alarm_webhook_url is not None:
        url, token = settings.alarm_webhook_url.get_secret_value(), settings.alarm_webhook_token
        secret = token.get_secret_value() if token else None
        found.append(AlertmanagerWebhook(JsonClient("alarm_webhook_url", url, stop, token=secret)))
    if settings.alarm_slack_url is not None:
        url = settings.alarm_slack_url.get_secret_value()
        found.append(SlackWebhook(JsonClient("alarm_slack_url", url, stop)))
    if settings.alarm_pagerduty_key is not None:
        client = JsonClient("alarm_pagerduty_url", settings.alarm_pagerduty_url, stop)
        severity = settings.alarm_pagerduty_severity
        found.append(PagerDutyEvents(client, settings.alarm_pagerduty_key, severity))
    return found
