"""Tables, picture and page of the recording."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from tests.benchmarks.real_model.test_rows import ROW

from benchmarks.real_model import answers, page, picture, tables

BASE = replace(ROW, checkpoint="base", arm="base", step=0, answer="Within six hours.")
CLOSED = replace(ROW, mode="closed", passages=[])
ANSWERS = answers.with_truth([BASE, ROW, CLOSED])


def test_a_share_stands_beside_its_interval() -> None:
    assert tables.percent(1, 4) == "25 (5 to 70)"
    assert tables.percent(0, 0) == ""


def test_the_summary_has_a_line_a_checkpoint() -> None:
    lines = tables.summary(ANSWERS).splitlines()
    assert [line.split(" | ")[1] for line in lines[2:]] == ["base", ROW.checkpoint]


def test_the_picture_is_xml_with_a_bar_of_four_parts_for_each_checkpoint() -> None:
    root = ElementTree.fromstring(picture.svg(ANSWERS))
    bars = root.findall("{http://www.w3.org/2000/svg}rect[@width='30']")
    assert len(bars) == 2 * len(picture.PARTS)
    heights = [float(bar.attrib["height"]) for bar in bars]
    assert sum(heights) == pytest.approx(2 * 220)


def test_blocks_are_written_between_their_marks() -> None:
    before = "a\n<!-- real_model: one -->\nold\n<!-- end -->\nz\n"
    assert page.rendered(before, {"one": "new"}) == (
        "a\n<!-- real_model: one -->\n\nnew\n\n<!-- end -->\nz\n"
    )


def test_a_mark_without_a_block_is_an_error() -> None:
    with pytest.raises(KeyError):
        page.rendered("<!-- real_model: two -->\n<!-- end -->", {"one": "new"})
