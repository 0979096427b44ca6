"""The page of the conventions says what the tables say."""

from pathlib import Path

from groundwire_collector.assembly.alias_table import families
from groundwire_collector.assembly.reference import FACTS, PAGE, RESULTS, write

ROOT = Path(__file__).parents[3]


def test_the_page_is_up_to_date(tmp_path):
    (tmp_path / RESULTS).parent.mkdir(parents=True)
    if (ROOT / RESULTS).exists():
        (tmp_path / RESULTS).write_bytes((ROOT / RESULTS).read_bytes())
    write(tmp_path)
    fresh = (tmp_path / PAGE).read_text(encoding="utf-8")
    assert (ROOT / PAGE).read_text(encoding="utf-8") == fresh, (
        "run: python -m groundwire_collector.assembly.reference"
    )


def test_every_fact_of_a_table_has_a_word_on_the_page():
    assert {fact for family in families() for fact in family.facts} <= set(FACTS)
