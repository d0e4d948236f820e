"""The diagrams of the kinds in the documentation are those of the definitions."""

from tests.test_docs.charts import PAGE, chart, with_charts
from xihu_catalog.registry.matters import matter_definitions


def test_the_page_has_every_kind_as_it_is_defined_now() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_charts(page) == page, "run python -m tests.test_docs.charts"


def test_the_chart_of_a_correction_is_what_one_would_draw() -> None:
    kind = next(one for one in matter_definitions().values() if one.kind == "correction_request")
    assert chart(kind) == (
        "stateDiagram-v2\n"
        '  state "Being verified" as verifying\n'
        '  state "Corrected" as corrected\n'
        '  state "Found right" as not_wrong\n'
        '  state "Examined again by another organisation" as reexamining\n'
        '  state "Withdrawn" as withdrawn\n'
        "  [*] --> verifying: Report\n"
        "  verifying --> verifying: Take it up\n"
        "  verifying --> corrected: Correct and answer\n"
        "  verifying --> not_wrong: Find it right and answer\n"
        "  verifying --> reexamining: Find it right and answer\n"
        "  reexamining --> not_wrong: Agree that it is right\n"
        "  reexamining --> verifying: Have it verified again\n"
        "  verifying --> withdrawn: Withdraw\n"
        "  reexamining --> withdrawn: Withdraw\n"
        "  corrected --> [*]\n"
        "  not_wrong --> [*]\n"
        "  withdrawn --> [*]\n"
    )
