"""Charts: what is drawn where, and the same numbers in words."""

from groundwire_collector.web.pages.charts import (
    Axis,
    ChartEvent,
    Heading,
    bar_chart,
    line_chart,
)
from groundwire_collector.web.pages.measures import Point, Series

HEADING = Heading("faithfulness", "Faithfulness", "mean", "higher")
AXIS = Axis(0, 600, 60)


def series(*points: tuple[int, float], name: str = "a", n: int = 100) -> Series:
    made = tuple(Point(at, value, value - 0.05, value + 0.05, n) for at, value in points)
    return Series(name, made, made[0])


def test_the_scale_holds_the_intervals_in_whole_tenths():
    chart = line_chart(HEADING, [series((0, 0.72), (60, 0.91))], AXIS, [])
    assert chart.y_labels == ("100%", "80%", "60%")


def test_a_few_turns_do_not_widen_the_scale():
    wide = Series("a", (Point(0, 0.9, 0.1, 1.0, 3), Point(60, 0.9, 0.88, 0.92, 500)), None)
    chart = line_chart(HEADING, [Series("a", wide.points, wide.points[1])], AXIS, [])
    assert chart.y_labels[-1] == "80%"


def test_a_gap_breaks_the_line_and_a_lone_point_is_a_dot():
    chart = line_chart(HEADING, [series((0, 0.5), (60, 0.6), (480, 0.7))], AXIS, [])
    [one] = chart.series
    assert one.line.count("M") == 2
    assert one.dots == (("85.00%", "25.00%"),)


def test_the_table_and_the_description_say_what_is_drawn():
    chart = line_chart(
        HEADING, [series((0, 0.5), (60, 0.25)), series((60, 1.0), name="b")], AXIS, []
    )
    assert chart.head == ("time (UTC)", "a", "b")
    assert chart.rows[0] == ("1970-01-01 00:00", "50% (45% to 55%), 100 turns", "–")
    assert chart.rows[1][2].startswith("100% (95%")
    assert "a: from 50% (45% to 55%), 100 turns to 25%" in chart.description


def test_events_outside_the_axis_are_left_out_and_marks_do_not_cover_each_other():
    events = [ChartEvent(f"R{n}", "rollout", at, "t") for n, at in enumerate((60, 61, 300, 9000))]
    drawn = line_chart(HEADING, [series((0, 0.5))], AXIS, events).events
    assert [(event.mark, event.y) for event in drawn] == [("R0", 11), ("R1", 24), ("R2", 11)]
    assert drawn[2].x == "50.00%"


def test_bars_add_the_segments_of_a_bucket():
    both = [series((0, 30)), series((0, 10), (60, 5), name="b")]
    chart = bar_chart(HEADING, both, AXIS, [], "EUR")
    assert chart.y_labels == ("50 EUR", "25", "0")
    assert chart.bars.count("M") == 2
    assert "V200.0H" in chart.bars
