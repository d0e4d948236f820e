"""Every route that can yield a value leaves an entry in the log before its answer.

Each path of the table of routes stands in one of two lists; a new route fails until it is in one.
"""

import csv
import io
from itertools import islice

import orjson
import pytest
from sqlalchemy import select

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.api.test_routes import CALLED, ROWS
from xihu_catalog.standards.documents import canonical, kind_of
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.audit.log import LogEntry, log_size
from xihu_platform.audit.models import AuditEntry, AuditSubject
from xihu_platform.audit.uses import READS
from xihu_platform.database import transaction

YIELDS = {
    "/api/3/action/datastore_search": "rows",
    "/api/action/datastore_search": "rows",
    "/api/v1/datasets/{dataset}/rows": "rows",
    "/api/v1/datasets/{dataset}/download.{form}": None,
    "/api/v1/datasets/{dataset}/diff": "diff",
    "/api/v1/datasets/{dataset}/diff.{form}": "diff",
    "/datasets/{dataset}/compare": "diff",
    "/datasets/{dataset}/diff.{form}": "diff",
    "/official/datasets/{dataset}/compare": "diff",
    "/official/datasets/{dataset}/diff.{form}": "diff",
    "/api/v1/brain/metrics/{metric}/query": "metric",
    "/": "metric",
    "/datasets/{dataset}": "preview",
    "/datasets/{dataset}/download.{form}": None,
    "/datasets/{dataset}/explore": "rows",
    "/metrics/{metric}": "metric",
    "/metrics/{metric}/download.{form}": "metric",
    "/embed/metrics/{metric}": "metric",
    "/embed/charts/{metric}": "metric",
    "/embed/datasets/{dataset}": "rows",
    "/places/{code}": "metric",
    "/my/data": "my_data",
    "/search": "metric",
    "/official/loads/{load}/corrections": "quarantine",
    "/official/": "metric",
    "/official/oversight": "metric",
    "/official/region/{code}": "metric",
    "/official/metrics/{metric}": "metric",
    "/official/metrics/{metric}/values.json": "metric",
    "/official/metrics/{metric}/download.{form}": "metric",
    "/official/datasets/{dataset}": "preview",
    "/official/datasets/{dataset}/download.{form}": None,
    "/official/datasets/{dataset}/explore": "rows",
    "/official/grounds/{number}": "rows",
    "/official/loads/{load}": "quarantine",
    "/official/loads/{load}/quarantined.{form}": "quarantine",
}
"""Path to the exit its entries name; None where the form names it."""
SAMPLED = {"/datasets/ga_residents", "/official/datasets/rs_social_insurance"}
"""Examples of paths in YIELDS whose page shows a sample made from the contract: no value leaves."""
NOTHING = {
    "/api/v1/subscriptions": "what one subscribed to",
    "/api/v1/subscriptions/{subscription}": "what one subscribed to",
    "/api/v1/subscriptions/{subscription}/state": "changes a subscription",
    "/feeds/{token}.atom": "notices, each a read of its own: test_subscription_feed.py",
    "/my/subscriptions": "what one subscribed to, without what it came to",
    "/my/subscriptions/channels": "one's own mailboxes",
    "/my/subscriptions/new": "a form",
    "/my/subscriptions/{name}": "notices, each a read of its own: test_subscription.py",
    "/subscriptions/end/{token}": "ends a subscription",
    "/official/subscriptions": "what one subscribed to, without what it came to",
    "/official/subscriptions/new": "a form",
    "/official/subscriptions/{name}": "notices, each a read of its own: test_subscription.py",
    "/api/openapi.json": "a description",
    "/api/docs": "a description",
    "/health": "says that the process lives",
    "/api/v1/ingest/{dataset}": "takes records in",
    "/api/v1/ingest/{dataset}/{key}": "a receipt of counts",
    "/api/v1/datasets": "the catalogue",
    "/api/v1/catalogue-report": "the catalogue; each report is a look: test_reports.py",
    "/api/v1/datasets/{dataset}": "the catalogue",
    "/api/v1/datasets/{dataset}/contract": "the catalogue",
    "/api/v1/datasets/{dataset}/quality": "shares of checks, no value of a row",
    "/official/scorecards": "the same",
    "/official/scorecards/{uscc}": "the same",
    "/official/scorecards/{uscc}/datasets.csv": "the same",
    "/api/v1/datasets/{dataset}/voices": "what its authors published",
    "/datasets/{dataset}/voices": "what its authors published",
    "/api/v1/datasets/{dataset}/versions": "the catalogue",
    "/api/v1/lineage": "names of datasets and fields",
    "/official/lineage": "names of datasets and fields",
    "/api/v1/lineage/impact": "names of datasets and fields",
    "/api/v1/datasets/{dataset}/versions/{snapshot}": "the catalogue",
    "/datasets/{entry}/citation.{form}": "the catalogue",
    "/datasets/{dataset}/versions": "the catalogue; differences it counts: test_versions.py",
    "/official/datasets/{dataset}/versions": "the same",
    "/sitemap.xml": "addresses of pages",
    "/sitemap-{number}.xml": "addresses of pages",
    "/opensearch.xml": "the address of the search",
    "/catalog.atom": "the catalogue",
    "/catalog": "the catalogue",
    "/catalog.{extension}": "the catalogue",
    "/datasets/{entry}/entry.{extension}": "the catalogue",
    "/datasets/{entry}/croissant.json": "the catalogue",
    "/datasets/{entry}/datapackage.json": "the catalogue",
    "/datasets/{entry}/odcs.{form}": "the catalogue",
    "/datasets/{entry}/dcat-us.json": "the catalogue",
    "/dcat-us.json": "the catalogue",
    "/id/dataset/{entry}": "a way on",
    "/api/3": "a number of a version",
    "/api/3/action/{action}": "the catalogue",
    "/api/action/{action}": "the catalogue",
    "/api/3/action/datastore_info": "names of columns",
    "/api/action/datastore_info": "names of columns",
    "/api/3/action/datastore_search_sql": "not there yet",
    "/api/action/datastore_search_sql": "not there yet",
    "/api/v1/brain/metrics": "what metrics there are",
    "/api/v1/brain/metrics/{metric}": "what a metric means",
    "/api/v1/cases": "where cases stand",
    "/api/v1/cases/{number}": "what was given in a case, logged as such: test_cases.py",
    "/api/v1/cases/{number}/events": "takes a step of a case",
    "/api/v1/cases/{number}/files": "takes a file",
    "/api/v1/cases/{number}/files/{attachment}": "a file: test_cases.py",
    "/api/v1/services": "guides of services",
    "/api/v1/services/{service}": "a guide of a service",
    "/api/v1/services/{service}/slots": "free places at a counter",
    "/api/v1/me": "the caller's own account",
    "/api/v1/me/uses": "the log itself",
    "/api/v1/me/uses/{entry}/proof": "the log itself",
    "/api/v1/audit/entries/{entry}/proof": "the log itself",
    "/api/v1/audit/head": "the log itself",
    "/api/v1/matters": "where matters stand",
    "/api/v1/matters/metrics": "numbers of matters and reads by department",
    "/api/v1/matters/{matter}": "what offices wrote to each other",
    "/my/matters": "where one's own matters stand",
    "/my/matters/{matter}": "what one wrote to an office, and its answer",
    "/services/{item}/apply": "a form",
    "/my/cases/{matter}": "what one wrote, and one's own read of the draft: test_case.py",
    "/my/cases/{matter}/form": "a form, filled in with the read of the draft: test_case_form.py",
    "/my/cases/{matter}/papers": "a form",
    "/my/cases/{matter}/papers/{paper}": "takes a file",
    "/official/desk": "where cases stand",
    "/official/desk/next": "a way on",
    "/official/cases/{matter}": "what was read under the case, by the same person: test_case.py",
    "/official/cases/{matter}/notice": "what was written in a case, for whoever has it",
    "/official/cases/{matter}/check": "reads under a case, if there is one: test_case.py",
    "/my/matters/{matter}/attachments": "takes a file",
    "/my/matters/{matter}/rating": "takes a rating",
    "/my/mandates": "names of those who act for each other, and a form",
    "/my/appointments": "when one has an appointment oneself",
    "/my/appointments/{booking}/cancel": "gives a place back",
    "/my/appointments/new/{counter}": "a form",
    "/official/mandates/new": "a form",
    "/official/appointments": "numbers and times, and nobody's name",
    "/official/appointments/{booking}": "marks who came",
    "/api/v1/matters/{matter}/attachments": "names of files, as on the page of the matter",
    "/api/v1/matters/{matter}/attachments/{attachment}": "a file: test_attachments.py",
    "/my/matters/{matter}/attachments/{attachment}": "a file: test_attachments.py",
    "/official/matters/{matter}/attachments": "takes a file",
    "/official/matters/{matter}/attachments/{attachment}": "a file: test_attachments.py",
    "/my/matters/new/{kind}": "a form",
    "/official/matters/new/{kind}": "a form",
    "/api/v1/datasets/{dataset}/requests": "takes a request",
    "/api/v1/datasets/{dataset}/corrections": "takes a report",
    "/api/v1/matters/{matter}/events": "takes a step of a matter",
    "/api/v1/verifications": "answers a JSON body alone: test_verifications.py",
    "/api/v1/verifications/list": "answers a JSON body alone: test_verifications.py",
    "/search/suggest": "the catalogue",
    "/official/catalogue": "the catalogue",
    "/api/v1/grounds": "numbers of grounds and of their subjects",
    "/official/grounds": "numbers of grounds",
    "/official/grounds/new": "a form",
    "/official/matters": "where matters stand",
    "/official/matters/{matter}": "what offices wrote to each other",
    "/official/notices": "that something happened in a matter",
    "/api/v1/backflow": "names of datasets and when they came",
    "/official/backflow": "names of datasets and when they came",
    "/official/repeats": "names of fields of contracts, and bands of what was compared before",
    "/official/repeats.csv": "the same as a file",
    "/api/v1/repeats": "the same",
    "/api/v1/uncatalogued": "names of systems, tables and files, and no row of any",
    "/official/uncatalogued": "names of systems, tables and files, and no row of any",
    "/official/uncatalogued.csv": "the same lists",
    "/official/datasets/{dataset}/registration": "the catalogue, for its own stewards",
    "/official/datasets/{dataset}/registration.xlsx": "the same",
    "/official/catalogue-report": "numbers of entries",
    "/official/catalogue-report/report.jsonl": "the catalogue; each report is a look",
    "/official/harvest": "which catalogues are harvested, and names of entries",
    "/official/harvest/entries/{entry}": "takes an edit, which is in the log by itself",
    "/official/exchanges": "where datasets are sent, and numbers of rows that were",
    "/official/exchanges/{number}": "takes a password",
    "/official/duties": "periods, and numbers of matters",
    "/official/kinds/{kind}": "definitions",
    "/official/matters/{matter}/dispute": "a form",
    "/official/matters/{matter}/agreement": "what offices agreed on",
    "/official/datasets/{dataset}/request": "a form",
    "/official/datasets/{dataset}/correction": "a form; which record, the reader was shown",
    "/my/data/{dataset}/correction": "a form; which record, the reader was shown",
    "/official/metrics": "definitions",
    "/metrics": "definitions",
    "/places": "names of places",
    "/publishers": "the catalogue",
    "/publishers/{publisher:path}": "the catalogue",
    "/topics": "the catalogue",
    "/topics/{topic}": "the catalogue",
    "/datasets/{dataset}/fields/{field}": "the catalogue; counts as on the dataset's page",
    "/official/datasets/{dataset}/fields/{field}": "the same",
    "/api/v1/standards/codes": "definitions",
    "/api/v1/standards/codes/{code_list}": "definitions",
    "/api/v1/standards/elements": "definitions",
    "/api/v1/standards/elements/{element}": "definitions",
    "/standards": "definitions",
    "/standards/codes/{code_list}": "definitions, and counts of the public pages of datasets",
    "/standards/codes/{code_list}.{extension}": "definitions",
    "/standards/elements/{element}": "definitions, and counts of the public pages of datasets",
    "/services": "guides of services",
    "/services/{item}": "a guide of a service",
    "/mandate": "a choice",
    "/proving": "a page of words",
    "/developers": "names of open datasets, and words",
    "/verify": "the same by number and issuer: test_check_licence.py",
    "/verify/{token}": "public facts of a licence, the holder masked; by a code: test_verify.py",
    "/my/licences": "one's own licences, in the log as `credential`: test_licences.py",
    "/my/licences/{licence}": "one's own licence, in the log as `credential`: test_licence.py",
    "/my/licences/{licence}/file": "the same: test_licence.py",
    "/api/v1/credentials/status/{list_number}": "bits of no name",
    "/api/v1/credentials/{token}": "public facts of a licence, the holder masked",
    "/help": "a page of words",
    "/contact": "a page of words",
    "/about": "a page of words",
    "/privacy": "a page of words",
    "/accessibility": "a page of words",
    "/sitemap": "a page of words",
    "/official/help": "a page of words",
    "/official/contact": "a page of words",
    "/official/about": "a page of words",
    "/official/privacy": "a page of words",
    "/official/accessibility": "a page of words",
    "/official/sitemap": "a page of words",
    "/favicon.ico": "a drawing",
    "/feedback": "a counter",
    "/official/feedback": "counters of no person",
    "/official/drafts": "drafts of descriptions, by the department that wrote them",
    "/official/audit": "the log itself",
    "/official/audit/entries.csv": "the log itself",
    "/official/audit/entries/{entry}/proof": "the log itself",
    "/official/audit/verify": "the log itself",
    "/official/audit/head.jsonl": "the log itself",
    "/official/audit/readers": "the log itself",
    "/robots.txt": "rules for search engines",
    "/my/uses": "the log itself",
    "/my/uses/{entry}/proof": "the log itself",
    "/preferences": "a choice",
    "/official/positions": "the caller's own positions",
    "/signin": "sign-in",
    "/official/signin": "sign-in",
    "/callback": "sign-in",
    "/official/callback": "sign-in",
    "/signout": "sign-out",
    "/official/signout": "sign-out",
    "/oidc/backchannel": "sign-out",
}


