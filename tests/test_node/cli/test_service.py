"""`xihu service`: says what is wrong with an item, and shows how one will look."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.registry import REGISTRY
from xihu_node.cli.service import service
from xihu_platform.errors import NotFound
from xihu_platform.words import Language


def run(*words: str, language: Language = "en") -> Result:
    result = CliRunner().invoke(service, words, obj=language)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_demo_s_items_are_right() -> None:
    files = len([*REGISTRY.glob("services/*.yaml"), *REGISTRY.glob("bundles/*.yaml")])
    assert files > 28
    done = run("lint")
    assert (done.exit_code, done.output) == (0, f"items checked: {files}, errors: 0\n")


def test_a_file_is_checked_before_it_is_in_the_registry(tmp_path: Path) -> None:
    text = (REGISTRY / "services" / "shop_sign.yaml").read_text(encoding="utf-8")
    lines = text.splitlines()
    at = next(number for number, line in enumerate(lines) if "source: {dataset: sg_firms" in line)
    assert "id: business_licence" in lines[at - 3]
    new = [line for number, line in enumerate(lines) if number != at]
    path = tmp_path / "stall_sign.yaml"
    said = "\n".join(new).replace("id: shop_sign\n", "id: stall_sign\n", 1)
    path.write_text(said.replace("3301170010", "3301170090"), encoding="utf-8")
    done = run("lint", str(path))
    assert done.exit_code == 1
    first, last = done.output.splitlines()
    assert first.startswith(f"{path}:{at - 1}: 营业执照 can be had from the dataset sg_firms")
    assert "State Council Order 809 art. 19" in first
    assert last == "items checked: 1, errors: 1"
    assert "能够共享的不得重复收集" in run("lint", str(path), language="zh").output


def test_a_preview_has_the_guide_the_states_and_the_clocks() -> None:
    said = run("preview", "shop_sign").output
    for line in (
        "Permit for a shop sign",
        "  Design of the sign with its measures (the applicant)",
        "  by law 20 working days (Regulation on City Appearance and Sanitation art. 11)",
        "  promised 5 working days",
        "  Example Province Xihu District Urban Management Bureau",
        "  in_review  Under review (implementing office)",
        "    Accept → in_review  [stop CN-permits/permit_completion, "
        "start service-items/shop_sign_1]",
    ):
        assert line in said.splitlines()
    papers = said.split("Not asked for\n")[1].split("How long")[0]
    assert papers == "  Business licence (market regulation)\n"
    assert (
        "  法定 20 个工作日（《城市市容和环境卫生管理条例》第十一条）"
        in run("preview", "shop_sign", language="zh").output.splitlines()
    )


def test_an_item_that_is_not_there_is_told() -> None:
    with pytest.raises(NotFound, match="there is no item passport"):
        run("preview", "passport")
