"""Span exporter: renders, masks and batches spans before sending."""

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, Status

from groundwire import attributes as names
from groundwire import redaction
from groundwire.diagnostics import trouble, warn_once
from groundwire.processor import matches
from groundwire.rendering import ContentPolicy, Redact, Rendering, dumps, encodable, redacted
from groundwire.settings import SdkSettings
from groundwire.transport import BatchOutcome


class Transport(Protocol):
    """Destination of rendered spans."""

    def send(self, spans: Sequence[ReadableSpan]) -> BatchOutcome: ...


class Exporter:
    """Turns what waits into OpenTelemetry spans with attributes and sends them."""

    def __init__(self, settings: SdkSettings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport
        self._redactor = redaction.build(settings.redact)
        self._resources: dict[Resource, Resource] = {}
        self._policy: ContentPolicy | None = None
        self.redaction_failures = 0

    def send(self, items: Sequence[Any]) -> BatchOutcome:
        """Render, mask, send. A span that cannot be rendered is left out and counted as failed."""
        spans = []
        for item in items:
            try:
                spans.append(self._render(item))
            except Exception as error:
                trouble("render", error)
        lost = len(items) - len(spans)
        if not spans:
            return BatchOutcome(failed=lost)
        outcome = self._send(spans)
        if lost and not (outcome.retry or outcome.too_large):
            return BatchOutcome(exported=outcome.exported, failed=outcome.failed + lost)
        return outcome

    def _send(self, spans: Sequence[ReadableSpan]) -> BatchOutcome:
        """Send a batch; where one cannot be encoded, it alone is lost."""
        try:
            return self._transport.send(spans)
        except Exception as error:
            if len(spans) == 1:
                trouble("encode", error)
                return BatchOutcome(failed=1)
        middle = len(spans) // 2
        halves = self._send(spans[:middle]), self._send(spans[middle:])
        return BatchOutcome(
            exported=sum(half.exported for half in halves),
            failed=sum(half.failed for half in halves),
            retry=any(half.retry for half in halves),
            retry_after=max(half.retry_after for half in halves),
            too_large=any(half.too_large for half in halves),
        )

    def _render(self, item: Any) -> ReadableSpan:
        span: ReadableSpan = item.span
        redact = self._redact_for(span)
        own = hasattr(item, "operation")
        attributes = self._attributes(span.attributes, redact)
        if own:
            attributes.update(Rendering(self.policy, redact).add(item))
            attributes = self._other_texts(attributes, redact)
        return ReadableSpan(
            name=self._safe("name", span.name, redact),
            context=span.context,
            parent=span.parent,
            resource=self._resource(span.resource),
            attributes=self._allowed(attributes),
            events=[self._event(event, redact) for event in span.events],
            links=[self._link(link, redact) for link in span.links],
            kind=span.kind,
            status=self._status(span.status, redact),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    @property
    def policy(self) -> ContentPolicy:
        """Text settings; the hash key is read on first use."""
        if self._policy is None:
            s = self._settings
            key = hash_key(s.hash_key) if s.content == "hash" else b""
            self._policy = ContentPolicy(s.content, s.max_text, s.max_chunks, key)
        return self._policy

    # ------------------------------------------------------------------ masking

    def _redact_for(self, span: ReadableSpan) -> Redact:
        redactor = self._redactor
        if redactor is None or span.context is None:
            return encodable
        trace_id = span.context.trace_id

        def redact(text: str) -> str:
            try:
                return encodable(redactor(text, trace_id))
            except Exception as error:
                self.redaction_failures += 1
                trouble("redact", error)
                return names.REDACTED

        return redact

    def _safe(self, name: str, text: str, redact: Redact) -> str:
        if self._settings.allow and not matches(name, self._settings.allow):
            return names.REDACTED
        return redact(text)

    def _attributes(self, attributes: Mapping[str, Any] | None, redact: Redact) -> dict[str, Any]:
        """Attributes of a foreign span or event: JSON inside a text is masked value by value."""
        return {
            encodable(key): self._value(value, redact) for key, value in (attributes or {}).items()
        }

    def _value(self, value: Any, redact: Redact) -> Any:
        if isinstance(value, str):
            if value[:1] in ("{", "["):
                try:
                    return dumps(redacted(json.loads(value), redact))
                except ValueError:
                    pass
            return redact(value)
        return redacted(value, redact)

    def _other_texts(self, attributes: dict[str, Any], redact: Redact) -> dict[str, Any]:
        """Attributes of ours that rendering did not mask: names, versions, ids."""
        return {
            encodable(key): value if key in _RENDERED or type(value) is not str else redact(value)
            for key, value in attributes.items()
        }

    def _allowed(self, attributes: dict[str, Any]) -> dict[str, Any]:
        allow = self._settings.allow
        if not allow:
            return attributes
        return {
            key: value
            if matches(key, allow) or isinstance(value, bool | int | float)
            else names.REDACTED
            for key, value in attributes.items()
        }

    def _event(self, event: Event, redact: Redact) -> Event:
        attributes = self._allowed(self._attributes(event.attributes, redact))
        if self._settings.content != "full" and "exception.message" in attributes:
            attributes["exception.message"] = names.REDACTED
        return Event(self._safe("event.name", event.name, redact), attributes, event.timestamp)

    def _link(self, link: Link, redact: Redact) -> Link:
        return Link(link.context, self._allowed(self._attributes(link.attributes, redact)))

    def _status(self, status: Status, redact: Redact) -> Status:
        if not status.description:
            return status
        if self._settings.content != "full":
            return Status(status.status_code, names.REDACTED)
        return Status(
            status.status_code, self._safe("status.description", status.description, redact)
        )

    def _resource(self, resource: Resource) -> Resource:
        """A joined provider's resource, with the service that `gw.init` named."""
        service = self._settings.service and encodable(self._settings.service)
        if not service or resource.attributes.get(names.SERVICE_NAME) == service:
            return resource
        merged = self._resources.get(resource)
        if merged is None:
            merged = resource.merge(Resource({names.SERVICE_NAME: service}))
            self._resources = {resource: merged}
        return merged


_RENDERED = frozenset(
    {
        names.QUERY,
        names.DOCUMENTS,
        names.INPUT_MESSAGES,
        names.OUTPUT_MESSAGES,
        names.TRUNCATED,
        names.HASHED,
        names.OPERATION,
    }
)


def hash_key(configured: str | None) -> bytes:
    """The secret of the keyed hashes: the setting's, else this installation's own, made once."""
    if configured:
        return configured.encode()
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    path = home / "groundwire" / "hash.key"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_bytes()
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
        return path.read_bytes()
    except OSError as error:
        warn_once("hash_key", "hashes hold in this process only: no secret in %s: %s", path, error)
        return secrets.token_bytes(32)
