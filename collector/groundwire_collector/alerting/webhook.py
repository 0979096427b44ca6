"""Webhook client with retries."""

import logging
from http import HTTPStatus
from threading import Event
from typing import Any

import httpx
from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)
from tenacity.nap import sleep_using_event

from groundwire_collector import __version__
from groundwire_collector.errors import UsageError, WebhookUnavailableError

log = logging.getLogger(__name__)

TRIES = 3
FIRST_PAUSE_SECONDS = 1.0  # doubled each time, with jitter
TIMEOUT_SECONDS = 10.0  # to connect, and between bytes
PASSING = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
    *(status for status in HTTPStatus if status >= HTTPStatus.INTERNAL_SERVER_ERROR),
}


class Webhook:
    """Webhook endpoint; its URL may contain a secret and is never logged.

    Any 2xx counts as received. Redirects are not followed.
    Raises UsageError unless the URL is http or https.
    """

    def __init__(
        self,
        url: str,
        token: str | None,
        stop: Event,
        *,
        pause: float = FIRST_PAUSE_SECONDS,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        headers = {"User-Agent": f"groundwire/{__version__}"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        self._url = _address(url)
        self._stop = stop
        self._pause = pause
        self._client = httpx.Client(headers=headers, timeout=timeout)

    def close(self) -> None:
        self._client.close()

    def deliver(self, document: dict[str, Any], key: str) -> bool:
        """Send a message with retries; returns whether it was received.

        Takes at most about `TRIES` timeouts, and never raises.

        `key` is sent as Idempotency-Key (draft-ietf-httpapi-idempotency-key-header).
        """
        tries = Retrying(
            stop=stop_after_attempt(TRIES),
            wait=wait_exponential_jitter(initial=self._pause, max=8 * self._pause),
            retry=retry_if_exception_type(WebhookUnavailableError),
            sleep=sleep_using_event(self._stop),
        )
        try:
            return tries(self._send, document, key)
        except RetryError as error:
            log.warning("alarm notification failed, will retry: %s", error.last_attempt.exception())
            return False

    def _send(self, document: dict[str, Any], key: str) -> bool:
        if self._stop.is_set():
            return False
        try:
            # Stream, so that a long response body is never read.
            with self._client.stream(
                "POST", self._url, json=document, headers={"Idempotency-Key": key}
            ) as answer:
                status = answer.status_code
        except httpx.HTTPError as error:
            raise WebhookUnavailableError(f"{type(error).__name__} at {self._url.host}") from None
        if status in PASSING:
            raise WebhookUnavailableError(f"status {status} of {self._url.host}")
        if not 200 <= status < 300:
            log.error("alarm notification rejected with status %d by %s", status, self._url.host)
        return 200 <= status < 300


def _address(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        address = httpx.URL("")
    if address.scheme not in ("http", "https") or not address.host:
        raise UsageError("alarm_webhook_url: must be an http(s) URL")
    return address
