"""Our expectation beside those of the library."""

from typing import Any


def test_our_expectation_says_itself_in_data_docs_without_a_sentence() -> None:
    from entrepot.quality.gx import ExpectRowsToSatisfyCondition

    ours = ExpectRowsToSatisfyCondition(column_list=["cout_total", "cout_cite"], condition="cout_cite <= cout_total")
    ours.render()
    (shown,) = ours.rendered_content or []
    told: Any = shown.to_json_dict()["value"]
    assert told["template"] == "Each row must satisfy: $condition"
    assert told["params"]["condition"]["value"] == "cout_cite <= cout_total"
    assert ours.__class__.schema()["title"] == "Expect rows to satisfy a condition"
