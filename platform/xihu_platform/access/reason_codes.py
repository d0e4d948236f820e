"""Each code of a refusal in the log, and its reason."""

from xihu_platform.access import office_reasons, reasons
from xihu_platform.errors import Reason

BY_CODE = {
    reason.code: reason
    for module in (reasons, office_reasons)
    for reason in vars(module).values()
    if isinstance(reason, Reason)
}
"""Reasons that name a dataset's own rule are made where they are given and are not among these."""