def test_every_route_is_in_one_of_the_lists() -> None:
    paths = {row["path"] for row in CALLED}
    assert not YIELDS.keys() & NOTHING.keys()
    assert YIELDS.keys() | NOTHING.keys() == paths
    left_out = {row["path"] for row in ROWS} - paths
    assert all(p.startswith("/realms/xihu/") or p == "/static" for p in left_out)


def ask(province: Province, row: dict[str, str], load: str) -> tuple[int, bytes, list[AuditEntry]]:
    """The answer as the right caller gets it, and the entries that it left."""
    snapshot = province.services.catalogue.get_entry("fg_penalties").heartbeat.snapshot_id
    address = row["example"].replace("{load}", load).replace("{snapshot}", str(snapshot))
    with transaction(province.services.node.database) as session:
        before = log_size(session)
    answer = send(province, Call(row["method"], address, row["form"], row["right"]), "right")
    # An outcome is handed in behind the answer: what is recorded now comes after it.
    province.services.log.record(LogEntry("outcome", "0" * 32, "-", None, {}))
    with transaction(province.services.node.database) as session:
        query = select(AuditEntry).where(AuditEntry.seq >= before).order_by(AuditEntry.seq)
        return answer.status_code, answer.content, list(session.scalars(query))


@pytest.fixture(scope="module")
def load(province: Province) -> str:
    catalogue = province.services.catalogue
    return catalogue.loads(catalogue.contracts.get("rs_social_insurance"))[0].load_id


