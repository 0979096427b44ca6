"""`gw.init`, and every option it takes."""

from collections.abc import Sequence

from groundwire import client
from groundwire.diagnostics import trouble
from groundwire.settings import Redact


def init(
    *,
    service: str | None = None,
    endpoint: str | None = None,
    api_key: str | None = None,
    model_version: str | None = None,
    prompt_version: str | None = None,
    index_version: str | None = None,
    adapter: str | None = None,
    release: str | None = None,
    sample_rate: float | None = None,
    redact: Redact | bool = None,
    content: str | None = None,
    allow: Sequence[str] | None = None,
    hash_key: str | None = None,
    also_export: Sequence[str] | None = None,
    max_text: int | None = None,
    max_chunks: int | None = None,
    max_queue_mb: int | None = None,
    export_interval: float | None = None,
    export_timeout: float | None = None,
    exit_timeout: float | None = None,
    disabled: bool | None = None,
) -> None:
    """Configure where turns are sent; options that are None come from the environment.

    Each option is a field of `groundwire.settings.Settings` and `GROUNDWIRE_<OPTION>`. Opens no
    connection and starts no thread: the first ended span does. A second call replaces the first.
    Never raises; a bad option is told in the log and its default used.
    """
    arguments = locals()
    try:
        client.initialise(**arguments)
    except Exception as error:
        trouble("init", error)
