"""Read-only HTTP client of a collector's API."""

from collections.abc import Mapping
from typing import Any

import httpx

from groundwire_collector.errors import GroundwireError

TIMEOUT = 30.0  # seconds: `/estimates` of a large store takes some
Parameters = Mapping[str, str | int | float | bool | None]


class ApiError(GroundwireError):
    """The collector did not answer a request, or refused it."""


class ApiClient:
    """GET requests to one collector, each with the key of whoever asks.

    It can send nothing else: an assistant that is talked into it changes nothing.
    """

    def __init__(self, url: str, key: str | None, *, timeout: float = TIMEOUT) -> None:
        self.url = url.rstrip("/")
        self._key = key
        self._timeout = timeout

    async def get(
        self, path: str, parameters: Parameters, authorization: str | None = None
    ) -> dict[str, Any]:
        """JSON object at a path; parameters that are None are left out.

        Raises:
            ApiError: no connection, no valid key, or an error of the API, in one line.
        """
        wanted = {name: value for name, value in parameters.items() if value is not None}
        authorization = authorization or (f"Bearer {self._key}" if self._key else None)
        headers = {"Accept": "application/json"}
        if authorization:
            headers["Authorization"] = authorization
        try:
            async with httpx.AsyncClient(timeout=self._timeout) as http:
                response = await http.get(self.url + path, params=wanted, headers=headers)
        except httpx.HTTPError as error:
            raise ApiError(f"no answer from the collector at {self.url}: {error!r:.200}") from error
        if response.status_code in (401, 403):
            raise ApiError(
                f"the collector refuses the key ({response.status_code}): set GROUNDWIRE_API_KEY "
                "to one with the scope read (`groundwire keys add NAME --scope read`)"
            )
        if response.status_code != 200:
            raise ApiError(f"the collector answers {response.status_code}: {_detail(response)}")
        found = response.json()
        if not isinstance(found, dict):
            raise ApiError(f"{self.url} is not a Groundwire collector")
        return found


def _detail(response: httpx.Response) -> str:
    """What a problem document (RFC 9457) says, or the beginning of any other answer."""
    try:
        problem = response.json()
    except ValueError:
        return response.text[:200]
    return str(problem.get("detail") or problem.get("title") or problem)[:500]