def shows(row: dict[str, str]) -> bool:
    """A form that was refused comes back with the page it stands on."""
    return row["right_status"] == "200" or (row["method"], row["right_status"]) == ("POST", "422")


VALUES = [
    row for row in CALLED if row["path"] in YIELDS and row["example"] not in SAMPLED and shows(row)
]


@pytest.mark.parametrize("row", VALUES, ids=lambda row: row["example"])
def test_an_answer_with_values_is_in_the_log(
    province: Province, load: str, row: dict[str, str]
) -> None:
    status, _, entries = ask(province, row, load)
    assert status == int(row["right_status"])
    reads = [entry for entry in entries if entry.kind in READS]
    assert reads, "no entry"
    wanted = YIELDS[row["path"]] or row["example"].partition("download.")[2].partition("?")[0]
    assert wanted in {orjson.loads(entry.body)["exit"] for entry in reads}


@pytest.mark.parametrize("address", sorted(SAMPLED))
def test_a_sample_writes_nothing_into_the_log_of_the_dataset(
    province: Province, load: str, address: str
) -> None:
    row = next(r for r in CALLED if r["example"] == address)
    status, _, entries = ask(province, row, load)
    assert status == 200
    assert [e for e in entries if e.kind in READS and e.dataset == address.split("/")[-1]] == []


