"""The deployment files: accepted by the programs that read them, consistent, and closed."""

import atexit
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
import yaml

from groundwire_collector import __version__
from groundwire_collector.alerting.rules.alerts import alerts
from groundwire_collector.alerting.rules.rendering import write
from groundwire_collector.alerting.rules.settings import RuleSettings
from groundwire_collector.alerting.stack.writing import write as write_stack

ROOT = Path(__file__).parents[2]
DEPLOY = Path(mkdtemp(prefix="groundwire-stack-"))
atexit.register(shutil.rmtree, DEPLOY)
write_stack(DEPLOY)
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OTEL = "otel/opentelemetry-collector-contrib"  # its digest is known from one place only
LIMITS = RuleSettings.load(None)


def run(*command: object) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def mounts(service: dict[str, Any]) -> dict[str, str]:
    """What of the repository or which volume is seen where."""
    parts = (volume.split(":") for volume in service.get("volumes", ()))
    return {part[1]: part[0] for part in parts}


def seen(service: str, path: str) -> Path:
    """The file of the repository that a service sees at `path`."""
    for inside, outside in mounts(SERVICES[service]).items():
        if path == inside or path.startswith(f"{inside}/"):
            return (DEPLOY / outside / path.removeprefix(inside).lstrip("/")).resolve()
    raise AssertionError(f"{service} does not see {path}")


@pytest.mark.needs("check-jsonschema")
def test_compose_follows_its_specification():
    schema = ("--builtin-schema", "vendor.compose-spec")
    run(sys.executable, "-m", "check_jsonschema", *schema, DEPLOY / "compose.yaml")


def test_everything_listens_on_loopback_only():
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert len(published) >= 4
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_what_is_mounted_exists_and_volumes_are_declared():
    for service in SERVICES.values():
        for outside in mounts(service).values():
            if outside.startswith("."):
                assert (DEPLOY / outside).exists(), outside
            else:
                assert outside in COMPOSE["volumes"]


def test_no_secret_is_written_in_the_files_and_each_is_seen_by_its_reader_alone():
    text = (DEPLOY / "compose.yaml").read_text()
    assert not re.search(r"(?i)(password|key|token)\w*\s*[:=]\s*[\"']?[\w+-]{8,}", text)
    for volume, reader in (
        ("grafana-secret", "grafana"),
        ("prometheus-secret", "prometheus"),
        ("otel-secret", "otel-collector"),
    ):
        readers = {name for name, s in SERVICES.items() if volume in mounts(s).values()}
        assert readers == {"prepare", reader}


def test_the_preparation_writes_the_files_that_are_read(tmp_path: Path):
    script = (DEPLOY / "prepare.sh").read_text()
    run("sh", "-n", DEPLOY / "prepare.sh")
    inside = mounts(SERVICES["prepare"])
    written = set(re.findall(r"> (/secrets/\S+)", script))
    read = {
        "grafana-secret": SERVICES["grafana"]["environment"]["GF_SECURITY_ADMIN_PASSWORD__FILE"],
        "prometheus-secret": prometheus()["scrape_configs"][0]["authorization"]["credentials_file"],
        "otel-secret": otel()["extensions"]["bearertokenauth/groundwire"]["filename"],
    }
    for folder, volume in inside.items():
        if volume in read:
            assert f"{folder}/{Path(read[volume]).name}" in written
            assert Path(read[volume]).parent == Path("/run/groundwire")
    assert "--scope read" in script


