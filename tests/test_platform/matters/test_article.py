"""What an office may cite: the names of laws as they are, and no sentence or number of a person."""

import pytest

from xihu_platform.matters.command import ARTICLE


@pytest.mark.parametrize(
    "cited",
    [
        "《政务数据共享条例》第二十一条",
        "《浙江省保障“最多跑一次”改革规定》第十一条",
        "《浙江省实施〈老年人权益保障法〉办法》",
        "国办发〔2024〕54号",
    ],
)
def test_the_names_of_laws_are_taken_as_they_are_written(cited: str) -> None:
    assert ARTICLE.fullmatch(cited)


@pytest.mark.parametrize("cited", ["", "第三条！", "<b>第三条</b>", "第三条\n第四条", "条" * 81])
def test_what_is_no_name_of_a_law_is_not(cited: str) -> None:
    assert ARTICLE.fullmatch(cited) is None
