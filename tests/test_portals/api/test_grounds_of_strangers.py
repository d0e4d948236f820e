"""A department's client that opens grounds for people whom it has nothing to do with."""

import pytest

from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.api.test_grounds import asked, call, rows_under
from tests.test_portals.official.test_grounds import number_of
from xihu_platform.access.findings import findings

__all__ = ["acted_province"]  # a fixture
MANY = 1_000


@pytest.mark.harness
@pytest.mark.timeout(600)
def test_a_system_that_opens_a_thousand_reads_nothing_and_stands_in_the_auditors_list(
    province: Province,
) -> None:
    opened = []
    for n in range(MANY):
        key, someone = f"strangers-{n:06d}", number_of(n % 900)
        made = call(province, "POST", "/api/v1/grounds", asked(key, subjects=[someone]))
        assert made.status_code in {201, 429}
        opened += [made.json()["number"]] if made.status_code == 201 else []
    assert len(opened) > 100
    read = [n for n in opened[:: len(opened) // 50] if rows_under(province, n).status_code == 200]
    assert read == []
    found = findings(province.services.node.database, province.services.node.clock())
    told = {one.rule.en: one.number for one in found if one.organisation == "113399001001041148"}
    assert any("confirmed by nobody" in rule and n >= len(opened) for rule, n in told.items())
