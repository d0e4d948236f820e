"""The OpenAPI document: both languages, a schema and an example for each answer, and real answers
that are what it says."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from tests.province import Province, make_province
from tests.recording.asked import API_CALLERS, DATASETS
from tests.test_portals.api.answers import (
    QUESTIONS,
    Question,
    answers,
    ask,
    cases,
    matters,
    pushes,
    reports,
    subscriptions,
)
from tests.test_portals.api.test_ingest import without_data
from xihu_catalog.registry.metrics import load_metrics
from xihu_platform.words import LANGUAGES
from xihu_portals.api.openapi import EXAMPLES, document
from xihu_portals.api.schemas.base import CHINESE

HAN = re.compile(r"[\u4e00-\u9fff]")
ROWS = "/api/v1/datasets/{}/rows"
FAULTS = (
    (Question("get_me", "/api/v1/me", "expired"), 401),
    (Question("get_rows", ROWS.format("ga_residents") + "?limit=1", "sun"), 403),
    (Question("get_rows", ROWS.format("no_such_dataset")), 404),
    (Question("get_rows", ROWS.format("fg_penalties") + "?limit=0"), 422),
)
"""Errors that a question brings about; the others take a fault or a flood."""


def described(province: Province, language: str) -> dict[str, Any]:  # Any: a JSON document
    question = Question("openapi", f"/api/openapi.json?lang={language}")
    found: dict[str, Any] = ask(province, question).json()
    return found


def operations(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in found["paths"].values():
        yield from methods.values()


def contents(found: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Operation, status, media type and what is said of it."""
    for operation in operations(found):
        for status, response in operation["responses"].items():
            for kind, content in response.get("content", {}).items():
                yield operation["operationId"], status, kind, content


def models(province: Province) -> dict[str, TypeAdapter[Any]]:
    """The declared model of each route's answer."""
    routes = [one for one in province.app.routes if isinstance(one, APIRoute)]
    return {one.name: TypeAdapter(one.response_model) for one in routes if one.include_in_schema}


def assert_modelled(model: TypeAdapter[Any], answer: Any) -> None:
    """Read by its model and written again an answer is the same: nothing is undeclared."""
    read = model.validate_json(json.dumps(answer), strict=True)
    assert json.loads(model.dump_json(read)) == answer


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_has_a_schema_and_an_example_that_meets_it(
    province: Province, language: str
) -> None:
    found = described(province, language)
    for operation, status, kind, content in contents(found):
        schema = {**content["schema"], "components": found["components"]}
        assert content["schema"], (operation, status)
        if schema.get("format") == "binary":
            continue
        value = content["examples"]["demo"]["value"]
        if kind == "application/json":
            Draft202012Validator(schema).validate(value)
            assert not Draft202012Validator(schema).is_valid({})


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_example_of_an_answer_is_what_its_model_says(
    province: Province, language: str
) -> None:
    routes = [one for one in province.app.routes if isinstance(one, APIRoute)]
    names = {one.unique_id: one.name for one in routes}
    declared = models(province)
    for operation, status, kind, content in contents(described(province, language)):
        if kind == "application/json" and status in {"200", "201", "202"}:
            assert_modelled(declared[names[operation]], content["examples"]["demo"]["value"])


def test_every_operation_names_each_of_its_errors(province: Province) -> None:
    for operation in operations(described(province, "en")):
        codes = set(operation["responses"])
        assert not codes & {"4XX", "default"}
        assert {"422", "500"} <= codes, operation["operationId"]
        assert ("401" in codes) == bool(operation.get("security")), operation["operationId"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("question", "status"), FAULTS, ids=["401", "403", "404", "422"])
def test_the_example_of_an_error_is_the_error_that_is_given(
    province: Province, question: Question, status: int, language: str
) -> None:
    if question.who == "expired":
        token = province.token("wang", exp=1)
        headers = {"Authorization": f"Bearer {token}"}
        question = Question(question.operation, question.address, headers=headers)
    answer = ask(province, question, language)
    assert answer.status_code == status
    found = described(province, language)
    (shown,) = {
        json.dumps(content["examples"]["demo"]["value"], ensure_ascii=False)
        for _, code, _, content in contents(found)
        if code == str(status)
    }
    assert json.loads(shown) == answer.json()


def test_a_document_is_in_one_language(province: Province) -> None:
    chinese, english = described(province, "zh"), described(province, "en")
    assert CHINESE not in json.dumps([chinese, english])
    schemas = english["components"]["schemas"]
    assert not HAN.search(json.dumps(schemas, ensure_ascii=False))
    for name, schema in chinese["components"]["schemas"].items():
        assert "description" not in schema, name
        for member, said in schema["properties"].items():
            words = said.get("description")
            assert words is None or HAN.search(words), (name, member)


def test_every_operation_and_parameter_is_described_in_both_languages(province: Province) -> None:
    chinese, english = described(province, "zh"), described(province, "en")
    assert chinese["paths"].keys() == english["paths"].keys()
    for mine, other in zip(operations(chinese), operations(english), strict=True):
        assert HAN.search(mine["summary"])
        assert other["summary"] and not HAN.search(other["summary"])
        for one, same in zip(mine["parameters"], other["parameters"], strict=True):
            assert HAN.search(one["description"]), one["name"]
            assert same["description"] and not HAN.search(same["description"])
        for code, response in mine["responses"].items():
            assert HAN.search(response["description"]), code
            assert not HAN.search(other["responses"][code]["description"]), code


