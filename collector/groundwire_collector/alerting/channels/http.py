"""HTTP client of channels: JSON, retries, rate limits."""

import logging
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from threading import Event
from time import time
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
from groundwire_collector.alerting.channels.channel import Delivery
from groundwire_collector.errors import UsageError, WebhookUnavailableError

log = logging.getLogger(__name__)

TRIES = 3
FIRST_PAUSE_SECONDS = 1.0  # doubled each time, with jitter
LONGEST_WAIT_SECONDS = 3600.0  # that a receiver may ask for
TIMEOUT_SECONDS = 10.0  # to connect, and between bytes
PASSING = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
    *(status for status in HTTPStatus if status >= HTTPStatus.INTERNAL_SERVER_ERROR),
}


class JsonClient:
    """HTTP client that posts JSON to one URL, with retries.

    The URL may hold a secret and is never logged. Any 2xx counts as received. Redirects are not
    followed. `setting` is the setting of the URL. Raises UsageError unless it is http or https.
    """

    def __init__(
        self,
        setting: str,
        url: str,
        stop: Event,
        *,
        token: str | None = None,
        pause: float = FIRST_PAUSE_SECONDS,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        headers = {"User-Agent": f"groundwire/{__version__}"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        self._url = _address(setting, url)
        self._stop = stop
        self._pause = pause
        self._client = httpx.Client(headers=headers, timeout=timeout)

    @property
    def host(self) -> str:
        return self._url.host

    def close(self) -> None:
        self._client.close()

    def post(self, document: dict[str, Any], key: str) -> Delivery:
        """Send a document with retries; never raises.

        Takes at most about `TRIES` timeouts. A receiver that says how long to wait is not tried
        again before. `key` is sent as Idempotency-Key
        (draft-ietf-httpapi-idempotency-key-header).
        """
        tries = Retrying(
            stop=stop_after_attempt(TRIES),
            wait=wait_exponential_jitter(initial=self._pause, max=8 * self._pause),
            retry=retry_if_exception_type(WebhookUnavailableError),
            sleep=sleep_using_event(self._stop),
        )
        try:
            found = tries(self._send, document, key)
        except RetryError as error:
            found = Delivery(False, str(error.last_attempt.exception()))
        if not found.received and found.failure:
            log.warning("alarm notification failed, will retry: %s", found.failure)
        return found

    def _send(self, document: dict[str, Any], key: str) -> Delivery:
        if self._stop.is_set():
            return Delivery(False)
        try:
            # Stream, so that a long response body is never read.
            with self._client.stream(
                "POST", self._url, json=document, headers={"Idempotency-Key": key}
            ) as answer:
                status, wait = answer.status_code, retry_after(answer.headers, time())
        except httpx.HTTPError as error:
            raise WebhookUnavailableError(f"{type(error).__name__} at {self.host}") from None
        failure = f"status {status} of {self.host}"
        if status in PASSING and not wait:
            raise WebhookUnavailableError(failure)
        return Delivery(True) if 200 <= status < 300 else Delivery(False, failure, wait)


def retry_after(headers: Mapping[str, str], now: float) -> float:
    """Seconds of a Retry-After header (RFC 9110, 10.2.3), at most an hour; 0 without one.

    >>> retry_after({"retry-after": "30"}, now=0.0)
    30.0
    """
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text) if text.isdecimal() else parsedate_to_datetime(text).timestamp() - now
    except ValueError:
        return 0.0
    return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)


def _address(setting: str, url: str) -> httpx.URL:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        address = httpx.URL("")
    if address.scheme not in ("http", "https") or not address.host:
        raise UsageError(f"{setting}: must be an http(s) URL")
    return address
