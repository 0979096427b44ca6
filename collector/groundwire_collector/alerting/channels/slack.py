"""Alarms as Slack messages: an incoming webhook, with Block Kit.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks ,
https://docs.slack.dev/reference/block-kit/blocks (limits of lengths)
"""

from typing import Any

from groundwire_collector.alerting.channels.channel import Delivery
from groundwire_collector.alerting.channels.http import JsonClient
from groundwire_collector.alerting.notice import AlarmNotice
from groundwire_collector.storage.notifications import AlarmEvent

MOST_HEADER, MOST_TEXT = 150, 3000  # characters
LINKS = {
    "worst_turn_url": "Worst turn",
    "turns_url": "Turns",
    "runbook_url": "What to do",
}
BEGINNINGS = {
    AlarmEvent.FIRING: "",
    AlarmEvent.ACKNOWLEDGED: "Acknowledged: ",
    AlarmEvent.RESOLVED: "Resolved: ",
}


class SlackWebhook:
    """Incoming webhook of Slack.

    Slack does not recognize repeated messages: after a crash between delivery and commit the same
    message may appear twice.
    """

    name = "slack"
    events = frozenset(AlarmEvent)

    def __init__(self, client: JsonClient) -> None:
        self._client, self.host = client, client.host

    def deliver(self, notice: AlarmNotice) -> Delivery:
        """Post the message of a notice."""
        return self._client.post(document(notice), notice.key)

    def close(self) -> None:
        self._client.close()


def document(notice: AlarmNotice) -> dict[str, Any]:
    """Message with blocks, and a text for notifications; links are not unfurled."""
    summary = f"{BEGINNINGS[notice.event]}{notice.annotations['summary']}"
    header = {"type": "plain_text", "text": _cut(summary, MOST_HEADER), "emoji": False}
    blocks: list[dict[str, Any]] = [{"type": "header", "text": header}]
    blocks += [{"type": "section", "text": _text("\n".join(lines))} for lines in _parts(notice)]
    if links := _links(notice):
        blocks.append({"type": "context", "elements": [_text(links)]})
    text = escaped(_cut(summary, MOST_TEXT))
    return {"text": text, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def escaped(text: str) -> str:
    """Text in which Slack sees no mention, link or markup of its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _parts(notice: AlarmNotice) -> list[list[str]]:
    """Sections: what happened, and what to do first."""
    if notice.event is AlarmEvent.ACKNOWLEDGED:
        return [[f"by {escaped(notice.by)}"]] if notice.by else []
    texts = {name: escaped(text) for name, text in notice.annotations.items()}
    happened = [texts[name] for name in ("since", "description") if texts.get(name)]
    if texts.get("origin_reasons"):
        happened.append(f"What moved: {texts.get('origin', '')}. {texts['origin_reasons']}")
    first = [f"*First:* {texts['first']}"] if texts.get("first") else []
    if notice.event is AlarmEvent.RESOLVED:
        happened, first = happened[:1], []
    return [part for part in (happened, first) if part]


def _links(notice: AlarmNotice) -> str:
    found = [
        f"<{escaped(notice.annotations[name])}|{shown}>"
        for name, shown in LINKS.items()
        if name in notice.annotations
    ]
    if notice.pages:
        found.append(f"<{escaped(notice.pages)}/alarms|Alarms>")
    return " · ".join(found)


def _text(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": _cut(text, MOST_TEXT), "verbatim": True}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
