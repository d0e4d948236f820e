"""Files of matters over the API: as on the page, for whoever handles the matter and nobody else."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from tests.province import Province
from tests.test_platform.files.made import CATALOG, pdf, png
from tests.test_portals.api.test_ingest import without_data
from tests.test_portals.api.test_matters import MATTERS, act, call, open_request
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.files.check import SIZE_LIMIT

PAPER, PHOTO = pdf(), png()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    yield from without_data(tmp_path_factory.mktemp("attached"))


@pytest.fixture
def request_of(world: Province, request: pytest.FixtureRequest) -> int:
    made = open_request(world, f"attach-{abs(hash(request.node.name)):020d}"[:40])
    return int(made.json()["matter"])


def files(matter: int, name: str = "") -> str:
    return f"{MATTERS}/{matter}/attachments{f'?name={name}' if name else ''}"


def looks(world: Province) -> int:
    wanted = select(func.count()).where(AuditEntry.kind == "attachment")
    with transaction(world.services.node.database) as session:
        return session.scalar(wanted) or 0


def test_a_file_is_added_once_listed_and_fetched_as_it_was(
    world: Province, request_of: int
) -> None:
    first = call(world, "chen", "POST", files(request_of, "依据.pdf"), raw=PAPER)
    assert (first.status_code, first.json()["replayed"]) == (201, False)
    again = call(world, "chen", "POST", files(request_of, "依据.pdf"), raw=PAPER)
    assert (again.status_code, again.json()) == (200, first.json() | {"replayed": True})
    (one,) = call(world, "chen", "GET", files(request_of)).json()["attachments"]
    assert (one["id"], one["name"], one["media_type"], one["size"]) == (
        first.json()["id"],
        "依据.pdf",
        "application/pdf",
        len(PAPER),
    )
    before = looks(world)
    fetched = call(world, "chen", "GET", f"{files(request_of)}/{one['id']}")
    assert fetched.content == PAPER
    assert fetched.headers["content-type"] == "application/pdf"
    assert "filename*=UTF-8''%E4%BE%9D%E6%8D%AE.pdf" in fetched.headers["content-disposition"]
    assert looks(world) == before + 1, "the look is in the log"


def test_a_draft_s_file_is_its_office_s_alone(world: Province, request_of: int) -> None:
    number = call(world, "chen", "POST", files(request_of, "a.png"), raw=PHOTO).json()["id"]
    for who in ("sun", "tang", "dept-yb"):
        for method, address in (
            ("GET", files(request_of)),
            ("GET", f"{files(request_of)}/{number}"),
            ("POST", files(request_of, "b.png")),
        ):
            raw = PHOTO if method == "POST" else None
            assert call(world, who, method, address, raw=raw).status_code == 404, (who, address)
    act(world, "chen", request_of, "submit", "attach-submit-1", 1)
    act(world, "ding", request_of, "approve_inside", "attach-approve-1", 2)
    assert call(world, "sun", "GET", f"{files(request_of)}/{number}").content == PHOTO
    assert call(world, "tang", "GET", f"{files(request_of)}/{number}").status_code == 404


@pytest.mark.parametrize(
    ("name", "body", "status", "said"),
    [
        ("a.pdf", b"", 422, "is empty"),
        ("a.exe", b"MZ\x90", 422, "not taken"),
        ("a.pdf", pdf(CATALOG[:-2] + b"/OpenAction << /S /JavaScript /JS (x) >> >>"), 422, "runs"),
        ("a.pdf", PAPER + b"x" * SIZE_LIMIT, 413, "larger"),
    ],
)
def test_what_is_no_passive_file_is_said(
    world: Province, request_of: int, name: str, body: bytes, status: int, said: str
) -> None:
    answer = call(world, "chen", "POST", f"{files(request_of, name)}&lang=en", raw=body)
    assert answer.status_code == status, answer.text
    assert said in answer.text
    assert call(world, "chen", "GET", files(request_of)).json()["attachments"] == []


def test_another_s_number_and_no_name_are_told(world: Province, request_of: int) -> None:
    other = open_request(world, "attach-elsewhere-0001").json()["matter"]
    there = call(world, "chen", "POST", files(other, "a.png"), raw=PHOTO).json()["id"]
    assert call(world, "chen", "GET", f"{files(request_of)}/{there}").status_code == 404
    assert call(world, "chen", "POST", files(request_of), raw=PHOTO).status_code == 422
