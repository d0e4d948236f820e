"""What applicants and handlers of a soak do, page by page, as their browsers would ask for it."""

import asyncio
import random
import re
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from urllib.parse import urlsplit

import httpx

from tests.benchmarks.case_accounts import ITEMS, Account
from tests.benchmarks.forms import PageForm, forms_of

APPLICANT_S, HANDLER_S = 15.0, 5.0
"""Mean time that an applicant, a handler looks at a page before the next one: exponential, so that
many come at once now and then."""
ASKED_FOR = 0.15
"""Of the cases that are new, those for which something is asked."""
ACTS = 8
"""Steps that a handler does in one case before going on to the next."""
WORDS = "示例（压力测试）"
STEPS = (
    *("take", "take_on", "grant_at_once", "accept", "do_account_check", "review"),
    *("grant", "deliver"),
)
"""In the order in which a handler does them, as far as the page offers them."""
RACES = frozenset({409})
"""A colleague was earlier: said on the page, and the handler takes the next case."""
Sent = Mapping[str, str | list[str]]


@dataclass
class Seen:
    """What a run has seen, of all people together."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Milliseconds, by page."""
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """Answers that nobody expected, in words."""
    races: int = 0
    begun: list[tuple[str, int]] = field(default_factory=list)
    """Applicant and number of the matter, as the page's address named it."""
    handed_in: list[tuple[str, int]] = field(default_factory=list)
    supplied: list[int] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    """Steps of handlers."""
    checked: list[tuple[str, int]] = field(default_factory=list)
    """Handler and matter, where registers were read."""


class Browser:
    """One person's browser: a cookie, one page at a time, time to read it."""

    def __init__(
        self, account: Account, http: httpx.AsyncClient, seen: Seen, until: float, think_s: float
    ) -> None:
        self.account = account
        self.dice = random.Random(account.username)
        self._http = http
        self._seen = seen
        self._until = until
        self._think_s = think_s

    @property
    def is_over(self) -> bool:
        return perf_counter() >= self._until

    async def think(self) -> None:
        wait = self.dice.expovariate(1 / self._think_s)
        await asyncio.sleep(min(wait, max(0.0, self._until - perf_counter())))

    async def get(self, path: str) -> httpx.Response:
        return await self._follow(await self._ask("GET", path, None))

    async def post(self, path: str, data: Sent) -> httpx.Response:
        """The page behind the form; the first answer's status where that is no way on."""
        return await self._follow(await self._ask("POST", path, data))

    async def _follow(self, answer: httpx.Response) -> httpx.Response:
        hops = 0
        while answer.status_code in {302, 303, 307} and hops < 5:
            way = urlsplit(answer.headers["location"])
            path = way.path + (f"?{way.query}" if way.query else "")
            answer, hops = await self._ask("GET", path, None), hops + 1
        return answer

    async def _ask(self, method: str, path: str, data: Sent | None) -> httpx.Response:
        begun = perf_counter()
        headers = {"cookie": self.account.cookie}
        answer = await self._http.request(method, path, data=data, headers=headers)
        self._seen.times[f"{method} {page_of(path)}"].append((perf_counter() - begun) * 1000)
        self._seen.statuses[answer.status_code] += 1
        if answer.status_code in RACES:
            self._seen.races += 1
        elif answer.status_code >= 400:
            said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))[-1500:]
            self._seen.wrong.append(f"{method} {path}: {answer.status_code} {said}")
        return answer


def page_of(path: str) -> str:
    """
    >>> page_of("/my/cases/17/form"), page_of("/services/elder_card/apply?later=1")
    ('/my/cases/{n}/form', '/services/{item}/apply')
    """
    plain = re.sub(r"/\d+", "/{n}", path.partition("?")[0])
    return re.sub(r"^/services/[a-z_]+", "/services/{item}", plain)


def _place(answer: httpx.Response) -> str:
    return answer.request.url.path


def _number(path: str) -> int:
    found = re.search(r"/(\d+)", path)
    return int(found[1]) if found else 0


def _form(answer: httpx.Response, action: str) -> PageForm | None:
    found = [one for one in forms_of(answer.text) if one.action == action]
    return found[0] if found else None


