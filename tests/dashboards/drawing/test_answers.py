"""Variables and queries as Grafana interpolates them."""

from typing import Any

from dashboards.drawing.answers import interpolate, options, panels, variables
from dashboards.drawing.tsdb import PrometheusServer, TimeSpan

SPAN = TimeSpan(1_772_449_200, 1_772_452_800)


class Recorded(PrometheusServer):
    """Answers of a Prometheus with two versions, the second one younger."""

    def __init__(self) -> None:
        pass

    def values(self, selector: str, label: str, span: TimeSpan) -> list[str]:
        assert "$" not in selector
        return ["grounding", "llm_judge"] if label == "evaluator" else ["b", "a"]

    def instant(self, query: str, moment: int) -> list[dict[str, Any]]:
        ages = {"tarn-8b": "400", "tarn-8b-ft": "40"}
        return [
            {"metric": {"model_version": version}, "value": [moment, age]}
            for version, age in sorted(ages.items(), key=lambda item: float(item[1]))
            if f'!~"{version}|"' not in query
        ]


def board(*listed: dict[str, Any]) -> dict[str, Any]:
    return {"templating": {"list": list(listed)}, "panels": []}


def query(name: str, text: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "query", "label": name.title(), "query": text, **more}


def test_braced_and_bare_variables_are_replaced_and_unknown_ones_stay():
    values = {"service": ".*", "old": "tarn-8b"}
    assert interpolate('{s=~"$service", m="${old}"} $x', values) == '{s=~".*", m="tarn-8b"} $x'


def test_all_is_the_value_that_matches_everything():
    service = query("service", "label_values(t, service)", includeAll=True, allValue=".*")
    shown, values = variables(Recorded(), board(service), SPAN)
    assert values["service"] == ".*"
    assert shown == [{"label": "Service", "text": "All"}]


def test_a_current_value_is_chosen_where_it_is_offered_else_the_first():
    chosen = {"current": {"value": "llm_judge"}, "sort": 1}
    evaluator = query("evaluator", "label_values(t, evaluator)", **chosen)
    assert variables(Recorded(), board(evaluator), SPAN)[1]["evaluator"] == "llm_judge"
    gone = {**evaluator, "current": {"value": "gone"}}
    assert variables(Recorded(), board(gone), SPAN)[1]["evaluator"] == "grounding"


def test_the_newest_version_is_compared_with_the_one_before_it():
    found = {"regex": '/model_version="([^"]+)"/', "sort": 0}
    new = query("new", "query_result(sort(seen))", **found)
    old = query("old", 'query_result(sort(seen{model_version!~"$new|"}))', **found)
    _, values = variables(Recorded(), board(new, old), SPAN)
    assert (values["new"], values["old"]) == ("tarn-8b-ft", "tarn-8b")


def test_values_are_sorted_only_where_the_variable_says_so():
    unsorted, ascending = (query("v", "label_values(t, v)", sort=sort) for sort in (0, 1))
    assert options(Recorded(), unsorted, {}, SPAN) == ["b", "a"]
    assert options(Recorded(), ascending, {}, SPAN) == ["a", "b"]


def test_panels_of_collapsed_rows_are_recorded_too():
    row = {"type": "row", "panels": [{"type": "stat", "id": 2}]}
    assert [p["id"] for p in panels({"panels": [{"type": "stat", "id": 1}, row]})] == [1, 2]
