"""Collector settings.

Precedence: command line, then `GROUNDWIRE_*` environment, then the file of `--config` (TOML).
"""

import os
import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from groundwire_collector.errors import UsageError

KEY_FILE = "api-key"  # in the data folder: the key that was generated at the first start


class Settings(BaseSettings):
    """Settings of `groundwire up`; field `x` is the variable `GROUNDWIRE_X`."""

    model_config = SettingsConfigDict(env_prefix="GROUNDWIRE_", extra="forbid", allow_inf_nan=False)

    # Addresses and data
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(4318, ge=1, le=65535, description="Port of OTLP/HTTP, API and pages.")
    grpc_port: int = Field(4317, ge=0, le=65535, description="Port of OTLP/gRPC, with [grpc].")
    data_dir: Path = Field(Path("groundwire-data"), description="Data folder: database and keys.")
    database_url: str | None = Field(
        None, description="PostgreSQL URL; unset: SQLite in the data folder."
    )
    api_key: str | None = Field(
        None, description="Initial API key with all scopes; unset: generated."
    )
    families: str = Field(
        "",
        description="Files (TOML, comma-separated) with tables of your own attribute names; "
        "`groundwire doctor --suggest` proposes one.",
    )
    path_prefix: str = Field("", description="Additional URL prefix for OTLP.")
    root_path: str = Field(
        "",
        pattern=r"^(/[\w.~-]+)*$",
        description="URL path below which a reverse proxy serves the collector;"
        " X-Forwarded-Prefix takes precedence.",
    )
    proxy_user_header: str = Field(
        "",
        description="Header in which a reverse proxy names the person it has authenticated, such "
        "as X-Forwarded-User; unset: keys only.",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks, comma-separated, from which that header is believed.",
    )
    proxy_user_scopes: str = Field(
        "read,label",
        description="Scopes of people named by the proxy, comma-separated: read, label, ingest, "
        "admin.",
    )
    open_metrics: bool | None = Field(
        None,
        description="Serve /metrics and /readyz without a key; unset: on loopback only.",
    )

    log_format: Literal["text", "json"] = Field(
        "text", description="Log format, on standard error; logs contain no turn content."
    )

    # Receiver limits
    max_body_bytes: int = Field(
        64 * 2**20, gt=0, description="Maximum size of a request body, compressed and decompressed."
    )
    max_request_items: int = Field(
        100_000,
        gt=0,
        description="Maximum resources, scopes, spans and log records per request; beyond, 413.",
    )
    max_request_values: int = Field(
        1_000_000,
        gt=0,
        description="Maximum attributes, events, links and values per request, counted before"
        " decoding; beyond, 413.",
    )
    max_item_bytes: int = Field(
        16 * 2**20,
        gt=0,
        description="Maximum size of a span or log record; larger ones are rejected individually.",
    )
    max_attribute_bytes: int = Field(
        2**20,
        gt=0,
        description="Maximum length of an attribute's text; the rest is truncated and hashed.",
    )
    max_pending_bytes: int = Field(
        96 * 2**20,
        gt=0,
        description="Maximum size of request bodies in memory; beyond, 503 with Retry-After.",
    )

    ingest_rate: float = Field(
        0.0, ge=0, description="OTLP requests per second and key; 0 = unlimited."
    )
    redact: str = Field(
        "off",
        description="Redaction masks applied to every text: off, default (as in the SDK), or "
        "comma-separated names.",
    )
    content: Literal["full", "hash"] = Field(
        "full",
        description="full: store texts; hash: store only a keyed hash and the length of each text.",
    )

    # Retention
    retention_days: float = Field(30.0, gt=0, description="Days after which data is deleted.")
    retention_bytes: int | None = Field(
        None,
        gt=0,
        description="Size of the SQLite database beyond which the oldest data is deleted.",
    )

    archive_url: str = Field(
        "",
        description="Folder or fsspec URL (s3://bucket/path) where turns and scores are kept as"
        " Parquet before retention deletes them, with [archive]; unset: no archive.",
    )
    archive_after_hours: float = Field(
        24.0, ge=0, description="Hours after its end when an hour of turns is archived."
    )

    max_wal_bytes: int = Field(
        2**30,
        gt=0,
        description="Maximum size of SQLite's write-ahead log; beyond, writes are rejected "
        "with 503.",
    )

    # TLS; or leave it to a proxy (docs/howto/run-the-collector.md)
    tls_certificate: Path | None = Field(None, description="PEM file of the certificate chain.")
    tls_key: Path | None = Field(None, description="PEM file of its private key.")

    # Processes
    role: Literal["all", "receiver", "worker", "monitor"] = Field(
        "all",
        description="Processes to run. receiver: OTLP, API and pages; worker: judges traces;"
        " monitor: counts what workers judged, alarms, judges and probes (one leads, others stand"
        " by). For several machines on one PostgreSQL.",
    )
    workers: int = Field(
        0,
        ge=0,
        le=256,
        description="Judging processes; 0: the leader judges itself. A worker has at least one.",
    )

    # Evaluation
    evaluators: str = Field(
        "grounding,override,retrieval,behaviour",
        description="Evaluators to run, comma-separated names or dotted paths; none: store only.",
    )
    turn_timeout_seconds: float = Field(
        5.0, gt=0, description="Timeout of a shipped evaluator per turn."
    )
    evaluator_timeout_seconds: float = Field(
        30.0,
        gt=0,
        description="Timeout of a custom evaluator per batch; then turns are retried one by "
        "one, and those that time out fail.",
    )
    batch_timeout_seconds: float = Field(
        60.0,
        gt=0,
        description="Timeout of assembling a batch of traces, and of storing it. The worker ends "
        "and starts again; a trace that it ends with three times is passed over.",
    )
    trace_idle_seconds: float = Field(
        10.0, gt=0, description="Idle time after which a trace is complete."
    )
    trace_max_seconds: float = Field(
        600.0, gt=0, description="Idle time after which a trace without its root span is complete."
    )
    flag_threshold: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Threshold of p_unsupported that flags a turn; unset: any unsupported "
        "claim flags it.",
    )
    grounding_reader: str = Field(
        "",
        description="Folder of the reader model of the grounding evaluator (model.onnx, "
        "tokenizer.json, card.json); off: none; unset: the installed one, if any.",
    )
    judge_steps: bool = Field(
        False,
        description="Judge what an agent's steps said before the answer, each against the context "
        "that it had: one more evaluation of the turn, grounding_steps.",
    )
    behaviour_file: Path | None = Field(
        None,
        description="TOML file of expected behaviour per service: answer format, language, tone; "
        "unset: none.",
    )
    prices: Path | None = Field(
        None, description="TOML file with token prices per model; unset: no cost metrics."
    )
    margins: Path | None = Field(
        None,
        description="TOML file with margins of measures, over the shipped ones (`groundwire gate "
        "--margins` prints these); for comparisons of versions.",
    )
    tenant_metrics: bool = Field(
        False,
        description="Count turns by tenant: adds the label `tenant` to turn metrics and a "
        "dimension to drift alarms.",
    )
    publish_endpoint: str | None = Field(
        None, description="OTLP/HTTP endpoint that receives each score as a log event; unset: none."
    )
    publish_headers: str = Field("", description="Headers for the publish endpoint, as a=b,c=d.")

    # Judges: what calls a model, or runs one, and so sees a sample of the turns
    judges: str = Field(
        "",
        description="Judges, comma-separated: llm_judge, context_gain, a ragas metric, hf:MODEL, "
        "or a custom evaluator; `name=rate` sets a sampling rate per judge. Unset: none.",
    )
    judge_rate: float = Field(0.01, ge=0, le=1, description="Sampling rate of turns for judges.")
    judge_uncertainty_boost: float = Field(
        1.0,
        ge=1,
        description="Sampling rate of the least certain turn relative to the most certain "
        "one; 1: uniform. 4 helps where p_unsupported is calibrated for the "
        "traffic.",
    )
    judge_rate_overrides: str = Field(
        "",
        description="Factors of the sampling rate, comma-separated: `service=2`, "
        "`service/model_version=10`.",
    )
    judge_endpoint: str | None = Field(
        None, description="OpenAI-compatible base URL, including /v1, of the judge's model."
    )
    judge_api_key: SecretStr | None = Field(
        None, description="API key of the endpoint; keep it in the environment."
    )
    judge_model: str = Field("", description="Model of the llm_judge and the ragas metrics.")
    judge_embedding_model: str = Field(
        "", description="Embedding model at the same endpoint, for ragas_answer_relevancy."
    )
    judge_temperature: float = Field(0.0, ge=0, le=2, description="Temperature of the judge.")
    judge_extra: dict[str, Any] = Field(
        default_factory=dict,
        description="JSON object merged into each request of the llm_judge and the ragas metrics; "
        "null removes a field.",
    )
    judge_timeout_seconds: float = Field(60.0, gt=0, description="Timeout of a call.")
    judge_concurrency: int = Field(4, ge=1, le=64, description="Concurrent calls of the llm_judge.")
    judge_per_minute: float = Field(
        30.0, gt=0, description="Maximum judgements per minute and judge."
    )
    judge_per_day: int = Field(
        2000, gt=0, description="Maximum judgements per day (UTC) and judge."
    )
    judge_cost_per_day: float | None = Field(
        None,
        gt=0,
        description="Cost limit of all judges per day, in the currency of `prices`; calls in "
        "flight when it is reached still complete. Unset: unlimited.",
    )

    judge_golden: Path | None = Field(
        None,
        description="JSON Lines file of labelled turns, replayed through each judge to detect"
        " changes of the judge. Unset: none.",
    )
    judge_golden_interval_seconds: float = Field(
        86_400.0, gt=0, description="Interval between replays, start to start."
    )

    # Drift
    alarm_budget: str = Field("1 per 30d", description="Total budget of false drift alarms.")
    behaviour_alarm_budget: str = Field(
        "0.25 per 30d",
        description="Budget of false drift alarms of the behaviour signals, beside `alarm_budget`.",
    )
    min_effect: float = Field(0.03, gt=0, lt=1, description="Smallest relevant change of a mean.")
    deploy_share: float = Field(
        0.5, ge=0, lt=1, description="Share of the alarm budget reserved for deployments."
    )
    baseline_turns: int = Field(
        2000, ge=50, description="Minimum number of judged turns in a baseline."
    )
    baseline_days: float = Field(
        7.0,
        ge=0,
        description="Minimum days that a baseline spans: a week covers hours and weekdays;"
        " 23 enables the daily clock as well. Until then only large changes are found.",
    )

    # Channels of drift alarms, for setups without Alertmanager; off unless set
    alarm_webhook_url: SecretStr | None = Field(
        None,
        description="Webhook URL that receives each alarm, firing and resolved, in "
        "Alertmanager's format; keep it in the environment or the settings file.",
    )
    alarm_webhook_token: SecretStr | None = Field(None, description="Bearer token of the webhook.")
    alarm_slack_url: SecretStr | None = Field(
        None,
        description="Incoming webhook of Slack that receives each alarm as a message; keep it in "
        "the environment or the settings file.",
    )
    alarm_pagerduty_key: SecretStr | None = Field(
        None,
        description="Integration key (Events API v2) of the PagerDuty service that receives each "
        "alarm; keep it in the environment or the settings file.",
    )
    alarm_pagerduty_url: str = Field(
        "https://events.pagerduty.com/v2/enqueue",
        description="Events API of PagerDuty; of its EU region: "
        "https://events.eu.pagerduty.com/v2/enqueue.",
    )
    alarm_pagerduty_severity: Literal["critical", "error", "warning", "info"] = Field(
        "warning", description="Severity of events, by which PagerDuty chooses the urgency."
    )
    public_url: str | None = Field(
        None,
        description="Public base URL of the pages, for links in alarms; unset: the listen address.",
    )

    # Scheduled model calls; off unless an endpoint is set
    probe_endpoint: str | None = Field(
        None,
        description="OpenAI-compatible base URL, including /v1, for probes, closed-book calls "
        "and context_gain; unset: no calls.",
    )
    probe_api_key: SecretStr | None = Field(
        None, description="API key of the endpoint; keep it in the environment."
    )
    probe_timeout_seconds: float = Field(60.0, gt=0, description="Timeout of a call.")
    system_prompt: Path | None = Field(
        None, description="File with the production system prompt, for probes and context_gain."
    )
    closed_book_prompt: Path | None = Field(
        None,
        description="File with the same prompt without its context instruction, for closed-"
        "book calls and probes.",
    )
    probe_models: str = Field(
        "",
        description="Models to probe, comma-separated; `model=version` sets the model_version"
        " of their results. Unset: no probes.",
    )
    probe_service: str = Field("", description="Service name of probe results.")
    probe_prompt_version: str = Field("", description="prompt_version of probe results.")
    probe_interval_seconds: float = Field(
        86_400.0, gt=0, description="Interval between probe runs, start to start."
    )
    probe_pack: Path | None = Field(None, description="Probe pack file; unset: the shipped one.")
    probe_items: int | None = Field(
        None, gt=0, description="Maximum number of items per run; unset: all."
    )
    probe_arms: str = Field(
        "clean,conflict,mixed,irrelevant,closed_book,distractors",
        description="Arms of each item, comma-separated.",
    )
    probe_calls_per_minute: float = Field(60.0, gt=0, description="Maximum probe calls per minute.")
    probe_alarms_per_30_days: float = Field(
        1.0,
        gt=0,
        description="Budget of false probe alarms, shared by all runs; in addition to "
        "`alarm_budget`.",
    )
    label_rate: float = Field(
        0.05, ge=0, le=1, description="Share of turns sampled at random for human labelling."
    )
    estimate_seconds: float = Field(
        300.0, ge=0, description="Refresh interval of the estimates shown as metrics; 0 = never."
    )
    closed_book_rate: float = Field(
        0.0, ge=0, le=1, description="Share of production turns repeated without context."
    )
    closed_book_model: str | None = Field(
        None,
        description="Model of closed-book calls and context_gain; unset: the model of the turn.",
    )
    closed_book_calls_per_minute: float = Field(
        10.0,
        gt=0,
        description="Maximum closed-book calls per minute; turns that wait longer than ten "
        "minutes are skipped.",
    )
    closed_book_calls_per_day: int = Field(
        2000, gt=0, description="Maximum closed-book calls per day."
    )

    @property
    def probes(self) -> bool:
        """Whether the collector makes scheduled model calls."""
        return self.probe_endpoint is not None and bool(self.probe_models or self.closed_book_rate)

    @property
    def notifies(self) -> bool:
        """Whether alarms are sent to any channel."""
        named = (self.alarm_webhook_url, self.alarm_slack_url, self.alarm_pagerduty_key)
        return any(each is not None for each in named)

    @property
    def judge_rates(self) -> dict[str, float]:
        """Sampling rate by judge name in `judges`; raises UsageError."""
        found = {}
        for part in filter(None, (part.strip() for part in self.judges.split(","))):
            name, equals, number = part.partition("=")
            try:
                rate = float(number) if equals else self.judge_rate
            except ValueError:
                rate = -1.0
            if not 0 <= rate <= 1:
                raise UsageError(f"judges: the rate of {name.strip()} must be in [0, 1]")
            found[name.strip()] = rate
        return found

    @property
    def sqlite_path(self) -> Path:
        return self.data_dir / "groundwire.db"

    @property
    def url(self) -> str:
        """URL of the receiver on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        scheme = "https" if self.tls_certificate else "http"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def evaluator_names(self) -> tuple[str, ...]:
        names = (name.strip() for name in self.evaluators.split(","))
        return tuple(name for name in names if name and name != "none")

    @classmethod
    def load(cls, config: Path | None, **flags: Any) -> Self:
        """Settings of one run; flags that are None are unset."""
        values = {name: value for name, value in flags.items() if value is not None}
        prefix = str(cls.model_config["env_prefix"])
        from_file = {
            name: value
            for name, value in _read(config).items()
            if f"{prefix}{name}".upper() not in os.environ
        }
        try:
            settings = cls(**{**from_file, **values})
        except (ValidationError, SettingsError) as error:
            raise UsageError(_explanation(error)) from None
        if settings.families:  # of this process and those that it starts
            os.environ[f"{prefix}families".upper()] = settings.families
        return settings


def _explanation(error: ValidationError | SettingsError) -> str:
    """Wrong settings and why, on one line, without their values."""
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
