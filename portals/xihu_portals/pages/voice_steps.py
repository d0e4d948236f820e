"""What happens to a comment on a dataset, or a reuse of it: said on the form that begins it."""

from xihu_catalog.voices.acts import DATA_COMMENT, DATA_REUSE
from xihu_platform.words import Text

_MODERATED = Text(
    "提供数据的部门审核之后，所有人都能看到；不予展示的，写明理由。批评意见照样展示",
    "The department that provides the data decides whether it is shown, and gives its reason where "
    "it is not; criticism is shown like praise",
)
_NAMED = Text(
    "页面上只显示您填写的署名，没有填写的显示“一位市民”或“一家企业”；"
    "您的姓名和证件号码不显示给任何单位",
    "The page shows the name that you choose, or “a resident”, “a firm”; your own name and number "
    "are shown to no office",
)
_ERASED = Text(
    "审核之前可以撤回，展示之后可以随时撤下；您写的内容随即删除，恢复不了",
    "You can withdraw it before, and take it down at any time after; what you wrote is then erased "
    "for good",
)
VOICE_STEPS: dict[str, tuple[Text, ...]] = {
    DATA_COMMENT: (
        _MODERATED,
        _NAMED,
        _ERASED,
        Text(
            "数据有错的，请到“我的数据”或者 12345 反映，那里有答复的期限",
            "What is wrong in the data is better reported under “My data” or to 12345, where an "
            "answer is due",
        ),
    ),
    DATA_REUSE: (_MODERATED, _NAMED, _ERASED),
}
