"""Alerting rule model: identity in labels, numbers and links in annotations."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from groundwire_collector.alerting.rules.settings import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """One alerting rule; texts are Prometheus templates, durations seconds.

    `summary` says in one line what fell, where and how much; `description` what the numbers are
    made of; `since` what changed and since when; `first` what to do first.
    """

    name: str
    severity: Severity
    expression: str
    summary: str
    description: str
    first: str
    since: str = ""
    lasting: int = 0
    keep_firing: int = 0
    links: Mapping[str, str] = field(default_factory=dict)

    def texts(self) -> dict[str, str]:
        """The annotations that are read, in the order in which they are."""
        texts = {
            "summary": self.summary,
            "description": self.description,
            "since": self.since,
            "first": self.first,
        }
        return {name: text for name, text in texts.items() if text}
