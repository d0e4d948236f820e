"""No answer to anybody outside names a dataset that is not published: every route that reads."""

from collections.abc import Iterator

import pytest
from sqlalchemy import delete, update

from tests.contracts import document, field
from tests.province import Province, make_province
from tests.test_portals.api.callers import Call, Kind, send
from tests.test_portals.api.test_routes import CALLED
from xihu_catalog.contracts.entries import CatalogueEntryRow
from xihu_platform.database import transaction
from xihu_platform.identity.models import PositionRow
from xihu_platform.matters.models import MatterPartyRow
from xihu_platform.notices.models import NoticeRow

READS = [row for row in CALLED if row["method"] == "GET" and row["path"] != "/api/openapi.json"]
"""Without the API's description, whose examples are of the demo and the same for everybody."""
NEW, OLD = "yb_secret_things", "yb_hospital_visits"
"""One that was loaded and never published; and one of the demo, which metrics, uses and requests
are about, as if it had never been published."""
DRAWN_UP = {"state": "draft", "matter": None, "reviewer": None, "region": None}
STRANGERS: dict[str, tuple[Kind, str]] = {
    "nobody": ("no_token", ""),
    "another department": ("right", "he"),
    "another level's authority": ("right", "ding"),
    "the authority before it was handed in": ("right", "luo"),
    "a chief data officer": ("right", "zhou"),
    "a leader": ("right", "gao"),
    "a citizen": ("right", "wang"),
}


@pytest.fixture(scope="module")
def hiding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    for province in make_province(tmp_path_factory.mktemp("hiding")):
        contracts = province.services.catalogue.contracts
        visits = contracts.get(OLD)
        opened = {"openClass": "unconditional"}
        contracts.publish(
            document(NEW, [field("id", key=True)], provider=visits.provider, more=opened)
        )
        row = CatalogueEntryRow
        with transaction(province.services.node.database) as session:
            matter = session.get_one(row, OLD).matter
            session.execute(update(row).where(row.dataset == OLD).values(DRAWN_UP))
            # The authority took part in the matter by which it was published, and was told.
            party = MatterPartyRow
            its = delete(party).where(party.matter == matter, party.role == "authority")
            session.execute(its)
            session.execute(delete(NoticeRow).where(NoticeRow.matter == matter))
            session.get_one(PositionRow, "ding-xihu").duties = "authority"
        # Its own official is refused something of it, which is counted.
        rows = f"/api/v1/datasets/{OLD}/rows?purpose=duty&limit=1"
        assert send(province, Call("GET", rows, "", "shen"), "right").status_code == 403
        yield province


@pytest.mark.parametrize("who", STRANGERS)
def test_no_answer_names_what_is_not_published(hiding: Province, who: str) -> None:
    kind, name = STRANGERS[who]
    named = []
    for row in READS:
        address = row["example"].replace("{load}", "none").replace("{entry}", "1")
        answer = send(hiding, Call("GET", address, "", name), kind)
        for hidden in (NEW, OLD):
            if hidden not in address and hidden.encode() in answer.content:
                named.append((address, hidden))
    assert named == []


def test_its_own_department_finds_both(hiding: Province) -> None:
    answer = send(hiding, Call("GET", "/api/v1/datasets?limit=100", "", "tang"), "right")
    assert NEW in answer.text
    assert OLD in answer.text
