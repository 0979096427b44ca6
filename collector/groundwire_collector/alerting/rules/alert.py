"""Alerting rule model: identity in labels, numbers and links in annotations."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from groundwire_collector.alerting.rules.settings import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """One alerting rule; texts are Prometheus templates, durations seconds.

    `summary`: what got worse, where and by how much, in one line; `description`: how the numbers
    are computed; `since`: what changed and when; `first`: the first thing to do.
    """

    name: str
    severity: Severity
    expression: str
    summary: str
    description: str
    first: str
    since: str = ""
    for_seconds: int = 0
    keep_firing: int = 0
    links: Mapping[str, str] = field(default_factory=dict)

    def texts(self) -> dict[str, str]:
        """Annotations for people, in reading order."""
        texts = {
            "summary": self.summary,
            "description": self.description,
            "since": self.since,
            "first": self.first,
        }
        return {name: text for name, text in texts.items() if text}
