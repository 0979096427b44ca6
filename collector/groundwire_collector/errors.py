"""Exception hierarchy; the docstring is the default message."""


class GroundwireError(Exception):
    """Unexpected Groundwire error."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__)


class UsageError(GroundwireError):
    """The command failed; the message gives the reason."""


class DatabaseUnusableError(UsageError):
    """Unusable database; the message gives the remedy."""


class StorageUnavailableError(GroundwireError):
    """The database cannot be written now; try again later."""


class LeadershipLostError(StorageUnavailableError):
    """Another process leads this database now; nothing was committed."""


class WebhookUnavailableError(GroundwireError):
    """The webhook does not accept messages now; try again later."""
