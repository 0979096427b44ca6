"""Addresses, paths, versions and phone numbers as whole values."""

import pytest

from groundwire_evaluators.text.quantities import agree, quantities


@pytest.mark.parametrize(
    "code",
    [
        "help.desk@firm.example", "/etc/app/settings.toml", "C:\\Data\\report.csv",
        "https://firm.example/a/b_(c)", "docs/guide/intro.md", "report_v2.pdf", "10.0.4.17",
        "v2.3.1", "IP67", "~/notes/todo.txt",
    ],
)  # fmt: skip
def test_a_code_is_one_value_with_its_exact_range(code: str) -> None:
    text = f"See ({code}), please."
    (found,) = quantities(text)
    assert (found.kind, text[found.start : found.end]) == ("code", code)


@pytest.mark.parametrize("text", ["and/or", "km/h", "he/she", "9/10 of them", "24/7", "a.m./p.m."])
def test_a_slash_alone_makes_no_path(text: str) -> None:
    assert not [q for q in quantities(text) if q.kind == "code"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Call 020 7946 0018", "Call +44 20 7946 0018", True),
        ("Call (555) 010-4477", "Call 555-010-4477", True),
        ("Call 020 7946 0018", "Call 020 7946 0019", False),
        ("version 2.3.1", "version 2.3.4", False),
        ("at 10.0.4.17", "at 10.0.4.71", False),
    ],
)
def test_codes_agree_up_to_the_marks_of_a_phone_number(one: str, other: str, same: bool) -> None:
    (mine,), (theirs,) = quantities(one), quantities(other)
    assert agree(mine, theirs) is same


def test_a_command_line_flag_is_a_code() -> None:
    found = [q.text for q in quantities("Use --dry-run or --force, not -- or a--b.")]
    assert found == ["--dry-run", "--force"]
