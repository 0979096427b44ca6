"""The file of targets: read, refused where it is wrong, and written into the rules."""

import subprocess
from pathlib import Path

import pytest

from groundwire_collector.alerting.rules.recording import recordings
from groundwire_collector.alerting.rules.rendering import write
from groundwire_collector.alerting.rules.settings import RuleSettings
from groundwire_collector.errors import UsageError

TARGETS = """\
default: {effect: 0.04}
services:
  search: {flagged: 0.1}
  'a "b" (c)': {effect: 0.2}
"""


def loaded(folder: Path, text: str) -> RuleSettings:
    (folder / "targets.yaml").write_text(text)
    return RuleSettings.load(None, folder / "targets.yaml")


@pytest.mark.needs("prometheus")
def test_each_service_gets_its_target_and_all_others_the_default(tmp_path: Path):
    limits = loaded(tmp_path, TARGETS)
    paths = write(limits, tmp_path / "rules")
    scenario = tmp_path / "targets.test.yml"
    series = [
        f'groundwire_baseline_{name}{{service="{service}",signal="p_unsupported",revision="1"}}'
        for name in ("turns", "flagged_turns")
        for service in ("other", 'a \\"b\\" (c)')
    ]
    scored = 'groundwire_faithfulness_count{service="search",evaluator="grounding",revision="1"}'
    odd = 'service="a \\"b\\" (c)",evaluator="grounding",revision="1"'
    scenario.write_text(
        f"""
rule_files: {[str(path) for path in paths]}
evaluation_interval: 1m
group_eval_order: [groundwire, groundwire-reference, groundwire-alerts]
tests:
  - interval: 1m
    input_series:
      - {{series: '{series[0]}', values: "500x20"}}
      - {{series: '{series[1]}', values: "500x20"}}
      - {{series: '{series[2]}', values: "25x20"}}
      - {{series: '{series[3]}', values: "25x20"}}
      - {{series: '{scored}', values: "0+10x20"}}
    promql_expr_test:
      - expr: round(service_evaluator:groundwire_flagged_turns:target_ratio, 0.001)
        eval_time: 15m
        exp_samples:
          - {{labels: '{{service="other",evaluator="grounding",revision="1"}}', value: 0.09}}
          - {{labels: '{{{odd}}}', value: 0.25}}
          - {{labels: '{{service="search",evaluator="grounding",revision="1"}}', value: 0.1}}
"""
    )
    done = subprocess.run(["promtool", "test", "rules", scenario], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "default: 3",
        "services: {a: {}}",
        "services: {a: {effect: 0.1, flagged: 0.1}}",
        "x: [",
        "s: 1",
    ],
)
def test_a_wrong_target_is_reported_with_the_name_of_the_file(tmp_path: Path, text: str):
    with pytest.raises(UsageError, match=r"targets\.yaml"):
        loaded(tmp_path, text)


def test_an_empty_file_is_the_default(tmp_path: Path):
    assert recordings(loaded(tmp_path, "")) == recordings(RuleSettings.load(None))
