"""Why the report of the catalogue is refused to a caller."""

from xihu_platform.access.articles import ORDER_13
from xihu_platform.errors import Reason
from xihu_platform.words import Text

REPORT_READERS = Reason(
    "report_readers",
    Text(
        "目录报告由政务数据共享主管部门、首席数据官和上级平台的系统账号取用。",
        "Catalogue reports are for the data authority, chief data officers, and the systems of "
        "the superior node.",
    ),
    ORDER_13,
    Text(
        "目录本身向所有人公开，可在目录页查看，也可以通过 DCAT 接口读取。",
        "The catalogue itself is public: its pages and its DCAT documents are for all.",
    ),
)
