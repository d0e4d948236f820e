"""What is wrong with a file as a whole."""

from xihu_platform.errors import BadInput


class SecrecyMark(BadInput):
    """The file is marked as a state or work secret (Order 809 art. 3): nothing of it is stored."""

    def __init__(self, file: str, place_zh: str, place_en: str) -> None:
        super().__init__(
            f"文件 {file} 带有密级标志（{place_zh}）。国家秘密和工作秘密不得进入平台"
            "（条例第三条）：未存储任何内容，请按保密规定处理，并撤回所交文件。",
            f"{file} carries a secrecy mark ({place_en}). State and work secrets never enter "
            "(Order 809 art. 3): nothing was stored; take the file back and handle it as the "
            "rules on secrecy ask.",
        )