@pytest.mark.parametrize(
    "row", [row for row in CALLED if row["path"] in NOTHING], ids=lambda row: row["example"]
)
def test_an_answer_without_values_is_no_read(
    province: Province, load: str, row: dict[str, str]
) -> None:
    if "{entry}" in row["example"]:
        return  # asked with an entry in the table of routes
    _, _, entries = ask(province, row, load)
    assert [entry.kind for entry in entries if entry.kind in READS] == []


def test_quarantine_leaves_with_the_persons_it_is_about(province: Province, load: str) -> None:
    """The persons are told here from the file alone, by the sender of the file."""
    row = next(r for r in CALLED if r["example"].endswith("quarantined.csv"))
    status, content, entries = ask(province, row, load)
    assert status == 200
    lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    contract = province.services.catalogue.contracts.get("rs_social_insurance")
    (column,) = (f.source_column for f in contract.fields if f.subject_key)
    numbers = {canonical(line[column].removeprefix("'")) for line in lines if line[column].strip()}
    keyring = province.services.node.keyring
    expected = {keyring.pseudonym(kind_of(number), number) for number in numbers}
    assert len(expected) > 20
    intent, outcome = (e for e in entries if e.kind in {"intent", "outcome"} and e.dataset != "-")
    with transaction(province.services.node.database) as session:
        listed = select(AuditSubject.subject).where(AuditSubject.seq == intent.seq)
        assert set(session.scalars(listed)) == expected
    said = orjson.loads(outcome.body)
    assert (said["rows"], said["finished"]) == (len(lines), True)


