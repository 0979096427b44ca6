"""Every setting of the collector, in one typed place.

Precedence: command line, then `GROUNDWIRE_*` environment, then the file of `--config` (TOML).
"""

import os
import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from groundwire_collector.errors import UsageError


class Settings(BaseSettings):
    """Settings of `groundwire up`; a field `x` is `GROUNDWIRE_X` in the environment."""

    model_config = SettingsConfigDict(env_prefix="GROUNDWIRE_", extra="forbid")

    # Where it listens and keeps its data
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(4318, ge=1, le=65535, description="Port of OTLP/HTTP, API and pages.")
    grpc_port: int = Field(4317, ge=0, le=65535, description="Port of OTLP/gRPC, with [grpc].")
    data_dir: Path = Field(Path("groundwire-data"), description="Folder of the database and keys.")
    database_url: str | None = Field(None, description="PostgreSQL instead of SQLite.")
    api_key: str | None = Field(None, description="First, all-scope key; else one is generated.")
    path_prefix: str = Field("", description="Further prefix under which OTLP is accepted.")
    root_path: str = Field(
        "",
        pattern=r"^(/[\w.~-]+)*$",
        description="Path below which a proxy serves all of it, as /groundwire; also told by"
        " X-Forwarded-Prefix.",
    )
    open_metrics: bool | None = Field(
        None, description="/metrics and /readyz without a key; unset: on loopback only."
    )

    log_format: Literal["text", "json"] = Field(
        "text", description="Lines of the log, on standard error; they quote nothing of any turn."
    )

    # What the receiver takes
    max_body_bytes: int = Field(
        64 * 2**20, gt=0, description="Largest body of a request, as sent and inflated."
    )
    max_request_items: int = Field(
        100_000,
        gt=0,
        description="Resources, scopes, spans and log records of a request; beyond, 413.",
    )
    max_request_values: int = Field(
        1_000_000,
        gt=0,
        description="Attributes, events, links and values of a request, counted before it is"
        " decoded; beyond, 413.",
    )
    max_item_bytes: int = Field(
        16 * 2**20, gt=0, description="Largest span or log record; a larger one is refused alone."
    )
    max_attribute_bytes: int = Field(
        2**20, gt=0, description="Longest text of an attribute; the rest is cut, and its hash kept."
    )
    max_pending_bytes: int = Field(
        96 * 2**20, gt=0, description="Bodies in memory at once; beyond, clients are told to wait."
    )

    ingest_rate: float = Field(
        0.0, ge=0, description="OTLP requests a second and key; 0: as many as come."
    )
    redact: str = Field(
        "off",
        description="Masks the receiver applies to every text: off, default (the SDK's), or names.",
    )
    content: Literal["full", "hash"] = Field(
        "full", description="hash: of every text only a keyed hash and its length are kept."
    )

    # How long it is kept
    retention_days: float = Field(30.0, gt=0, description="Age at which everything is deleted.")
    retention_bytes: int | None = Field(
        None, gt=0, description="Size of the SQLite database at which the oldest is deleted."
    )

    max_wal_bytes: int = Field(
        2**30, gt=0, description="SQLite's write-ahead log at its longest; then clients must wait."
    )

    # TLS; or leave it to a proxy (docs/howto/run-the-collector.md)
    tls_certificate: Path | None = Field(None, description="PEM file of the certificate chain.")
    tls_key: Path | None = Field(None, description="PEM file of its private key.")

    # What is judged and how
    evaluators: str = Field(
        "grounding,override,retrieval",
        description="Evaluators to run, by name or dotted path; none: store only.",
    )
    turn_timeout_seconds: float = Field(
        5.0, gt=0, description="A shipped evaluator that takes longer for one turn failed."
    )
    evaluator_timeout_seconds: float = Field(
        30.0,
        gt=0,
        description="An evaluator of the user's that takes longer for a batch is asked turn by"
        " turn; for one turn, failed.",
    )
    trace_idle_seconds: float = Field(10.0, gt=0, description="A trace this quiet is complete.")
    trace_max_seconds: float = Field(
        600.0, gt=0, description="A trace without its root is complete after this long a silence."
    )
    flag_threshold: float | None = Field(
        None,
        ge=0,
        le=1,
        description="p_unsupported that flags a turn; unset: any claim that is not supported.",
    )
    prices: Path | None = Field(
        None, description="TOML file with the price of each model's tokens; unset: no cost."
    )
    tenant_metrics: bool = Field(
        False,
        description="Count turns by tenant too: a label `tenant` on metrics of turns, and a "
        "dimension that alarms name.",
    )
    publish_endpoint: str | None = Field(
        None, description="OTLP/HTTP endpoint that gets each score as a log event; unset: none."
    )
    publish_headers: str = Field("", description="Headers for it, as a=b,c=d.")

    # Judges: what calls a model, or runs one, and so sees a sample of the turns
    judges: str = Field(
        "",
        description="Judges, by commas: llm_judge, a ragas metric, hf:MODEL, or an evaluator of"
        " yours; `name=rate` gives one a rate of its own. Unset: none.",
    )
    judge_rate: float = Field(0.01, ge=0, le=1, description="Share of turns that judges see.")
    judge_uncertainty_boost: float = Field(
        1.0,
        ge=1,
        description="How much likelier the least certain turn is drawn than the surest; 1: all"
        " alike. 4 pays where p_unsupported is calibrated for the traffic.",
    )
    judge_rate_overrides: str = Field(
        "",
        description="Factors of the rate, by commas: `service=2`, `service/model_version=10`.",
    )
    judge_endpoint: str | None = Field(
        None, description="OpenAI-compatible address, up to and with /v1, of the judge's model."
    )
    judge_api_key: SecretStr | None = Field(
        None, description="Key for it; keep it in the environment."
    )
    judge_model: str = Field("", description="Model that judges.")
    judge_embedding_model: str = Field(
        "", description="Embedding model at the same address, for ragas_answer_relevancy."
    )
    judge_temperature: float = Field(0.0, ge=0, le=2, description="Temperature of the judge.")
    judge_extra: dict[str, Any] = Field(
        default_factory=dict,
        description="JSON object set over each request of the llm_judge; null takes a field out.",
    )
    judge_timeout_seconds: float = Field(60.0, gt=0, description="A call that takes longer failed.")
    judge_concurrency: int = Field(
        4, ge=1, le=64, description="Calls of the llm_judge at one time."
    )
    judge_per_minute: float = Field(30.0, gt=0, description="Judgements a minute of each judge.")
    judge_per_day: int = Field(2000, gt=0, description="Judgements a day (UTC) of each judge.")
    judge_cost_per_day: float | None = Field(
        None,
        gt=0,
        description="What all judges may cost a day, in the currency of `prices`; calls that are"
        " under way when it is reached are still paid. Unset: no such limit.",
    )

    judge_golden: Path | None = Field(
        None,
        description="JSON lines of labelled turns that are replayed through each judge, to notice"
        " one that changes. Unset: none.",
    )
    judge_golden_interval_seconds: float = Field(
        86_400.0, gt=0, description="From the begin of one replay to the begin of the next."
    )

    # Drift
    alarm_budget: str = Field("1 per 30d", description="False alarms allowed over everything.")
    min_effect: float = Field(0.03, gt=0, lt=1, description="Smallest drop of a mean that matters.")
    deploy_share: float = Field(
        0.5, ge=0, lt=1, description="Part of the alarm budget that is spent at deployments."
    )
    baseline_turns: int = Field(500, ge=50, description="Judged turns that make a baseline.")
    baseline_days: float = Field(
        0.0, ge=0, description="Days that it spans at least; 23 for the daily clock as well."
    )

    # Alarms to a webhook, for people without Alertmanager; off unless an address is given
    alarm_webhook_url: SecretStr | None = Field(
        None,
        description="Address that gets each alarm, opened and resolved, as Alertmanager sends"
        " them; keep it in the environment or the settings file.",
    )
    alarm_webhook_token: SecretStr | None = Field(None, description="Bearer token for it.")
    public_url: str | None = Field(
        None, description="Address of the pages for links in alarms; unset: the one it listens on."
    )

    # What the collector asks a model of its own accord; off unless an endpoint is given
    probe_endpoint: str | None = Field(
        None,
        description="OpenAI-compatible address, including /v1, for probes and closed-book "
        "calls; unset: no calls.",
    )
    probe_api_key: SecretStr | None = Field(
        None, description="Key for it; keep it in the environment."
    )
    probe_timeout_seconds: float = Field(60.0, gt=0, description="A call that takes longer failed.")
    system_prompt: Path | None = Field(
        None, description="File with the production system prompt, for probes."
    )
    closed_book_prompt: Path | None = Field(
        None,
        description="File with the same prompt less its context instruction, for closed-book "
        "calls and probes.",
    )
    probe_models: str = Field(
        "",
        description="Models that probes ask, by commas; `model=version` names the model_version"
        " they are counted under. Unset: no probes.",
    )
    probe_service: str = Field("", description="Service that they are counted under.")
    probe_prompt_version: str = Field("", description="prompt_version that they are counted under.")
    probe_interval_seconds: float = Field(
        86_400.0, gt=0, description="From the begin of one run to the begin of the next."
    )
    probe_pack: Path | None = Field(None, description="File of the pack; unset: the shipped one.")
    probe_items: int | None = Field(None, gt=0, description="Only so many items; unset: all.")
    probe_arms: str = Field(
        "clean,conflict,mixed,irrelevant,closed_book,distractors",
        description="Arms of each item, by commas.",
    )
    probe_calls_per_minute: float = Field(60.0, gt=0, description="Pace of a run.")
    probe_alarms_per_30_days: float = Field(
        1.0,
        gt=0,
        description="False alarms of probes that all their runs share; beside `alarm_budget`.",
    )
    label_rate: float = Field(
        0.05, ge=0, le=1, description="Share of turns drawn at random for people to label."
    )
    estimate_seconds: float = Field(
        300.0, ge=0, description="How often the estimates of the metrics are renewed; 0: never."
    )
    closed_book_rate: float = Field(
        0.0, ge=0, le=1, description="Share of production turns asked again without context."
    )
    closed_book_model: str | None = Field(
        None, description="Model that closed-book calls ask; unset: the one that the turn asked."
    )
    closed_book_calls_per_minute: float = Field(
        10.0, gt=0, description="Budget; turns that it does not reach in ten minutes are skipped."
    )
    closed_book_calls_per_day: int = Field(2000, gt=0, description="Budget of a day.")

    @property
    def probes(self) -> bool:
        """Whether the collector asks a model of its own accord."""
        return self.probe_endpoint is not None and bool(self.probe_models or self.closed_book_rate)

    @property
    def judge_rates(self) -> dict[str, float]:
        """The judges by what `judges` calls them, each with its rate; raises UsageError."""
        found = {}
        for part in filter(None, (part.strip() for part in self.judges.split(","))):
            name, given, number = part.partition("=")
            try:
                rate = float(number) if given else self.judge_rate
            except ValueError:
                rate = -1.0
            if not 0 <= rate <= 1:
                raise UsageError(f"judges: the rate of {name.strip()} is not in 0 to 1")
            found[name.strip()] = rate
        return found

    @property
    def sqlite_path(self) -> Path:
        return self.data_dir / "groundwire.db"

    @property
    def url(self) -> str:
        """Where this machine reaches the receiver."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        scheme = "https" if self.tls_certificate else "http"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def evaluator_names(self) -> tuple[str, ...]:
        names = (name.strip() for name in self.evaluators.split(","))
        return tuple(name for name in names if name and name != "none")

    @classmethod
    def load(cls, config: Path | None, **flags: Any) -> Self:
        """The settings of one run; flags that are None were not given."""
        given = {name: value for name, value in flags.items() if value is not None}
        prefix = str(cls.model_config["env_prefix"])
        from_file = {
            name: value
            for name, value in _read(config).items()
            if f"{prefix}{name}".upper() not in os.environ
        }
        try:
            return cls(**{**from_file, **given})
        except (ValidationError, SettingsError) as error:
            raise UsageError(_explanation(error)) from None


def _explanation(error: ValidationError | SettingsError) -> str:
    """Which settings are wrong and why, on one line; without values, which may be secret."""
    if isinstance(error, SettingsError):
        return f"{error}: see docs/reference/settings.md"
    wrong = [
        f"{'.'.join(map(str, each['loc'])) or 'settings'}: {each['msg']}"
        for each in error.errors(include_url=False, include_input=False)
    ]
    return f"{'; '.join(wrong)} (docs/reference/settings.md)"


def _read(config: Path | None) -> dict[str, Any]:
    if config is None:
        return {}
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{config}: not a readable TOML file: {error}") from error
