"""Words of the page for developers."""

from xihu_platform.words import Text

DEVELOPERS = {
    "developers.title": Text("开发者", "For developers"),
    "developers.heading": Text("怎样用程序读数据？", "How do I read data with a program?"),
    "developers.lead": Text(
        "开放数据不用登录、不用申请密钥；下面的例子复制就能用",
        "Open data needs no sign-in and no key; the examples work as they are copied",
    ),
    "developers.examples": Text("例子", "Examples"),
    "developers.dataset": Text("用哪个数据集举例", "Dataset of the examples"),
    "developers.show": Text("显示例子", "Show the examples"),
    "developers.not_run": Text(
        "（这个例子没有在本平台的测试中运行过）", "(No test of this platform runs this example.)"
    ),
    "developers.addresses": Text("给程序的地址", "Addresses for programs"),
    "developers.rules": Text("请注意", "What to know"),
    "developers.read": Text(
        "每次读取都会记入日志；没有登录的，不与任何人关联",
        "Every read is logged; without a sign-in it is tied to no person",
    ),
    "developers.limit": Text(
        "请求太多时回答 429，Retry-After 写明多少秒以后再来；下载整个数据集比逐页读取好",
        "Too many requests are answered with 429, and Retry-After says after how many seconds to "
        "come again; one download is better than many pages",
    ),
    "developers.version": Text(
        "写明 snapshot 就能一直读到同一个版本；ETag 可以用来判断有没有变化",
        "With snapshot you read the same version again; an ETag says whether anything has changed",
    ),
    "developers.sign_in": Text(
        "不开放的数据，由有权限的人登录后用自己的令牌读取，见接口文档",
        "Data that is not open is read with a token of somebody who may have it: see the API "
        "documentation",
    ),
    "developers.embed": Text(
        "开放数据的表格、指标和走势图可以嵌入别的网站：数据集和指标的页面上有代码，不用 Cookie",
        "Tables of open data, figures and their course can be shown on another site: the pages of "
        "datasets and figures have the code, without cookies",
    ),
}