def test_a_load_page_lists_the_persons_it_shows(province: Province, load: str) -> None:
    row = next(r for r in CALLED if r["path"] == "/official/loads/{load}")
    _, _, entries = ask(province, row, load)
    (read,) = (e for e in entries if e.kind == "read" and e.dataset == "rs_social_insurance")
    body = orjson.loads(read.body)
    assert body["exit"] == "quarantine"
    assert 0 < body["subjects"] <= body["rows"]


@pytest.mark.parametrize(("taken", "finished"), [(2, False), (None, True)])
def test_the_outcome_says_how_much_left_and_whether_it_was_all(
    province: Province, taken: int | None, finished: bool
) -> None:
    gateway = province.services.gateway
    stream = gateway.open_stream(
        province.anonymous, "sg_permits", Purpose("open"), RowQuery(), exit_name="arrow"
    )
    rows = 0
    for batch in islice(stream.batches, taken):
        rows += batch.num_rows
    stream.batches.close()  # type: ignore[attr-defined]  # a generator
    seq = stream.citation.audit_entry
    with transaction(province.services.node.database) as session:
        intent = session.get_one(AuditEntry, seq)
        mine = select(AuditEntry).where(AuditEntry.read_id == intent.read_id)
    gateway.log.record(
        LogEntry("outcome", "0" * 32, "sg_permits", None, {})
    )  # behind the one awaited
    with transaction(province.services.node.database) as session:
        outcome = session.scalars(mine.where(AuditEntry.kind == "outcome")).one()
    body = orjson.loads(outcome.body)
    assert body["finished"] is finished
    assert body["rows"] <= rows
    assert finished == (body["rows"] == stream.citation.rows)
