"""Settings: arguments over GROUNDWIRE_* over OTEL_*; a bad one never stops the app."""

from dataclasses import fields
from pathlib import Path

import pytest

from groundwire import initialization
from groundwire.settings import SdkSettings, configured, load
from groundwire.transport import traces_url


def test_arguments_win_over_groundwire_over_otel() -> None:
    environ = {
        "GROUNDWIRE_SERVICE": "ours",
        "OTEL_SERVICE_NAME": "theirs",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x:4318",
    }
    assert load({"service": "given"}, environ).service == "given"
    assert load({}, environ).service == "ours"
    assert load({}, environ).endpoint == "http://x:4318"
    assert load({}, {"OTEL_SERVICE_NAME": "theirs"}).service == "theirs"


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("sample_rate", "2"),
        ("sample_rate", "often"),
        ("content", "maybe"),
        ("disabled", "perhaps"),
        ("max_queue_mb", "0"),
        ("exit_timeout", "nan"),
        ("redact", "dfault"),
    ],
)
def test_a_bad_value_is_reported_and_its_default_used(
    name: str, bad: str, caplog: pytest.LogCaptureFixture
) -> None:
    from groundwire import diagnostics

    diagnostics.reset()
    loaded = load({}, {f"GROUNDWIRE_{name.upper()}": bad})
    assert getattr(loaded, name) == getattr(SdkSettings(), name)
    assert name in caplog.text


def test_secrets_are_not_shown() -> None:
    assert "gw_x" not in repr(SdkSettings(api_key="gw_x", hash_key="gw_x"))


@pytest.mark.parametrize(
    ("provided", "url"),
    [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("http://host/prefix/", "http://host/prefix/v1/traces"),
        ("http://host/v1/traces", "http://host/v1/traces"),
        ("localhost:4318", "http://localhost:4318/v1/traces"),
    ],
)
def test_the_endpoint_is_a_base_url_or_the_whole_one(provided: str, url: str) -> None:
    assert traces_url(provided) == url


def test_the_environment_alone_can_switch_the_sdk_on() -> None:
    assert not configured({})
    assert configured({"GROUNDWIRE_ENDPOINT": "http://x"})
    assert configured({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"})


def test_init_takes_every_setting_and_the_reference_names_each() -> None:
    names = {field.name for field in fields(SdkSettings)}
    assert set(initialization.init.__kwdefaults__) == names
    page = (Path(__file__).parents[2] / "docs/reference/sdk.md").read_text(encoding="utf-8")
    for name in names:
        assert f"`{name}`" in page, name
        assert f"GROUNDWIRE_{name.upper()}" in page, name
