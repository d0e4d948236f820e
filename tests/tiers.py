"""Which tests wait for `make harness`: six minutes of `make test` are for what breaks first.

Named are the long proofs, the browser's longer walks and matrices of hundreds of cases; of a
matrix every so-manieth case stays, chosen by its place, so that rows and columns both take turns.
"""

from collections.abc import Iterable
from itertools import groupby

import pytest

LATER = 0
"""Nothing of it is in `make test`."""
EVERY: dict[str, int] = {
    "test_catalog/drafting/test_infer.py": 3,
    "test_catalog/registry/test_agreement.py::test_a_metric_beside_the_registrys_is_checked": 5,
    "test_catalog/registry/test_damaged.py": 7,
    "test_catalog/sharing/test_entries.py::test_an_unpublished_dataset_does_not_exist": 2,
    "test_catalog/sharing/test_entries.py::test_its_pages_do_not_exist": 2,
    "test_node/cli/test_doctor.py::test_an_empty_folder_stays_empty": LATER,
    "test_node/cli/test_doctor.py::test_both_languages_say_the_same_lines": LATER,
    "test_node/test_registry.py": LATER,
    "test_pipelines/demo/test_generate.py": 4,
    "test_pipelines/derive/test_derive.py::test_sql_that_does_more_than_ask": 4,
    "test_pipelines/housekeeping/test_housekeeping.py": LATER,
    "test_pipelines/housekeeping/test_rotate.py": LATER,
    "test_pipelines/ingest/test_load.py": 3,
    "test_pipelines/ingest/test_modes.py": 3,
    "test_pipelines/ingest/test_references.py": 2,
    "test_pipelines/ingest/test_repeats.py": 3,
    "test_pipelines/runner/test_dags.py": 5,
    "test_pipelines/sources/remote/test_api.py": 3,
    "test_pipelines/sources/test_bombs.py": 3,
    "test_pipelines/sources/test_cases.py": 3,
    "test_pipelines/sources/test_delimited.py": 3,
    "test_pipelines/sources/test_odd_files.py": 3,
    "test_platform/access/test_grouped.py": 6,
    "test_platform/access/test_paging.py::test_a_page_in_pieces": LATER,
    "test_platform/audit/test_every_column.py": 4,
    "test_platform/brain/test_suppression.py::test_each_hidden_cell_of_a_split": 4,
    "test_platform/engines/duckdb/test_engine.py::test_six_sorted_streams": LATER,
    "test_platform/engines/duckdb/test_engine.py::test_twelve_sorted_streams": LATER,
    "test_platform/matters/test_second_opinion.py": 2,
    "test_platform/test_extras.py": LATER,
    "test_portals/api/ckan/test_compared.py::test_300_queries": 3,
    "test_portals/api/test_epidemic.py": LATER,
    "test_portals/api/test_every_read_is_logged.py::test_an_answer_with_values": 3,
    "test_portals/api/test_openapi.py::test_each_dataset_and_its_rows": 4,
    "test_portals/api/test_openapi.py::test_each_metric_and_its_values": LATER,
    "test_portals/api/test_paging.py::test_paging_visits_each_row_once": LATER,
    "test_portals/api/test_routes.py": 5,
    "test_portals/api/test_small_cells.py": LATER,
    "test_portals/api/test_small_histories.py": LATER,
    "test_portals/api/test_tokens.py": 3,
    "test_portals/api/test_unpublished.py::test_no_answer_names": 2,
    "test_portals/citizen/test_explore.py": 4,
    "test_portals/decisions/test_preview.py": 4,
    "test_portals/decisions/test_table.py::test_the_catalogue_entry_lists": LATER,
    "test_portals/edge/test_excel.py::test_six_sorted_downloads": LATER,
    "test_portals/edge/test_head.py": 5,
    "test_portals/edge/test_streams.py::test_twelve_unread_downloads": LATER,
    "test_portals/official/test_explore.py": 4,
    "test_portals/pages/test_corrections.py": LATER,
    "test_portals/pages/test_everybody.py": 4,
    "test_portals/pages/test_explore_live.py": LATER,
    "test_portals/pages/test_fiction.py": 4,
    "test_portals/pages/test_links.py": 4,
    "test_portals/pages/test_numbers.py": 4,
    "test_portals/pages/test_parts_tell_nothing_new.py": LATER,
    "test_portals/pages/test_proof.py": LATER,
    "test_portals/pages/test_verification.py": LATER,
    "test_portals/web/test_feel.py": LATER,
    "test_portals/web/test_navigation.py": 3,
}
"""By the beginning of a test's name below `tests/`; a test without cases stays unless `LATER`."""


def mark_later(items: Iterable[pytest.Item]) -> None:
    """Mark with `matrix` what waits for `make harness`."""
    ordered = sorted(items, key=_place)
    for name, cases in groupby(ordered, key=_name):
        every = next((n for start, n in EVERY.items() if name.startswith(f"tests/{start}")), 1)
        for place, case in enumerate(cases):
            if every == LATER or place % every:
                case.add_marker(pytest.mark.matrix)


def _name(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _place(item: pytest.Item) -> tuple[str, tuple[int, ...]]:
    """A case's place among those of its test, whatever order the tests run in."""
    spec = getattr(item, "callspec", None)
    return _name(item), tuple(spec.indices.values()) if spec else ()
