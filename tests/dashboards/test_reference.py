"""The reference page says what the code does."""

import subprocess
import sys
from pathlib import Path

from groundwire_collector.alerting.rules.alerts import alerts
from groundwire_collector.alerting.rules.settings import RuleSettings
from groundwire_collector.metric_definitions import all_metrics

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")
PRINT = "import sys; from dashboards.reference import page; sys.stdout.write(page())"


def test_the_page_is_the_one_the_code_generates():
    done = subprocess.run(
        [sys.executable, "-c", PRINT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == PAGE, "run: make docs"


def test_every_metric_alert_and_limit_has_its_line():
    names = [metric.name for metric in all_metrics()]
    names += [alert.name for alert in alerts(RuleSettings.load(None))] + list(
        RuleSettings.model_fields
    )
    assert [name for name in names if f"| `{name}" not in PAGE] == []


def test_every_metric_is_named_by_the_rules_of_prometheus():
    for metric in all_metrics():
        assert metric.name.startswith("groundwire_")
        assert not metric.name.endswith(("_total", "_count", "_sum", "_bucket"))
        assert metric.help.endswith(".")
        assert metric.buckets == tuple(sorted(metric.buckets))
