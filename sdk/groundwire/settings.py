"""Typed settings of the SDK.

Arguments of `gw.init` win over `GROUNDWIRE_*`, which win over `OTEL_*`.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from groundwire.diagnostics import warn_once
from groundwire.redaction import Mask

DEFAULT_ENDPOINT = "http://127.0.0.1:4318"
CONTENT_MODES = ("full", "hash", "none")

Redact = str | None | Callable[[str], str] | Sequence[Mask]


@dataclass(frozen=True, kw_only=True)
class SdkSettings:
    """Settings of `gw.init`; each field is also read from `GROUNDWIRE_<FIELD>`.

    Lengths are in characters, times in seconds.
    """

    service: str | None = None
    """Name of the app (`service.name`); else `OTEL_SERVICE_NAME`."""
    endpoint: str = DEFAULT_ENDPOINT
    """Base URL of the collector; `/v1/traces` is appended; else `OTEL_EXPORTER_OTLP_ENDPOINT`."""
    api_key: str | None = field(default=None, repr=False)
    """Ingest key, sent as `Authorization: Bearer`."""
    model_version: str | None = None
    """Default version of the model or fine-tune; a turn may override it."""
    prompt_version: str | None = None
    """Version of the prompt."""
    index_version: str | None = None
    """Version of the retrieval index."""
    adapter: str | None = None
    """Adapter that the model is served with, such as a LoRA."""
    release: str | None = None
    """Release of the application; else the resource's `service.version`."""
    sample_rate: float = 1.0
    """Share of traces recorded, (0, 1], by trace id; only where no other provider decides."""
    redact: Redact = "default"
    """`default` (built-in masks), `off`, a function of a text, or a list of masks."""
    content: str = "full"
    """`full`; `hash`: keyed hashes and lengths instead of texts; `none`: neither."""
    allow: tuple[str, ...] = ()
    """If given, the only attributes sent with a value (`*` at the end matches any rest)."""
    hash_key: str | None = field(default=None, repr=False)
    """Secret of the keyed hashes; without it one is made and kept per installation."""
    also_export: tuple[str, ...] = ()
    """Scopes of other libraries whose spans are exported too (`*` at the end matches any rest)."""
    max_text: int = 65_536
    """Longest question, answer or chunk sent; the rest is cut and said so."""
    max_chunks: int = 1_000
    """Most chunks sent of one retrieval."""
    max_queue_mb: int = 32
    """Memory that waiting spans may hold; beyond it the oldest are dropped and counted."""
    export_interval: float = 1.0
    """Longest wait before waiting spans are sent."""
    export_timeout: float = 10.0
    """Longest wait for one answer of the collector."""
    exit_timeout: float = 1.5
    """Longest wait of the process's exit for the collector; all told it takes under 2 s."""
    disabled: bool = False
    """Decorators only call; else `OTEL_SDK_DISABLED`."""


def load(options: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> SdkSettings:
    """Load settings: `options` (None: unset), then the environment, then defaults.

    A bad value is told in the log and its default is used: a wrong setting never stops the app.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for spec in fields(SdkSettings):
        raw = options.get(spec.name)
        try:
            if raw is None:
                raw = _from_environment(spec.name, environ)
            if raw is not None:
                values[spec.name] = _PARSERS.get(spec.name, str)(raw)
        except (TypeError, ValueError) as error:
            warn_once(f"setting:{spec.name}", "setting %s ignored: %s", spec.name, error)
    return SdkSettings(**values)


def configured(environ: Mapping[str, str] | None = None) -> bool:
    """Whether only the environment sets the endpoint."""
    environ = os.environ if environ is None else environ
    return any(environ.get(name) for name in ("GROUNDWIRE_ENDPOINT", *_OTEL["endpoint"]))


_OTEL = {
    "service": ("OTEL_SERVICE_NAME",),
    "endpoint": ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
    "disabled": ("OTEL_SDK_DISABLED",),
}


def _from_environment(name: str, environ: Mapping[str, str]) -> str | None:
    for variable in (f"GROUNDWIRE_{name.upper()}", *_OTEL.get(name, ())):
        if environ.get(variable):
            return environ[variable]
    return None


def _flag(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    if str(raw).strip().lower() in ("1", "true", "yes", "on"):
        return True
    if str(raw).strip().lower() in ("0", "false", "no", "off"):
        return False
    raise ValueError(f"{raw!r} is neither true nor false")


def _names(raw: Any) -> tuple[str, ...]:
    return tuple(part.strip() for part in raw.split(",")) if isinstance(raw, str) else tuple(raw)


def _rate(raw: Any) -> float:
    rate = float(raw)
    if not 0 < rate <= 1:
        raise ValueError(f"{rate} is not in (0, 1]")
    return rate


def _positive(kind: type) -> Callable[[Any], Any]:
    def parse(raw: Any) -> Any:
        value = kind(raw)
        if not value > 0:
            raise ValueError(f"{value} is not positive")
        return value

    return parse


def _content(raw: Any) -> str:
    if raw not in CONTENT_MODES:
        raise ValueError(f"{raw!r} is not one of {', '.join(CONTENT_MODES)}")
    return str(raw)


def _redact(raw: Any) -> Redact:
    if raw is False or raw == "off":
        return "off"
    if raw is True or raw == "default":
        return "default"
    if callable(raw) or (not isinstance(raw, str) and all(isinstance(m, Mask) for m in raw)):
        return raw  # type: ignore[no-any-return]
    # A misspelt redaction setting must not switch redaction off.
    raise ValueError(f"{raw!r} is not 'default', 'off', a function or a list of masks")


_PARSERS: dict[str, Callable[[Any], Any]] = {
    "sample_rate": _rate,
    "redact": _redact,
    "content": _content,
    "allow": _names,
    "also_export": _names,
    "max_text": _positive(int),
    "max_chunks": _positive(int),
    "max_queue_mb": _positive(int),
    "export_interval": _positive(float),
    "export_timeout": _positive(float),
    "exit_timeout": _positive(float),
    "disabled": _flag,
}
