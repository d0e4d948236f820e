"""No answer to anybody outside names a dataset that is not published: every route that reads."""

from collections.abc import Iterator

import pytest
from sqlalchemy import delete, update

from tests.contracts import document, field
from tests.province import NOW, Province, make_province
from tests.test_portals.api.callers import Call, Kind, send
from tests.test_portals.api.test_routes import CALLED
from xihu_catalog.contracts.entries import CatalogueEntryRow
from xihu_catalog.datasets.drafts import EntryDrafts
from xihu_catalog.formats.ckan_draft import TEXTS
from xihu_platform.database import transaction
from xihu_platform.identity.models import PositionRow
from xihu_platform.matters.models import MatterPartyRow
from xihu_platform.notices.models import NoticeRow

READS = [row for row in CALLED if row["method"] == "GET" and row["path"] != "/api/openapi.json"]
"""Without the API's description, whose examples are of the demo and the same for everybody."""
NEW, OLD = "yb_secret_things", "yb_hospital_visits"
"""One that was loaded and never published; and one of the demo, which metrics, uses and requests
are about, as if it had never been published."""
DRAFT, DRAFTED = "yb-secret-draft", "尚未公开的起草内容"
"""Name, and every text, of a draft that CKAN's API wrote for the department of the dataset."""
DRAFTED_AT = ("/official/drafts", "include_drafts=true")
"""Where its own stewards find it."""
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
    yield from hidden_in(tmp_path_factory)


@pytest.fixture(scope="module")
def asked_by_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """Another one: whom its own department asked about sees that among the uses of their data."""
    yield from hidden_in(tmp_path_factory)


def hidden_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
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
        drafts = EntryDrafts(province.services.node.database, visits.provider, lambda: NOW)
        content = dict.fromkeys(TEXTS, DRAFTED) | {
            "name": DRAFT,
            "type": "dataset",
            "private": False,
            "tags": [DRAFTED],
            "groups": [visits.topic.lower()],
            "extras": [["a", DRAFTED]],
            "resources": [{"id": DRAFT, "name": DRAFTED, "url": "https://a.example/"}],
        }
        drafts.create(content, "tang-yb")
        drafts.create(content | {"name": OLD, "resources": []}, "tang-yb", of=OLD)
        yield province


@pytest.mark.parametrize("who", STRANGERS)
def test_no_answer_names_what_is_not_published(hiding: Province, who: str) -> None:
    kind, name = STRANGERS[who]
    named = []
    for row in READS:
        address = row["example"].replace("{load}", "none").replace("{entry}", "1")
        answer = send(hiding, Call("GET", address, "", name), kind)
        for hidden in (NEW, OLD, DRAFT, DRAFTED):
            if hidden not in address and hidden.encode() in answer.content:
                named.append((address, hidden))
    assert named == []


@pytest.mark.parametrize("who", ["tang", "shen"])
def test_its_own_department_finds_a_draft_where_drafts_are_alone(
    asked_by_its_own: Province, who: str
) -> None:
    named = set()
    for row in READS:
        address = row["example"].replace("{load}", "none").replace("{entry}", "1")
        answer = send(asked_by_its_own, Call("GET", address, "", who), "right")
        if DRAFT.encode() in answer.content or DRAFTED.encode() in answer.content:
            named.add(next((one for one in DRAFTED_AT if one in address), address))
    assert named == (set(DRAFTED_AT) if who == "tang" else set())


def test_its_own_department_finds_both(hiding: Province) -> None:
    answer = send(hiding, Call("GET", "/api/v1/datasets?limit=100", "", "tang"), "right")
    assert NEW in answer.text
    assert OLD in answer.text
