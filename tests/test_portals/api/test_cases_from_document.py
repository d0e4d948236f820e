"""A department's system written from the OpenAPI document alone.

The client below knows the document and nothing else of the API: each address, each parameter, each
body and each answer is looked up in it by the name of the operation; what is sent and what comes
back has to meet its schemas.
"""

import asyncio
import re
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
import orjson
import pytest
from jsonschema import Draft202012Validator

from tests import casing
from tests.asking import acted_province
from tests.province import Province
from tests.test_platform.files.made import pdf

__all__ = ["acted_province"]  # a fixture
Said = dict[str, Any]  # Any: JSON
KEYS = count()


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    said: Said


class DocumentClient:
    """Asks by the names of operations, as a generated client does."""

    def __init__(self, province: Province, token: str) -> None:
        self._province, self._token = province, token
        self.document: Said = orjson.loads(self._send("GET", "/api/openapi.json?lang=en").content)
        self.operations = {
            re.sub(r"_api_v1_.*$", "", one["operationId"]): Operation(method, path, one)
            for path, methods in self.document["paths"].items()
            for method, one in methods.items()
        }

    def ask(self, name: str, body: Said | bytes | None = None, /, **given: Any) -> tuple[int, Any]:
        """The status and the answer, both as the document has them."""
        operation = self.operations[name]
        path, query, headers = operation.path, dict[str, str](), dict[str, str]()
        for one in operation.said["parameters"]:
            value = given.pop(one["name"].replace("-", "_"), None)
            if value is None:
                assert not one.get("required"), f"{name} needs {one['name']}"
                continue
            self.check(one["schema"], value)
            if one["in"] == "path":
                path = path.replace(f"{{{one['name']}}}", str(value))
            else:
                (query if one["in"] == "query" else headers)[one["name"]] = str(value)
        assert not given, f"{name} has no {given}"
        if body is not None:
            kinds = operation.said["requestBody"]["content"]
            headers["Content-Type"] = (
                "application/json" if isinstance(body, dict) else "application/pdf"
            )
            schema = kinds[headers["Content-Type"]]["schema"]
            if isinstance(body, dict):
                self.check(schema, body)
        content = orjson.dumps(body) if isinstance(body, dict) else body
        got = self._send(operation.method, str(httpx.URL(path, params=query)), headers, content)
        return got.status_code, self._answer(operation, got)

    def example(self, name: str) -> Said:
        content = self.operations[name].said["requestBody"]["content"]["application/json"]
        found: Said = content["examples"]["demo"]["value"]
        return found

    def check(self, schema: Said, value: Any) -> None:
        whole = {**schema, "components": self.document["components"]}
        Draft202012Validator(whole).validate(value)

    def _answer(self, operation: Operation, got: httpx.Response) -> Any:
        described = operation.said["responses"][str(got.status_code)]
        kind = got.headers["content-type"].partition(";")[0]
        schema = described["content"][kind]["schema"]
        if kind != "application/json":
            return got.content
        self.check(schema, got.json())
        return got.json()

    def _send(
        self,
        method: str,
        address: str,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        async def once() -> httpx.Response:
            async with self._province.client(self._token) as client:
                return await client.request(
                    method.upper(), address, headers=headers, content=content
                )

        return asyncio.run(once())


@pytest.fixture(scope="module")
def client(province: Province) -> DocumentClient:
    return DocumentClient(province, province.system_token())


def key() -> str:
    return f"document-{next(KEYS):06d}"


def test_the_services_are_listed_and_each_has_its_guide(client: DocumentClient) -> None:
    status, found = client.ask("list_services", q="异地就医", limit=5, audience="person")
    assert status == 200
    status, guide = client.ask("get_service", service=found["services"][0]["id"])
    assert (status, guide["name"]["zh"]) == (200, "异地就医备案")


def test_a_case_is_found_read_and_brought_to_its_end(
    province: Province, client: DocumentClient
) -> None:
    made = f"BJ-{casing.handed_in(province, 'care_elsewhere'):06d}"
    status, round_ = client.ask("list_cases", state="received", limit=200)
    assert status == 200
    line = next(one for one in round_["cases"] if one["number"] == made)
    status, case = client.ask("get_case", number=line["number"])
    assert (status, case["position"]) == (200, line["position"])
    status, added = client.ask("add_case_file", pdf(), number=made, name="notice.pdf")
    assert status == 201
    status, file = client.ask("get_case_file", number=made, attachment=added["id"])
    assert (status, file) == (200, pdf())
    example = client.example("report_step")
    step = example | {"position": case["position"], "version": case["version"]}
    sent = key()
    status, done = client.ask("report_step", step, number=made, Idempotency_Key=sent)
    assert (status, done["state"], done["replayed"]) == (200, "in_review", False)
    status, again = client.ask("report_step", step, number=made, Idempotency_Key=sent)
    assert (status, again) == (200, done | {"replayed": True})
    status, case = client.ask("get_case", number=made)
    (grant,) = (one for one in case["steps"] if one["name"] == "grant")
    assert grant["decision"] and not grant["needs"]
    people = {"chen-yb": "p-official-two", "shen-yb": "p-official-yb-second"}
    for event in ("grant", "deliver"):
        step = {
            "event": event,
            "position": case["position"],
            "version": case["version"],
            "decided_by": people[case["position"]] if event == "grant" else None,
        }
        status, done = client.ask("report_step", step, number=made, Idempotency_Key=key())
        assert status == 200, done
        case["version"] = done["version"]
    assert done["state"] == "delivered"
    status, later = client.ask("list_cases", since=round_["next_since"], limit=200)
    assert [o["state"] for o in later["cases"] if o["number"] == made] == ["delivered"]


def test_each_error_is_one_that_the_document_has(
    province: Province, client: DocumentClient
) -> None:
    made = f"BJ-{casing.handed_in(province, 'newborn_insurance'):06d}"
    _, case = client.ask("get_case", number=made)
    position, version = case["position"], case["version"]
    step = {"event": "accept", "position": position, "version": version}
    asked: list[tuple[int, str, Said]] = [
        (404, "get_case", {"number": "BJ-999999"}),
        (404, "get_service", {"service": "none"}),
        (404, "get_case_file", {"number": made, "attachment": 999999}),
        (422, "add_case_file", {"number": made, "name": "a.pdf", "body": b"no file"}),
        (422, "list_cases", {"cursor": "00"}),
    ]
    for body, status in (
        (step | {"version": version - 1}, 409),
        (step | {"event": "deliver"}, 409),
        (step | {"event": "withdraw"}, 403),
        (step | {"event": "reject"}, 422),
        (step | {"position": "sun-rs"}, 422),
    ):
        asked.append(
            (status, "report_step", {"number": made, "Idempotency_Key": key(), "body": body})
        )
    for status, name, given in asked:
        got, fault = client.ask(name, given.pop("body", None), **given)
        assert (got, bool(fault["detail"])) == (status, True), (name, fault)
    nobody = DocumentClient(province, "no.token.at-all")
    assert nobody.ask("list_cases")[0] == 401
    citizen = DocumentClient(province, province.token("wang"))
    assert citizen.ask("list_cases")[0] == 403
    assert citizen.ask("get_case", number=made)[0] == 403


def test_these_are_all_operations_of_services_and_cases(client: DocumentClient) -> None:
    tagged = {
        name
        for name, one in client.operations.items()
        if {"services", "cases"} & {*one.said["tags"]}
    }
    assert tagged == {
        *("list_services", "get_service", "list_slots", "list_cases", "get_case", "report_step"),
        *("get_case_file", "add_case_file"),
    }