class Applicant:
    """Opens a guide, begins, fills in, hands in, looks at what became of it; and again."""

    def __init__(self, browser: Browser, seen: Seen) -> None:
        self._browser = browser
        self._seen = seen
        self._mine: list[int] = []

    async def live(self) -> None:
        while not self._browser.is_over:
            await self._apply(self._browser.dice.choice(ITEMS))
            await self._in_turn(self._look, self._supply)

    async def _in_turn(self, *steps: Callable[[], Awaitable[object]]) -> None:
        for step in steps:
            await self._browser.think()
            if self._browser.is_over:
                return
            await step()

    async def _apply(self, item: str) -> None:
        browser, address = self._browser, f"/services/{item}/apply"
        await browser.get(f"/services/{item}")
        await browser.think()
        if browser.is_over:
            return
        page = await browser.get(address)
        form = _form(page, address)
        assert form is not None, f"{address}: no form, {page.status_code}"
        await browser.think()
        if browser.is_over:
            return
        page = await browser.post(address, form.filled(WORDS))
        case = _number(_place(page))
        self._seen.begun.append((browser.account.subject, case))
        await self._write(page, case)

    async def _write(self, page: httpx.Response, case: int) -> None:
        """The form, the papers, and the button at the end, as far as there is time."""
        browser = self._browser
        for _ in range(6):
            form = _form(page, _place(page))
            if form is None:
                return
            await browser.think()
            if browser.is_over:
                return
            hands_in = _place(page) == f"/my/cases/{case}"
            page = await browser.post(form.action, form.filled(WORDS))
            if hands_in:
                if _place(page) == f"/my/matters/{case}":
                    self._seen.handed_in.append((browser.account.subject, case))
                    self._mine.append(case)
                return

    async def _look(self) -> None:
        await self._browser.get("/my/matters")

    async def _supply(self) -> None:
        """Opens an earlier application; hands in what the office has asked for."""
        browser = self._browser
        if not self._mine:
            return
        case = browser.dice.choice(self._mine)
        page = await browser.get(f"/my/cases/{case}")
        if _form(page, f"/my/cases/{case}") is None:
            return
        page = await browser.get(f"/my/cases/{case}/form")
        form = _form(page, f"/my/cases/{case}/form")
        if form is None:
            return
        form.given["f_mobile"] = f"154{browser.dice.randrange(10**8):08d}"
        page = await browser.post(form.action, form.filled(WORDS))
        for _ in range(2):
            form = _form(page, _place(page))
            if form is None:
                return
            supplies = _place(page) == f"/my/cases/{case}"
            page = await browser.post(form.action, form.filled(WORDS))
            if supplies and _place(page) == f"/my/matters/{case}":
                self._seen.supplied.append(case)
                return


class Handler:
    """Takes the next case of the desk, reads what registers have, and decides; and again."""

    def __init__(self, browser: Browser, seen: Seen) -> None:
        self._browser = browser
        self._seen = seen

    async def live(self) -> None:
        after = 0
        while not self._browser.is_over:
            await self._browser.think()
            if self._browser.dice.random() < 0.2:
                await self._browser.get("/official/desk")
            page = await self._browser.get(f"/official/desk/next?after={after}")
            after = _number(_place(page))
            if after:
                await self._handle(page, after)

    async def _handle(self, page: httpx.Response, case: int) -> None:
        compared = False
        for _ in range(ACTS):
            await self._browser.think()
            if self._browser.is_over:
                return
            forms = forms_of(page.text)
            check = [one for one in forms if one.action == f"/official/cases/{case}/check"]
            if check and not compared:
                compared = True
                page = await self._browser.post(check[0].action, check[0].filled(WORDS))
                if page.status_code == 200:
                    self._seen.checked.append((self._browser.account.username, case))
                continue
            chosen = self._choose(forms, f"/official/cases/{case}")
            if chosen is None:
                return
            page = await self._browser.post(chosen.action, chosen.filled(WORDS))
            if page.status_code in RACES:
                return
            self._seen.done[chosen.given["event"]] += 1

    def _choose(self, forms: list[PageForm], action: str) -> PageForm | None:
        there = {one.given["event"]: one for one in forms if one.action == action}
        asks = "accept" in there and self._browser.dice.random() < ASKED_FOR
        if asks and "ask_completion" in there and "take" not in there:
            return there["ask_completion"]
        return next((there[one] for one in STEPS if one in there), None)
