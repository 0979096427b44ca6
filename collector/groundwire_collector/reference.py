"""Generator of docs/reference pages (`python -m groundwire_collector.reference`)."""

from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined

from groundwire_collector.settings import Settings

FOLDER = Path("docs/reference")
_HEAD = """# Settings of the collector

*Generated from `settings.py` by `python -m groundwire_collector.reference`.*

Set `x` as `GROUNDWIRE_X` in the environment, as `x = ...` in the TOML file of
`groundwire up --config FILE`, or for some settings as an option of `groundwire up` (`--x`). Options
take precedence over the environment, the environment over the file.

| setting | default | description |
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
