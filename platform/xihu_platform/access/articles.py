"""Articles that reasons of the access gateway rest on."""

from xihu_platform.words import Text

GRADING = Text("DB33/T 2351-2021", "DB33/T 2351-2021")
PIPL_6 = Text(
    "《个人信息保护法》第六条，DB33/T 2351-2021",
    "Personal Information Protection Law art. 6, DB33/T 2351-2021",
)
PIPL_45 = Text("《个人信息保护法》第四十五条", "Personal Information Protection Law art. 45")
ORDER_25 = Text("《政务数据共享条例》第二十五条", "Order 809 art. 25")
ORDER_13 = Text("《政务数据共享条例》第十三条", "Order 809 art. 13")
ORDER_19 = Text("《政务数据共享条例》第十九条", "Order 809 art. 19")
ORDER_20 = Text("《政务数据共享条例》第二十条", "Order 809 art. 20")
DATA_SECURITY_12 = Text(
    "《网络数据安全管理条例》第十二条", "Network Data Security Regulation art. 12"
)
ORDER_20_21 = Text("《政务数据共享条例》第二十条、第二十一条", "Order 809 art. 20-21")
PIPL_34 = Text("《个人信息保护法》第三十四条", "Personal Information Protection Law art. 34")
PIPL_28_34 = Text(
    "《个人信息保护法》第二十八条、第三十四条", "Personal Information Protection Law art. 28, 34"
)
ORDER_16 = Text("《政务数据共享条例》第十六条", "Order 809 art. 16")
ORDER_14 = Text("《政务数据共享条例》第十四条", "Order 809 art. 14")
