"""`groundwire score`: judge answers in a file, offline."""


def score() -> None:
    """Judge the answers of a JSON-lines file."""
