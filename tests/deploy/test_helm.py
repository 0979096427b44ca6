"""The Helm chart: linted and rendered by Helm, valid for Kubernetes, hardened."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from groundwire_collector.alerting.stack.writing import FILES as STACK

pytestmark = pytest.mark.needs("helm")

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "groundwire"
EVERYTHING = {
    "image": {"digest": f"sha256:{'a' * 64}", "pullSecrets": [{"name": "registry"}]},
    "settings": {"evaluators": "grounding,override", "judge_rate": 0.1, "tenant_metrics": True},
    "extraEnv": [{"name": "GROUNDWIRE_JUDGES", "value": "llm_judge"}],
    "receiver": {
        "autoscaling": {"enabled": True},
        "ingress": {"enabled": True, "host": "gw.example", "tlsSecret": "gw-tls"},
    },
    "worker": {"autoscaling": {"enabled": True, "queueAge": {"enabled": True}}},
    "networkPolicy": {
        "from": [{"namespaceSelector": {}}],
        "egress": [{"ports": [{"protocol": "TCP", "port": 443}]}],
    },
    "monitoring": {
        "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
        "prometheusRule": {"enabled": True},
        "dashboards": {"enabled": True},
    },
    "podAnnotations": {"team": "search"},
    "nodeSelector": {"disk": "ssd"},
}
VALUES = [pytest.param({}, id="defaults"), pytest.param(EVERYTHING, id="everything")]
OPERATOR_KINDS = {"ServiceMonitor", "PrometheusRule"}


def objects(values: dict[str, Any]) -> list[dict[str, Any]]:
    from helm_python.chart import Chart

    rendered = Chart.load(CHART).render(values, name="gw", namespace="obs")
    manifests = [text for path, text in sorted(rendered.items()) if path.endswith(".yaml")]
    return [each for text in manifests for each in yaml.safe_load_all(text) if each]


def of_kind(values: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {o["metadata"]["name"]: o for o in objects(values) if o["kind"] == kind}


def containers(values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: deployment["spec"]["template"]["spec"]["containers"][0]
        for name, deployment in of_kind(values, "Deployment").items()
    }


@pytest.mark.parametrize("values", VALUES)
def test_the_chart_passes_the_linter(values: dict[str, Any]) -> None:
    from helm_python.chart import lint

    report = lint(CHART, values, strict=True)
    assert report["errors"] == []
    assert [each for each in report["messages"] if each["severity"] > 1] == []


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("version", ["1.27.0", "1.33.0"])
def test_every_object_is_valid_for_kubernetes(values: dict[str, Any], version: str) -> None:
    import kubernetes_validate

    checked = [each for each in objects(values) if each["kind"] not in OPERATOR_KINDS]
    for each in checked:
        kubernetes_validate.validate(each, version, strict=True)
    assert {"Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy"} <= {
        each["kind"] for each in checked
    }


def test_names_are_unique_within_a_kind() -> None:
    names = [(each["kind"], each["metadata"]["name"]) for each in objects(EVERYTHING)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("role", ["receiver", "worker", "monitor"])
def test_a_role_runs_without_privileges_and_knows_what_it_is(role: str) -> None:
    deployment = of_kind({}, "Deployment")[f"gw-{role}"]
    pod = deployment["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["args"][0] == "up"
    environment = {each["name"]: each.get("value") for each in container["env"]}
    assert environment["GROUNDWIRE_ROLE"] == role
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["requests"]["memory"]


def test_every_environment_variable_is_a_setting() -> None:
    from groundwire_collector.settings import Settings

    known = {f"GROUNDWIRE_{name.upper()}" for name in Settings.model_fields}
    for container in containers(EVERYTHING).values():
        assert {each["name"] for each in container["env"]} <= known


def test_no_secret_is_written_into_an_object() -> None:
    for container in containers(EVERYTHING).values():
        secret = {each["name"] for each in container["env"] if "valueFrom" in each}
        assert {"GROUNDWIRE_DATABASE_URL", "GROUNDWIRE_API_KEY"} <= secret


def test_the_receiver_is_probed_where_it_answers_without_a_key() -> None:
    receiver = containers({})["gw-receiver"]
    assert receiver["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert receiver["startupProbe"]["httpGet"]["path"] == "/healthz"
    assert receiver["readinessProbe"]["httpGet"]["path"] == "/readyz"
    environment = {each["name"]: each.get("value") for each in receiver["env"]}
    assert environment["GROUNDWIRE_OPEN_METRICS"] == "true"


def test_a_selector_matches_its_own_role_alone() -> None:
    deployments = of_kind({}, "Deployment")
    for name, deployment in deployments.items():
        wanted = deployment["spec"]["selector"]["matchLabels"]
        matching = [
            other
            for other, each in deployments.items()
            if wanted.items() <= each["spec"]["template"]["metadata"]["labels"].items()
        ]
        assert matching == [name]


def test_rules_and_dashboards_are_those_of_the_repository() -> None:
    [rule] = of_kind(EVERYTHING, "PrometheusRule").values()
    groups = [group["name"] for group in rule["spec"]["groups"]]
    generated = ROOT / "dashboards" / "generated" / "prometheus"
    expected = [
        group["name"]
        for path in sorted(generated.glob("*.yml"))
        for group in yaml.safe_load(path.read_text())["groups"]
    ]
    assert groups == expected
    assert len(set(groups)) == len(groups)
    boards = of_kind(EVERYTHING, "ConfigMap")
    folder = ROOT / "collector" / "groundwire_collector" / "alerting" / "grafana" / "boards"
    for path in folder.glob("*.json"):
        [text] = boards[f"gw-dashboard-{path.stem}"]["data"].values()
        assert json.loads(text) == json.loads(path.read_text())


@pytest.mark.parametrize(
    "values",
    [
        {"existingSecret": ""},
        {"settings": {"Judge-Rate": 1}},
        {"image": {"digest": "latest"}},
        {"worker": {"replicas": 0}},
    ],
)
def test_wrong_values_are_refused(values: dict[str, Any]) -> None:
    from helm_python.chart import Chart
    from helm_python.errors import HelmError

    with pytest.raises(HelmError):
        Chart.load(CHART).validate_schema(values)


def test_the_dockerfile_passes_its_linter() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    dockerfile = str(STACK / "Dockerfile")
    found = subprocess.run([hadolint, dockerfile], capture_output=True, text=True, check=False)
    assert found.stdout == ""
    assert found.returncode == 0