def test_the_preparation_runs_to_its_end_and_keeps_what_it_has_made(tmp_path: Path):
    script = (DEPLOY / "prepare.sh").read_text()
    places = {"/rules-of": str(DEPLOY / "prometheus"), "/secrets": f"{tmp_path}/secrets"}
    for inside, outside in {**places, "--out /rules": f"--out {tmp_path}/rules"}.items():
        script = script.replace(inside, outside)
    for folder in ("grafana", "prometheus", "otel"):
        (tmp_path / "secrets" / folder).mkdir(parents=True)
    bin_folder = str(Path(sys.executable).parent)
    environment = {
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "GROUNDWIRE_DATA_DIR": str(tmp_path / "data"),
    }
    command = ["sh", "-c", script]
    first = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert first.returncode == 0, first.stderr
    made = {p: p.read_text() for p in (tmp_path / "secrets").rglob("*") if p.is_file()}
    assert len(made) == 3
    assert all(made.values())
    assert len(list((tmp_path / "rules").glob("*.yml"))) == 2
    subprocess.run(command, env=environment, capture_output=True, check=True)
    assert {path: path.read_text() for path in made} == made


def prometheus() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    return found


@pytest.mark.needs("prometheus")
def test_prometheus_accepts_its_configuration_and_the_rules_beside_it(tmp_path: Path):
    config = prometheus()
    [pattern] = config["rule_files"]
    write(made_limits(), tmp_path / "rules")
    config["rule_files"] = [str(tmp_path / "rules" / Path(pattern).name)]
    (tmp_path / "key").write_text("x")
    config["scrape_configs"][0]["authorization"]["credentials_file"] = str(tmp_path / "key")
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    message = run("promtool", "check", "config", tmp_path / "prometheus.yml")
    assert f"{len(alerts(LIMITS))} rules found" in message


def made_limits() -> RuleSettings:
    """The limits that the preparation makes the rules with, into what Prometheus reads."""
    made = re.search(
        r"groundwire rules --config (\S+) --targets (\S+) --out (\S+)",
        (DEPLOY / "prepare.sh").read_text(),
    )
    assert made is not None
    config, targets, out = made.groups()
    [pattern] = prometheus()["rule_files"]
    volume = mounts(SERVICES["prometheus"])[str(Path(pattern).parent)]
    assert mounts(SERVICES["prepare"])[out] == volume
    return RuleSettings.load(seen("prepare", config), seen("prepare", targets))


def test_the_limits_of_the_stack_are_the_shipped_ones_until_someone_edits_them():
    assert made_limits() == LIMITS


def test_prometheus_reaches_the_services_of_the_stack_under_the_name_the_rules_expect():
    config = prometheus()
    [scrape] = config["scrape_configs"]
    assert scrape["job_name"] == LIMITS.job
    targets = [t for s in scrape["static_configs"] for t in s["targets"]]
    targets += [
        target
        for manager in config["alerting"]["alertmanagers"]
        for static in manager["static_configs"]
        for target in static["targets"]
    ]
    for target in targets:
        name, port = target.split(":")
        assert any(published.endswith(f":{port}") for published in SERVICES[name]["ports"])


def test_grafana_finds_the_dashboard_and_its_data_source():
    provisioning = DEPLOY / "grafana/provisioning"
    [source] = yaml.safe_load((provisioning / "datasources/groundwire.yaml").read_text())[
        "datasources"
    ]
    name, port = source["url"].removeprefix("http://").split(":")
    assert any(published.endswith(f":{port}") for published in SERVICES[name]["ports"])
    [destination] = source["jsonData"]["exemplarTraceIdDestinations"]
    assert destination["name"] == "trace_id"  # the label of our exemplars
    assert destination["url"] == f"{LIMITS.collector_url}/traces/$${{__value.raw}}"
    [provider] = yaml.safe_load((provisioning / "dashboards/groundwire.yaml").read_text())[
        "providers"
    ]
    assert (seen("grafana", provider["options"]["path"]) / "overview.json").is_file()
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert seen("grafana", home).is_file()


def otel() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "otel-collector.yaml").read_text())
    return found


def test_every_part_of_a_pipeline_is_defined_and_ends_at_our_receiver():
    config = otel()
    for pipeline in config["service"]["pipelines"].values():
        for kind in ("receivers", "processors", "exporters"):
            assert set(pipeline[kind]) <= config[kind].keys()
        assert "otlphttp/groundwire" in pipeline["exporters"]
    exporter = config["exporters"]["otlphttp/groundwire"]
    assert exporter["endpoint"] == "http://collector:4318"
    assert exporter["auth"]["authenticator"] in config["service"]["extensions"]
    assert set(config["service"]["extensions"]) == config["extensions"].keys()


