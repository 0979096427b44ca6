"""What can go wrong, in one tree; the docstring is the default message."""


class GroundwireError(Exception):
    """Unexpected Groundwire error."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__)


class UsageError(GroundwireError):
    """The command cannot be carried out as asked; the message says what to do."""


class DatabaseUnusableError(UsageError):
    """The database cannot be used as it is; the message says what to do."""


class StorageUnavailableError(GroundwireError):
    """The database cannot be written now (busy, locked, disk full, away); try again later."""


class LeadershipLostError(StorageUnavailableError):
    """Another process leads over this database now; nothing was committed."""


class WebhookUnavailableError(GroundwireError):
    """The webhook does not take a message now; try again later."""
