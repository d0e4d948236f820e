"""Words of appointments at counters."""

from xihu_platform.words import Text

APPOINTMENTS: dict[str, Text] = {
    "nav.my_appointments": Text("我的预约", "My appointments"),
    "nav.appointments": Text("今日预约", "Today's appointments"),
    "appointments.question": Text("我约在什么时候、去哪里？", "When am I expected, and where?"),
    "appointments.lead": Text(
        "预约不是必须的：工作日随时可以直接去窗口，也可以打电话。到窗口报预约号即可，不用报姓名。",
        "No appointment is needed: come to the counter on any working day, or ring. At the counter "
        "say the number of the appointment; no name is needed.",
    ),
    "appointments.ahead": Text("还没到的预约", "Ahead"),
    "appointments.past": Text("以往的预约", "Before"),
    "appointments.none": Text("没有还没到的预约。", "You have no appointment ahead."),
    "appointments.counters": Text("可以预约的窗口", "Counters that can be booked"),
    "appointments.no_counters": Text("现在没有可以预约的窗口。", "No counter can be booked now."),
    "appointments.ring": Text("电话", "Telephone"),
    "appointments.booked": Text(
        "已约好，预约号 {number}", "It is booked: the number of the appointment is {number}"
    ),
    "appointments.cancelled": Text(
        "{number} 已取消，名额已退回", "{number} was cancelled, and its place is given back"
    ),
    "appointments.cancel": Text("取消预约", "Cancel it"),
    "appointments.closed": Text(
        "这一天已改为休息日，请取消后改约", "That day is a day off now: cancel it, and book another"
    ),
    "appointments.when": Text("哪天、几点去？", "On which day, and at what time?"),
    "appointments.day": Text("选择日期", "Choose a day"),
    "appointments.time": Text("选择时间", "Choose a time"),
    "appointments.left": Text("余 {count} 个", "{count} place left|{count} places left"),
    "appointments.full": Text("已约满", "No place left"),
    "appointments.book": Text("预约", "Book it"),
    "appointments.all_full": Text(
        "这一天已经约满，请选择其他日期，或者直接去窗口。",
        "No place is left on that day: choose another, or come to the counter.",
    ),
    "appointments.today": Text("今天谁按预约来？", "Who comes by appointment today?"),
    "appointments.numbers": Text(
        "只有预约号和时间，没有姓名；来人报预约号。",
        "Numbers and times alone, no names: whoever comes says the number.",
    ),
    "appointments.came": Text("已到", "They came"),
    "appointments.missed": Text("未到", "They did not come"),
}