def test_no_service_runs_as_root_or_can_write_beyond_its_volumes():
    for name, service in SERVICES.items():
        user = str(service["user"]).partition(":")[0]
        assert user.isdecimal(), name
        assert int(user) > 0, name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "/tmp" in service["tmpfs"], name
        assert not {"privileged", "cap_add", "pid", "devices"} & service.keys(), name


def test_images_have_an_exact_version_and_a_digest_where_it_is_known():
    images = {service["image"] for name, service in SERVICES.items()}
    ours = f"groundwire:{__version__}"
    assert ours in images
    without = {image for image in images - {ours} if "@" not in image}
    assert {image.partition(":")[0] for image in without} <= {
        "otel/opentelemetry-collector-contrib"
    }
    for image in images - without - {ours}:
        assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+@sha256:[0-9a-f]{64}", image)
    assert all(re.search(r":v?\d+\.\d+\.\d+$", image) for image in without)


def test_the_image_installs_this_version_and_does_not_run_as_root():
    text = (DEPLOY / "Dockerfile").read_text()
    assert f"groundwire[archive,collector,grpc,postgres,reader]=={__version__}" in text
    assert re.search(r"^USER 10318$", text, re.M)
    [user] = {SERVICES[name]["user"] for name in ("prepare", "collector")}
    assert f"--uid {user.partition(':')[0]} --gid {user.partition(':')[2]}" in text
    copied = re.findall(r"^COPY (?!--from)(\S+)", text, re.M)
    assert copied == ["wheels"]
    assert list((DEPLOY / "wheels").iterdir())  # COPY fails without a file


def test_folders_of_the_volumes_that_the_preparation_writes_belong_to_it():
    text = (DEPLOY / "Dockerfile").read_text()
    for inside, outside in mounts(SERVICES["prepare"]).items():
        if outside in COMPOSE["volumes"] and inside != "/var/lib/groundwire":
            assert f" {inside}" in text


def test_nothing_but_wheels_is_sent_to_the_build():
    assert (DEPLOY / ".dockerignore").read_text().split() == ["*", "!wheels"]


def test_what_people_edit_stays_when_the_stack_is_written_again(tmp_path: Path):
    assert all(each.written for each in write_stack(tmp_path))
    (tmp_path / "alertmanager.yml").write_text("route: {receiver: mine}\n")
    limits = tmp_path / "prometheus/limits.toml"
    limits.write_text(limits.read_text().replace("127.0.0.1:4318", "gw.example:4318"))
    (tmp_path / "compose.yaml").write_text("")
    left = {each.path.name for each in write_stack(tmp_path) if not each.written}
    assert left == {"alertmanager.yml", "otel-collector.yaml", "limits.toml", "targets.yaml"}
    assert "mine" in (tmp_path / "alertmanager.yml").read_text()
    assert (tmp_path / "compose.yaml").read_text() == (DEPLOY / "compose.yaml").read_text()
    assert "gw.example:4318" in (tmp_path / "grafana/dashboards/overview.json").read_text()


def test_limits_and_a_wheel_of_ones_own_are_taken(tmp_path: Path):
    limits, wheel = tmp_path / "mine.toml", tmp_path / "groundwire-9-py3-none-any.whl"
    limits.write_text('replica_labels = ["host"]\n')
    wheel.write_bytes(b"PK")
    write_stack(tmp_path / "stack", limits=limits, wheel=wheel)
    assert (tmp_path / "stack/prometheus/limits.toml").read_text() == limits.read_text()
    assert (tmp_path / "stack/wheels" / wheel.name).read_bytes() == b"PK"
    board = (tmp_path / "stack/grafana/dashboards/drift.json").read_text()
    assert "max without (host)" in board


def test_no_placeholder_is_left():
    for path in DEPLOY.rglob("*"):
        assert not path.is_file() or "@VERSION@" not in path.read_text(), path
