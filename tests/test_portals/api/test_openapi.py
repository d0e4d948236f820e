"""The API's documentation: both languages, schemas that real answers meet, examples that run."""

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.province import Province
from xihu_portals.api.openapi import EXAMPLES

pytestmark = pytest.mark.anyio
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ANSWERED = {
    "/api/v1/datasets?q=企业": "/api/v1/datasets",
    "/api/v1/datasets/jy_schools": "/api/v1/datasets/{dataset}",
    "/api/v1/datasets/hb_air_quality_hourly/rows?limit=3": "/api/v1/datasets/{dataset}/rows",
    "/api/v1/brain/metrics": "/api/v1/brain/metrics",
    "/api/v1/brain/metrics/pm25_mean": "/api/v1/brain/metrics/{metric}",
    "/api/v1/brain/metrics/pm25_mean/query?latest=2": "/api/v1/brain/metrics/{metric}/query",
}


async def get(province: Province, path: str) -> Any:
    # Any: a JSON document.
    async with province.client(accept_language="zh") as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    return answer.json()


async def test_every_operation_and_parameter_is_described_in_both_languages(
    province: Province,
) -> None:
    chinese = await get(province, "/api/openapi.json?lang=zh")
    english = await get(province, "/api/openapi.json?lang=en")
    assert chinese["paths"].keys() == english["paths"].keys()
    for path, operations in chinese["paths"].items():
        for method, operation in operations.items():
            other = english["paths"][path][method]
            assert CHINESE.search(operation["summary"])
            assert other["summary"] and not CHINESE.search(other["summary"])
            for mine, theirs in zip(operation["parameters"], other["parameters"], strict=True):
                assert CHINESE.search(mine["description"]) or mine["name"] == "authorization"
                assert theirs["description"] and not CHINESE.search(theirs["description"])


@pytest.mark.parametrize(("address", "path"), ANSWERED.items())
async def test_a_real_answer_meets_the_schema_that_is_documented(
    province: Province, address: str, path: str
) -> None:
    described = await get(province, "/api/openapi.json?lang=en")
    content = described["paths"][path]["get"]["responses"]["200"]["content"]
    schema = {**content["application/json"]["schema"], "components": described["components"]}
    Draft202012Validator(schema).validate(await get(province, address))
    with pytest.raises(Exception, match="required property"):
        Draft202012Validator(schema).validate({})


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.title.en)
async def test_each_worked_example_stands_on_the_page_and_answers(
    province: Province, example: Any
) -> None:
    assert example.path.isascii()  # curl sends other characters as they are, which is no HTTP
    answer = await get(province, example.path)
    assert answer.get("datasets") or answer.get("rows") or answer.get("points")
    async with province.client(accept_language="zh") as client:
        page = (await client.get("/api/docs")).text
    assert example.title.zh in page
    assert example.path.replace("&", "&amp;") in page
