"""What offices attach: the side that asks and the one whose turn it is, until it is closed."""

import random

from tests.asking import acted_province
from tests.province import Province
from tests.test_platform.files.made import CATALOG, jpeg, pdf
from tests.test_portals.attaching import attach, files_of
from tests.test_portals.official.test_request import do, get, words, written

__all__ = ["acted_province"]  # a fixture
FILE = ("依据.pdf", pdf())
AID = "mz_aid_recipients"


def test_a_draft_s_file_is_its_office_s_alone_and_goes_to_the_provider_with_the_request(
    province: Province,
) -> None:
    path = written(province, "rs_social_insurance").headers["location"].partition("?")[0]
    added = attach(province, "chen", path, FILE)
    assert added.status_code == 303
    shown = words(get(province, "chen", added.headers["location"].partition("#")[0]))
    assert "已添加：依据.pdf" in shown.replace(" ", "")
    (address,) = files_of(get(province, "chen", path))
    assert address.startswith("/official/matters/")
    assert get(province, "sun", address).status_code == 404  # nobody knows of it yet
    assert attach(province, "sun", path, FILE, position="sun-rs").status_code == 404
    assert do(province, "chen", path, "submit").status_code == 303
    assert get(province, "ding", address).content == FILE[1]  # who approves it
    assert get(province, "sun", address).status_code == 404
    assert do(province, "ding", path, "approve_inside").status_code == 303
    assert get(province, "sun", address).content == FILE[1]
    assert attach(province, "sun", path, ("复核.jpg", jpeg())).status_code == 303
    assert len(files_of(get(province, "chen", path))) == 2
    assert "数据提供部门" in words(get(province, "chen", path))


def test_after_its_end_nothing_is_added_and_what_is_there_stays(province: Province) -> None:
    path = written(province, AID).headers["location"].partition("?")[0]
    assert attach(province, "chen", path, FILE).status_code == 303
    assert do(province, "chen", path, "withdraw_draft").status_code == 303
    page = get(province, "chen", path)
    assert len(files_of(page)) == 1 and 'type="file"' not in page.text
    late = attach(province, "chen", path, FILE, position="chen-xihu")
    assert late.status_code == 403 and "办结后不再添加" in words(late)
    assert len(files_of(get(province, "chen", path))) == 1


def test_a_file_of_almost_five_megabytes_is_taken(province: Province) -> None:
    path = written(province, AID).headers["location"].partition("?")[0]
    noise = random.Random(20261129).randbytes((5 << 20) - 2000)
    drawn = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(noise), noise)
    large = pdf(CATALOG, drawn)
    assert attach(province, "chen", path, ("大.pdf", large)).status_code == 303
    page = get(province, "chen", path)
    assert "5.0 MB" in words(page)
    assert get(province, "chen", files_of(page)[0]).content == large


def test_another_file_s_number_opens_nothing(province: Province) -> None:
    path = written(province, "yb_hospital_visits").headers["location"].partition("?")[0]
    other = written(province, "jy_pupils").headers["location"].partition("?")[0]
    assert attach(province, "chen", path, FILE).status_code == 303
    (address,) = files_of(get(province, "chen", path))
    number = address.rpartition("/")[2]
    assert get(province, "chen", f"{other}/attachments/{number}").status_code == 404
    for wrong in ("0", "-1", "x", "99999999999999999999"):
        answer = get(province, "chen", f"{path}/attachments/{wrong}")
        assert answer.status_code in {404, 422} and "Traceback" not in answer.text
