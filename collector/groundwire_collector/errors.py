"""Exception hierarchy; the docstring is the default message."""


class GroundwireError(Exception):
    """Unexpected Groundwire error."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__)


class UsageError(GroundwireError):
    """The command cannot be carried out; the message says why."""


class DatabaseUnusableError(UsageError):
    """Unusable database; the message says what to do."""


class StorageUnavailableError(GroundwireError):
    """The database cannot be written now; try again later."""


class LeadershipLostError(StorageUnavailableError):
    """Another process leads this database now; nothing was committed."""


class WebhookUnavailableError(GroundwireError):
    """The webhook does not accept messages now; try again later."""
