"""Log formats (text, JSON) without turn content."""

import json
import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType

from groundwire_collector.settings import Settings

TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
ExceptionInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


def configure(settings: Settings) -> None:
    """For the whole process; before anything is logged."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines(TEXT))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # httpx writes addresses, which hold secrets; Alembic announces its plugins when it is imported.
    for talkative in ("httpx", "alembic"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


class TextLines(logging.Formatter):
    """Text formatter; exceptions by kind and place, without message."""

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802
        _, error, _ = ei
        parts = []
        while error is not None:
            frames = "".join(traceback.format_tb(error.__traceback__))
            parts.append(f"{frames}{type(error).__module__}.{type(error).__qualname__}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\nafter\n".join(parts)


class JsonLines(TextLines):
    """JSON formatter; `time` is RFC 3339."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "process": record.processName,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)
