"""Generator of docs/reference pages (`python -m groundwire_collector.reference`)."""

from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined

from groundwire_collector.settings import Settings

FOLDER = Path("docs/reference")
_HEAD = """# Settings of the collector

*Made from `settings.py`: `python -m groundwire_collector.reference` writes this page.*

A setting `x` is given as `GROUNDWIRE_X` in the environment, as `x = ...` in the TOML file of
`groundwire up --config FILE`, some as an option of `groundwire up` (`--x`). The option wins over
the environment, the environment over the file.

| setting | default | what it does |
|---|---|---|
"""


def settings_page() -> str:
    rows = (
        f"| `{name}` | {_shown(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    )
    return _HEAD + "\n".join(rows) + "\n"


def _shown(default: Any) -> str:
    if default is None or default is PydanticUndefined or default == "":
        return ""
    return f"`{default}`"


if __name__ == "__main__":
    (FOLDER / "settings.md").write_text(settings_page(), encoding="utf-8")
