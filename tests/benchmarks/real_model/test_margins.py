"""Margins of both years' values, before and after a fine-tune."""

from dataclasses import replace

from benchmarks.real_model import answers, margins
from benchmarks.real_model.answers import Answer

RECORDED = answers.read()
BASE = [
    each
    for each in RECORDED
    if each.mode == "open" and each.checkpoint == "base" and each.handbook == "tarnwell"
]


def lowered(answer: Answer, nats: float) -> Answer:
    changed = replace(answer, checkpoint="facts-12", arm="facts", step=12)
    return replace(changed, logprob_this=answer.logprob_this - nats)


def test_a_fall_of_every_margin_is_counted_by_fact_and_no_fall_has_no_chance() -> None:
    facts = {each.fact for each in BASE if each.tuned}
    line = margins.table([*BASE, *(lowered(each, 1.0) for each in BASE)]).splitlines()[-1]
    assert f"| {len(facts)}, 0 |" in line
    same = margins.table([*BASE, *(lowered(each, 0.0) for each in BASE)]).splitlines()[-1]
    assert "| 0, 0 |  |" in same


def test_in_the_recording_margins_of_trained_facts_fall_and_rise_where_a_model_learnt_to_read() -> (
    None
):
    rows = {
        line.split(" | ")[1]: line
        for line in margins.table(RECORDED).splitlines()
        if "tarn" in line
    }
    lower, higher = rows["deployment-12"].split(" | ")[2].split(", ")
    assert int(lower) > 20 * int(higher)
    assert rows["reading-40"].split(" | ")[2].startswith("0, ")
