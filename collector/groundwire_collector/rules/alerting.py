"""Every alerting rule, those that silence others first.

`page` wants someone now, `ticket` in working hours.
"""

from groundwire_collector.rules.alert import Alert
from groundwire_collector.rules.faithfulness import faithfulness_alerts
from groundwire_collector.rules.health import absence_alerts, coverage_alerts
from groundwire_collector.rules.judges import judge_alerts
from groundwire_collector.rules.limits import Limits
from groundwire_collector.rules.reliance import memorization
from groundwire_collector.rules.retrieval import retrieval_alerts


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
