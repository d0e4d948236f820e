"""Why an office may not do something besides reading datasets, each with its article."""

from xihu_platform.access.articles import ORDER_13, ORDER_16, ORDER_19, ORDER_20, ORDER_25
from xihu_platform.access.reasons import made_reason

CATALOGUE_AUTHORITY = made_reason(
    "catalogue_authority",
    "其他目录来的条目由政务数据共享主管部门修改。",
    "Entries of other catalogues are edited by the data authority.",
    ORDER_16,
    "请把需要修改的内容告诉主管部门。",
    "Say to the data authority what should be changed.",
)
REPEATS_AUTHORITY = made_reason(
    "repeats_authority",
    "重复采集的线索供政务数据共享主管部门及其首席数据官研判。",
    "Evidence of repeated collection is for the data authority and its chief data officer.",
    ORDER_19,
    "本部门不清楚由谁提供数据的，请发起供需对接。",
    "Where your department does not know who provides data, open a data need.",
)
EXCHANGE_RECEIVER = made_reason(
    "exchange_receiver",
    "接收数据库的口令由需求部门的经办人或者数据管理员提交。",
    "The password of a receiving database is given by a handler or steward of the requester.",
    ORDER_25,
    "请由该部门的经办人或者数据管理员办理。",
    "Let a handler or data steward of that department do it.",
)
SCORECARD_OF_OTHERS = made_reason(
    "scorecard_of_others",
    "部门数据质量只供本部门，以及本地区的数据主管部门和首席数据官查看。",
    "A scorecard is for its department, and its region's data authority and data officer.",
    ORDER_20,
    "请以该部门的岗位，或以数据主管部门、首席数据官的岗位进入。",
    "Act in a position of the department, of the data authority, or as chief data officer.",
)
REPORT_READERS = made_reason(
    "report_readers",
    "目录报告由政务数据共享主管部门、首席数据官和上级平台的系统账号取用。",
    "Catalogue reports are for the data authority, chief data officers, and the systems of the "
    "superior node.",
    ORDER_13,
    "目录本身向所有人公开，可在目录页查看，也可以通过 DCAT 接口读取。",
    "The catalogue itself is public: its pages and its DCAT documents are for all.",
)
LINEAGE_REPORTERS = made_reason(
    "lineage_reporters",
    "平台外的数据血缘由部门系统或者数据管理员上报。",
    "Lineage outside of the platform is reported by a department's system or data steward.",
    ORDER_20,
    "请以部门系统的账号，或以数据管理员的岗位上报。",
    "Report it as a department's system, or act in the position of a data steward.",
)
