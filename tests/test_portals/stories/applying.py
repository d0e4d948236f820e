"""How a person applies for a service in the browser, and what an office does with the case."""

from playwright.sync_api import Page

from tests.test_portals.pages.live import Live


def begin(page: Page, live: Live, item: str, **answers: str) -> int:
    """The situation said on the first page, yes, no or unknown; the number of the application."""
    page.goto(f"{live.base}/services/{item}/apply")
    for question, answer in answers.items():
        page.locator(f"[name=q_{question}][value={answer}]").check()
    page.get_by_role("button", name="开始填写").click()
    page.wait_for_url("**/form")
    return int(page.url.split("/")[-2])


def write(page: Page, **values: str) -> None:
    """What registers have not filled in, on the page of the form."""
    for name, value in values.items():
        one = page.locator(f"[name=f_{name}]")
        if one.first.evaluate("one => one.tagName") == "SELECT":
            one.select_option(value)
        else:
            one.fill(value)
    page.get_by_role("button", name="保存，下一步").click()
    page.wait_for_load_state()
    assert not page.locator("[aria-invalid]").count(), page.locator("main").inner_text()[:600]


def bring(page: Page, *papers: str) -> None:
    """Say which papers come to the counter, all that are asked for if none is named."""
    chosen = page.locator("[name=at_counter]")
    for one in chosen.all():
        if not papers or one.get_attribute("value") in papers:
            one.check()
    page.get_by_role("button", name="下一步：检查并提交").click()
    page.wait_for_url(lambda url: not url.endswith("/papers"))


def hand_in(page: Page) -> str:
    """The number of the case, once it is handed in."""
    page.get_by_role("button", name="提交申请").click()
    page.wait_for_load_state()
    return page.locator(".page-head code").first.inner_text()


def decide(page: Page, live: Live, case: int, event: str, **said: str) -> str:
    """What an office does with a case on its page at the desk; the state that it then has."""
    page.goto(f"{live.base}/official/cases/{case}")
    form = page.locator(f"form:has(input[name=event][value={event}])")
    if not form.is_visible():
        page.locator(f"details:has(input[name=event][value={event}]) > summary").click()
    for name, value in said.items():
        one = form.locator(f"[name={name}]")
        if one.first.get_attribute("type") in {"checkbox", "radio"}:
            form.locator(f"[name={name}][value={value}]").check()
        else:
            one.fill(value)
    form.locator("button[type=submit]").click()
    page.wait_for_load_state()
    assert "done=" in page.url, page.locator("main").inner_text()[:600]
    return page.locator("h1 .tag").inner_text()


def acts(page: Page, live: Live, case: int) -> set[str]:
    """What an office can do with a case now."""
    page.goto(f"{live.base}/official/cases/{case}")
    found = page.locator("main input[name=event]").all()
    return {one.get_attribute("value") or "" for one in found}


def take(page: Page, live: Live, case: int) -> None:
    """Take a case over, where another position of the office has it."""
    page.goto(f"{live.base}/official/cases/{case}")
    if page.locator(".case-acts [data-key=t]").count():
        page.locator(".case-acts [data-key=t]").click()
        page.wait_for_url("**done=*")


def act_for(page: Page, name: str) -> None:
    """Choose for whom one acts, at the top of a page; an empty name for oneself."""
    chosen = page.locator("form.mandate")
    if name:
        chosen.locator("select").select_option(label=name)
    else:
        chosen.locator("select").select_option("")
    chosen.get_by_role("button").click()
    page.wait_for_load_state()
