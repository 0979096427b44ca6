"""`groundwire up`: judge answers in a file, offline."""


def up() -> None:
    """Receive, store, judge, watch."""
