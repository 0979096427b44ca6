"""People whom a reverse proxy has authenticated, named in a header.

The header counts only where the connection itself comes from a trusted address: anybody else could
write it. It opens pages and reading, never OTLP; docs/howto/run-the-collector.md.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage.keys import USER_PREFIX, Access, Scope

_NAME = re.compile(r"[\w.@+ -]{1,100}")  # nothing that could forge a line of a log or a page


@dataclass(frozen=True, slots=True)
class ProxyUsers:
    """Header of the user's name, its trusted proxies, and the users' scopes."""

    header: bytes = b""
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    scopes: frozenset[Scope] = frozenset()

    @classmethod
    def of(cls, settings: Settings) -> "ProxyUsers":
        """Raises UsageError for an address or scope that is none."""
        if not settings.proxy_user_header:
            return cls()
        header = settings.proxy_user_header.lower().encode("ascii", "replace")
        proxies = tuple(_network(text) for text in _parts(settings.trusted_proxies))
        if not proxies:
            raise UsageError("proxy_user_header needs trusted_proxies: who may set the header.")
        return cls(header, proxies, _scopes(_parts(settings.proxy_user_scopes)))

    def access(self, headers: dict[bytes, bytes], address: str) -> Access | None:
        """Permissions of the person in the header; None from untrusted addresses."""
        name = headers.get(self.header, b"").decode("utf-8", "replace") if self.header else ""
        if not _NAME.fullmatch(name) or not self._trusts(address):
            return None
        return Access(f"{USER_PREFIX}{name}", self.scopes)

    def _trusts(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in proxy for proxy in self.proxies)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError as error:
        raise UsageError(f"trusted_proxies: {text} is no address or network.") from error


def _scopes(names: Iterable[str]) -> frozenset[Scope]:
    try:
        return frozenset(Scope(name) for name in names)
    except ValueError as error:
        raise UsageError(f"proxy_user_scopes: {error}") from error
