from dataclasses import fields

from groundwire.settings import SdkSettings
from groundwire_collector.commands.unknown_variables import SDK, unknown_variables


def test_a_misspelt_setting_is_named_with_the_closest_one() -> None:
    environment = {"GROUNDWIRE_LABEL_RAT": "2", "GROUNDWIRE_XYZ": "", "LABEL_RAT": "", "PATH": ""}
    assert list(unknown_variables(environment)) == [
        "unknown setting GROUNDWIRE_LABEL_RAT is ignored; did you mean GROUNDWIRE_LABEL_RATE?",
        "unknown setting GROUNDWIRE_XYZ is ignored",
    ]


def test_settings_of_every_part_are_known() -> None:
    environment = dict.fromkeys(
        (
            "GROUNDWIRE_PORT",
            "groundwire_port",
            "GROUNDWIRE_MAX_TEXT",
            "GROUNDWIRE_GROUNDING_READER",
        ),
        "1",
    )
    assert not list(unknown_variables(environment))


def test_the_names_of_the_sdk_are_those_that_it_reads() -> None:
    assert [field.name for field in fields(SdkSettings)] == SDK
