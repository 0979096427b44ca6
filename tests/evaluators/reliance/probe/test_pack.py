"""The shipped pack is what its sources say, and every validator drops what it is there for."""

import json
from dataclasses import replace

import pytest

from groundwire_evaluators.reliance.labelling import label
from groundwire_evaluators.reliance.mentions import Response, find_mentions
from groundwire_evaluators.reliance.outcome import Outcome
from groundwire_evaluators.reliance.probe import (
    AnswerType,
    ProbeItem,
    ProbePack,
    ProbeStratum,
    load_pack,
)
from groundwire_evaluators.reliance.probe.arms import ALL_ARMS, Arm, ProbePrompting, trials
from groundwire_evaluators.reliance.probe.item import AnswerPosition, Edit
from groundwire_evaluators.reliance.probe.pack.freeze import FOLDER, built
from groundwire_evaluators.reliance.probe.report import pack_report
from groundwire_evaluators.reliance.probe.validators import validate

PACK = load_pack()
ITEM = PACK.items[0]


def test_the_pack_is_as_large_and_as_varied_as_promised() -> None:
    assert len(PACK) >= 200
    assert len({item.relation for item in PACK.items}) >= 40
    assert len({item.type for item in PACK.items}) >= 6
    assert len({item.subject for item in PACK.items}) == len(PACK)
    assert {item.stratum for item in PACK.items} == {ProbeStratum.KNOWN, ProbeStratum.FRESH}
    assert {item.edit for item in PACK.items} == set(Edit)
    assert {item.place for item in PACK.items} == set(AnswerPosition)


def test_the_frozen_pack_is_what_its_sources_give() -> None:
    validated = built()
    assert not validated.rejections
    assert validated.items == PACK.items


def test_the_report_beside_the_pack_is_its_own() -> None:
    reported = json.loads((FOLDER / f"{PACK.name}.report.json").read_text(encoding="utf-8"))
    assert reported == pack_report(PACK)


def test_records_of_items_come_back_as_they_were() -> None:
    assert [ProbeItem.from_record(item.as_record()) for item in PACK.items] == list(PACK.items)


def test_a_changed_text_changes_the_digest() -> None:
    other = ProbePack("x", (replace(ITEM, clean=ITEM.clean + " "), *PACK.items[1:]))
    assert other.digest != PACK.digest
    assert ProbePack("renamed", PACK.items).digest == PACK.digest


def test_an_id_stands_once_in_a_pack() -> None:
    with pytest.raises(ValueError, match="duplicate id"):
        ProbePack("x", (ITEM, ITEM))


FILLER = "The rest of this page is about other matters. " * 8


def item(**changes: object) -> ProbeItem:
    """An item that is good until it is changed."""
    provided: dict[str, object] = {
        "id": "t/1", "stratum": ProbeStratum.KNOWN, "relation": "r", "type": AnswerType.PLACE,
        "subject": "Velmark", "question": "What is the capital of Velmark?",
        "original": "Oldenby", "substitute": "Tarsin",
        "clean": f"The capital of Velmark is Oldenby. {FILLER}",
        "conflict": f"The capital of Velmark is Tarsin. {FILLER}",
        "support": "Lists give Oldenby as the capital of Velmark.",
    }  # fmt: skip
    return ProbeItem(**(provided | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"clean": "The capital of Velmark is Oldenby."}, "context length"),
        ({"clean": FILLER * 9}, "context length"),
        ({"substitute": "Old Oldenby"}, "nested answers"),
        ({"original": "30 days", "substitute": "thirty days"}, "equal answers"),
        ({"type": AnswerType.MONEY}, "type"),
        (
            {"type": AnswerType.MONEY, "original": "$5", "substitute": "7 EUR"},
            "type",
        ),
        ({"conflict": f"Tarsin is the capital. Oldenby was. {FILLER}"}, "left over"),
        ({"conflict": f"The capital of Velmark is Kestrel. {FILLER}"}, "missing"),
        ({"support": "Nothing is known of it."}, "missing"),
        ({"clean": f"The capital is Oldenby. Tarsin lies south. {FILLER}"}, "left over"),
        ({"question": "Is Oldenby the capital of Velmark?"}, "given away"),
        (
            {"conflict": f"Far in the south, by the old sea gate, Tarsin rules. {FILLER}"},
            "wide edit",
        ),
    ],
)
def test_a_bad_item_is_dropped_with_its_reason(changes: dict[str, object], reason: str) -> None:
    validated = validate([item(**changes)])
    assert [each.reason.partition(":")[0] for each in validated.rejections] == [reason]


def test_a_good_item_stays_and_an_entity_comes_once() -> None:
    again = item(id="t/2", subject="Lurien", question="What is the capital of Lurien?")
    validated = validate([item(), again])
    assert [each.id for each in validated.items] == ["t/1"]
    assert validated.reasons == {"entity again": 1}


def test_every_item_has_six_arms_that_hold_what_they_should() -> None:
    found = list(trials(PACK))
    assert len(found) == len(PACK) * len(ALL_ARMS) == len({each.key for each in found})
    for trial in found:
        if trial.item.type is AnswerType.BOOLEAN:
            continue
        held = Response.read("\n".join(trial.chunks))
        original = bool(find_mentions(trial.item.original_spellings, held))
        substitute = bool(find_mentions(trial.item.substitute_spellings, held))
        assert original is (trial.arm in (Arm.CLEAN, Arm.MIXED)), trial.key
        assert substitute is (trial.arm in (Arm.CONFLICT, Arm.MIXED, Arm.DISTRACTORS)), trial.key


def test_the_answer_s_chunk_stands_at_its_stated_position() -> None:
    among = [each for each in trials(PACK) if each.arm is Arm.DISTRACTORS]
    places = {AnswerPosition.FIRST: 0, AnswerPosition.MIDDLE: 2, AnswerPosition.LAST: 4}
    assert {each.position for each in among} == set(places)
    for trial in among:
        assert trial.position is not None
        assert trial.chunks[places[trial.position]] == trial.item.conflict


def test_trials_do_not_depend_on_the_arms_asked_for() -> None:
    every = {each.key: each for each in trials(PACK)}
    assert all(every[each.key] == each for each in trials(PACK, (Arm.MIXED, Arm.IRRELEVANT)))


def test_a_trial_is_scored_against_the_context_of_its_own_arm() -> None:
    for trial in trials(ProbePack("one", PACK.items[:12])):
        if trial.arm in (Arm.CLEAN, Arm.CONFLICT):
            right = trial.item.original if trial.arm is Arm.CLEAN else trial.item.substitute
            assert label(trial.conflict(right)).followed is Outcome.CONTEXT


def test_the_prompts_differ_in_the_context_alone() -> None:
    clean, closed = (
        ProbePrompting().messages(next(iter(trials(PACK, (arm,)))))
        for arm in (Arm.CLEAN, Arm.CLOSED_BOOK)
    )
    assert PACK.items[0].clean in clean[1]["content"]
    assert closed[1]["content"] == f"Question: {PACK.items[0].question}"
    assert ProbePrompting().version != ProbePrompting(system="Other.").version


def test_a_pack_too_small_for_distractors_says_so() -> None:
    with pytest.raises(ValueError, match="too few"):
        list(trials(ProbePack("one", (ITEM,))))
