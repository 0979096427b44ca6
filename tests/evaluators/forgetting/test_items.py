from pathlib import Path

import pytest

from groundwire_evaluators.forgetting import (
    RetentionItemError,
    read_items,
    score_retention,
    shipped_items,
)

# An answer to each shipped item that a person would call right, in the forms that models use.
RIGHT = {
    "three-bullets": "- Stirring soup\n- Scraping a pan\n- Tasting sauce",
    "five-numbered": "1. Roll clothes.\n2. Weigh it.\n3. Use cubes.\n4. Label it.\n5. Leave room.",
    "one-word-colour": "Green.",
    "yes-or-no": "**Yes**",
    "two-sentences": "A lighthouse warns ships of rocks. Its light shows them the way at night.",
    "under-ten-words": "It points to magnetic north.",
    "json-person": '{"name": "Mira", "age": 34}',
    "json-array-vowels": '```json\n["a", "e", "i", "o", "u"]\n```',
    "json-nested": '{"order": {"item": "candle", "count": 6}}',
    "json-booleans": '{"4": true, "7": false, "9": false}',
    "json-list-of-objects": '[{"city": "Lisbon", "country": "Portugal"},'
    ' {"city": "Oslo", "country": "Norway"}]',
    "upper-case": "HARBOUR",
    "repeat-exactly": "The kettle sings at seven.",
    "comma-separated": "spring, summer, autumn, winter",
    "csv-header": "fruit,price\napple,2\npear,3",
    "start-with": "Certainly! Yeast makes gas, which lifts the dough.",
    "end-with": "Rain is water that falls from clouds. END",
    "german": "Eine Bibliothek leiht Bücher aus und ist ein Ort zum Lernen.",
    "french": "Un boulanger prépare et vend du pain et des viennoiseries.",
    "spanish": "La gente lleva guantes en invierno para proteger las manos del frío.",
    "translate-german": "The dog is sleeping.",
    "sort-words": "apple, cherry, mango, pear",
    "replace-word": "The fox sat on the mat.",
    "classify": "Negative",
    "capital-australia": "Canberra",
    "capital-canada": "Ottawa.",
    "largest-planet": "Jupiter",
    "gold-symbol": "`Au`",
    "water-formula": "H₂O",
    "romeo-author": "William Shakespeare",
    "moon-landing-year": "1969",
    "berlin-wall-year": "1989.",
    "minutes-of-an-hour": "60",
    "longest-side": "Hypotenuse",
    "mona-lisa": "Leonardo da Vinci",
    "heart": "The heart.",
    "photosynthesis-gas": "Carbon dioxide",
    "freezing-celsius": "0 °C",
    "japan-currency": "Yen",
    "brazil-language": "Portuguese",
    "highest-mountain": "Mount Everest",
    "leap-year-days": "366",
    "penicillin": "Alexander Fleming",
    "red-planet": "Mars",
    "http-not-found": "404",
    "triangle-angles": "180°",
    "bees-make": "Honey",
    "opposite-of-north": "South",
    "sum": "75",
    "product": "156",
    "difference": "56 litres",
    "percent": "30",
    "division": "7",
    "day-after": "Friday",
    "time-sum": "15:15",
    "older": "Cleo",
    "letter-count": "6",
    "sequence": "48",
    "odd-one-out": "banana",
    "change": "13 euros",
}


def test_every_shipped_item_accepts_a_right_answer() -> None:
    scores = score_retention(shipped_items(), RIGHT)
    assert {each.id: each.reason for each in scores if each.score != 1} == {}
    assert RIGHT.keys() == {item.id for item in shipped_items()}


@pytest.mark.parametrize("answer", ["I am not sure.", "Sure! Here it is.", "", "[]"])
def test_no_shipped_item_accepts_an_answer_that_ignores_it(answer: str) -> None:
    same = {item.id: answer for item in shipped_items()}
    passed = {each.id for each in score_retention(shipped_items(), same) if each.score}
    assert passed <= {"under-ten-words", "two-sentences"}  # these ask for a form alone


def test_right_answers_to_other_items_are_wrong() -> None:
    ids = list(RIGHT)
    shifted = {name: RIGHT[ids[(at + 7) % len(ids)]] for at, name in enumerate(ids)}
    passed = {each.id for each in score_retention(shipped_items(), shifted) if each.score}
    assert passed <= {"under-ten-words", "two-sentences"}


def test_shipped_items_have_the_kinds_that_the_documentation_states() -> None:
    kinds = [item.kind for item in shipped_items()]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "instruction": 24,
        "knowledge": 24,
        "reasoning": 12,
    }


def test_own_items_stand_in_a_file(tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    own.write_text('{"id": "sla", "prompt": "How fast?", "rule": {"regex": "4 hours"}}\n\n')
    [item] = read_items(own)
    assert (item.id, item.kind) == ("sla", "own")
    assert score_retention([item], {"sla": "Within 4 hours."})[0].score == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "line 1: Expecting"),
        ('{"id": "a", "prompt": "b"}', "no 'rule'"),
        ('{"id": "a", "prompt": "b", "rule": {"regexp": "c"}}', "unknown rule 'regexp'"),
        ('{"id": "a", "prompt": "b", "rule": {"regex": "("}}', "regex: missing"),
        ('{"id": "a", "prompt": "b", "rule": {"schema": {"type": "nothing"}}}', "schema: "),
        ('{"id": "a", "prompt": "b", "rule": {}}', "no rule"),
        ('{"id": 1, "prompt": "b", "rule": {"exact": "c"}}', "must be texts"),
        ('["a"]', "line 1"),
    ],
)
def test_a_line_that_is_no_item_is_named(tmp_path: Path, line: str, reason: str) -> None:
    own = tmp_path / "own.jsonl"
    own.write_text(line)
    with pytest.raises(RetentionItemError, match=reason.replace("(", r"\(")):
        read_items(own)


def test_two_items_of_one_id_are_an_error(tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    own.write_text('{"id": "a", "prompt": "b", "rule": {"exact": "c"}}\n' * 2)
    with pytest.raises(RetentionItemError, match="line 2: id 'a' is taken"):
        read_items(own)
