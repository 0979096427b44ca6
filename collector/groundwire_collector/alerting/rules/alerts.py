"""Every alerting rule, those that silence others first.

`page` wants someone now, `ticket` in working hours.
"""

from groundwire_collector.alerting.rules.alert import Alert
from groundwire_collector.alerting.rules.faithfulness import faithfulness_alerts
from groundwire_collector.alerting.rules.health import absence_alerts, coverage_alerts
from groundwire_collector.alerting.rules.judges import judge_alerts
from groundwire_collector.alerting.rules.reliance import memorization
from groundwire_collector.alerting.rules.retrieval import retrieval_alerts
from groundwire_collector.alerting.rules.settings import Limits


def alerts(limits: Limits) -> tuple[Alert, ...]:
    """Every alert, the one that silences others first."""
    return (
        *absence_alerts(limits),
        *retrieval_alerts(limits),
        *faithfulness_alerts(limits),
        memorization(limits),
        *coverage_alerts(limits),
        *judge_alerts(limits),
    )