def test_every_operation_is_asked_here(province: Province) -> None:
    writing = {"push", "get_push", "report_lineage"}
    of_matters = {"list_matters", "get_matter", "request_data", "act_in_matter", "report_record"}
    of_matters.add("open_matter")
    of_matters |= {"list_grounds", "open_ground", "list_backflow"}
    of_matters |= {"get_matter_metrics", "list_attachments", "add_attachment"}
    verified = {"verify_claim", "verify_list"}  # test_verifications.py
    files = {"get_attachment"}  # test_attachments.py
    files |= {"list_cases", "get_case", "report_step", "get_case_file", "add_case_file"}
    files |= {"list_subscriptions", "subscribe", "get_subscription"}  # test_subscriptions.py
    files |= {"set_subscription_state", "delete_subscription"}
    asked = {one.operation for one in QUESTIONS} | writing | of_matters | verified | files
    assert asked == set(models(province))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_is_what_its_model_says(province: Province, language: str) -> None:
    declared = models(province)
    for name, answer in answers(province, language):
        operation, status = name.split()
        assert answer.status_code == int(status), answer.text
        if answer.headers["content-type"] == "application/json":
            assert_modelled(declared[operation], answer.json())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_push_and_a_matter_are_answered_as_their_models_say(
    tmp_path_factory: pytest.TempPathFactory, language: str
) -> None:
    for province in without_data(tmp_path_factory.mktemp("pushed")):
        declared = models(province)
        for name, answer in (*pushes(province, language), *matters(province, language)):
            operation, status = name.split()
            assert answer.status_code == int(status), answer.text
            assert_modelled(declared[operation], answer.json())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_and_a_case_are_answered_as_their_models_say(
    tmp_path_factory: pytest.TempPathFactory, language: str
) -> None:
    for province in make_province(tmp_path_factory.mktemp("reported")):
        for name, answer in reports(province, language):
            assert answer.status_code == int(name.split()[1]), answer.text
            assert_modelled(models(province)["report_record"], answer.json())
        for name, answer in (*cases(province, language), *subscriptions(province, language)):
            operation, status = name.split()
            assert answer.status_code == int(status), answer.text
            assert_modelled(models(province)[operation], answer.json())


@pytest.mark.parametrize("who", API_CALLERS)
def test_each_dataset_and_its_rows_are_what_their_models_say(province: Province, who: str) -> None:
    declared = models(province)
    read = 0
    for name in DATASETS:
        entry = ask(province, Question("get_dataset", f"/api/v1/datasets/{name}", who))
        assert_modelled(declared["get_dataset"], entry.json())
        rows = ask(province, Question("get_rows", f"{ROWS.format(name)}?limit=3", who))
        read += rows.status_code == 200
        if rows.status_code == 200:
            assert_modelled(declared["get_rows"], rows.json())
    assert read > 10


def test_each_metric_and_its_values_are_what_their_models_say(province: Province) -> None:
    declared = models(province)
    for name in load_metrics():
        base = f"/api/v1/brain/metrics/{name}"
        assert_modelled(declared["get_metric"], ask(province, Question("", base)).json())
        compare = "?compare=true" if load_metrics()[name].grain else ""
        answer = ask(province, Question("", f"{base}/query{compare}", "sun"))
        assert answer.status_code == 200, answer.text
        assert_modelled(declared["query_metric"], answer.json())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.title.en)
def test_each_worked_example_is_on_the_page_and_answers(province: Province, example: Any) -> None:
    assert example.path.isascii()  # curl sends other characters as they are, which is no HTTP
    answer = ask(province, Question("", example.path)).json()
    assert answer.get("datasets") or answer.get("rows") or answer.get("points")
    page = ask(province, Question("", "/api/docs")).text
    assert example.title.zh in page
    assert example.path.replace("&", "&amp;") in page


def test_the_document_of_one_reader_leaves_that_of_the_next_alone(province: Province) -> None:
    first = json.dumps(document(province.app, "en"))
    document(province.app, "zh")
    assert json.dumps(document(province.app, "en")) == first


def test_a_method_that_an_address_does_not_take_is_told_which_it_takes(province: Province) -> None:
    answer = ask(province, Question("", "/api/v1/datasets", method="DELETE"))
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_an_answer_that_has_not_changed_is_304_as_the_document_says(province: Province) -> None:
    address = "/api/v1/brain/metrics/industrial_output/query?latest=1"
    mark = ask(province, Question("", address)).headers["etag"]
    again = ask(province, Question("", address, headers={"If-None-Match": mark}))
    assert (again.status_code, again.content) == (304, b"")
    path = described(province, "en")["paths"]["/api/v1/brain/metrics/{metric}/query"]["get"]
    assert "content" not in path["responses"]["304"]
    assert "If-None-Match" in {one["name"] for one in path["parameters"]}
