"""Trace each request's retrieved chunks and generated answer.

    import groundwire as gw
    from groundwire import observe

    gw.init(service="support-bot")

    @observe.retrieval
    def search(question): ...

    @observe.generation
    def generate(question, chunks): ...

    @observe
    def ask(question):
        return generate(question, search(question))

Nothing here raises into the app, waits for the network, or grows without bound.
"""

from groundwire.client import flush, stats
from groundwire.closed_book import ClosedBook
from groundwire.decorator import observe
from groundwire.initialization import init
from groundwire.redaction import DEFAULT_MASKS, Mask
from groundwire.threads import copy_context
from groundwire.turns import annotate
from groundwire.version import installed_version

__version__ = installed_version()

__all__ = [
    "DEFAULT_MASKS",
    "ClosedBook",
    "Mask",
    "__version__",
    "annotate",
    "copy_context",
    "flush",
    "init",
    "observe",
    "stats",
]
