"""All alerting rules, inhibiting ones first.

`page`: needs a person now; `ticket`: during working hours.
"""

from groundwire_collector.alerting.rules.alert import AlertRule
from groundwire_collector.alerting.rules.behaviour import behaviour_drift
from groundwire_collector.alerting.rules.faithfulness import faithfulness_alerts
from groundwire_collector.alerting.rules.health import absence_alerts, coverage_alerts
from groundwire_collector.alerting.rules.judges import judge_alerts
from groundwire_collector.alerting.rules.reliance import memorization
from groundwire_collector.alerting.rules.retrieval import retrieval_alerts
from groundwire_collector.alerting.rules.settings import RuleSettings


def alerts(limits: RuleSettings) -> tuple[AlertRule, ...]:
    """All alerts, inhibiting ones first."""
    return (
        *absence_alerts(limits),
        *retrieval_alerts(limits),
        *faithfulness_alerts(limits),
        memorization(limits),
        behaviour_drift(limits),
        *coverage_alerts(limits),
        *judge_alerts(limits),
    )
