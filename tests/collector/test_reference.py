from pathlib import Path

from groundwire_collector.reference import settings_page
from groundwire_collector.settings import Settings

PAGES = Path(__file__).parents[2] / "docs/reference"


def test_the_page_of_settings_is_what_the_code_says() -> None:
    page = (PAGES / "settings.md").read_text(encoding="utf-8")
    assert page == settings_page(), "python -m groundwire_collector.reference"


def test_every_setting_says_what_it_does() -> None:
    silent = [name for name, field in Settings.model_fields.items() if not field.description]
    assert silent == []
