"""What has happened with an act of a matter, for lines of time, notices and banners: the name of an
act is what its button says ("Show it"), and reads as a command where it has been done."""

from xihu_platform.words import Text

HAPPENED: dict[str, Text] = {
    # comments and reuses
    "写评论": Text("已提交评论", "Comment submitted"),
    "登记再利用案例": Text("已提交再利用案例", "Reuse submitted"),
    "展示": Text("已展示", "Shown"),
    "不予展示": Text("决定不予展示", "Not shown"),
    "撤下": Text("已由部门撤下", "Taken down by the department"),
    "改为展示": Text("已改为展示", "Shown after all"),
    "撤回并删除": Text("作者已撤回并删除", "Withdrawn and erased by its author"),
    "撤下并删除": Text("作者已撤下并删除", "Taken down and erased by its author"),
    "删除我写的内容": Text("作者已删除所写的内容", "Text erased by its author"),
    # needs and openings
    "提出数据需求": Text("已提出数据需求", "Need submitted"),
    "目录中已有，指明数据集": Text("目录中已有，已指明数据集", "An entry that meets it was named"),
    "确定负责编目的部门": Text("已确定负责编目的部门", "The department that catalogues was named"),
    "不予编目": Text("决定不予编目", "Not to be catalogued"),
    "已编目，指明数据集": Text("已编目，已指明数据集", "Catalogued, and the entry was named"),
    "提出异议": Text("已提出异议", "The department objected"),
    "申请开放": Text("已申请开放", "Request to open it submitted"),
    "答复：已开放": Text("已答复：已开放", "Answered: it is open"),
    "答复：部分开放": Text("已答复：部分开放", "Answered: part of it is open"),
    "答复：不予开放": Text("已答复：不予开放", "Answered: it is not opened"),
    # requests and their use
    "填写申请": Text("已开始填写申请", "Draft begun"),
    "填写登记": Text("已开始填写登记", "Draft begun"),
    "修改": Text("草稿已修改", "Draft changed"),
    "提交本部门审核": Text("已提交本部门审核", "Handed in to the head of the sharing office"),
    "退回修改": Text("已退回修改", "Returned to be changed"),
    "审核同意，登记使用": Text("已审核同意，登记使用", "Approved, and the use is registered"),
    "审核同意并提交": Text("已审核同意并提交", "Approved and sent"),
    "同意": Text("已同意", "Agreed"),
    "同意共享": Text("已同意共享", "Sharing agreed"),
    "不同意共享": Text("决定不同意共享", "Sharing refused"),
    "不同意": Text("决定不同意", "Refused"),
    "提出审核意见": Text("已提出审核意见", "Opinion given"),
    "一次性告知补正": Text("已一次性告知补正", "What is missing was asked for"),
    "一次告知补正": Text("已一次告知补正", "What is missing was asked for"),
    "补正材料": Text("已补正材料", "What was missing was supplied"),
    "补正": Text("已补正", "What was missing was supplied"),
    "申请延长答复期限": Text("已申请延长答复期限", "More time to reply was asked for"),
    "同意延长并告知需求部门": Text(
        "已同意延长并告知需求部门", "More time was consented to, and the requester notified"
    ),
    "不同意延长": Text("决定不同意延长", "More time was refused"),
    "退回重新审核": Text("已退回重新审核", "Sent back for review"),
    "暂停共享": Text("已暂停共享", "Suspended"),
    "恢复共享": Text("已恢复共享", "Resumed"),
    "使用结束": Text("使用已结束", "Use ended: its purpose is reached"),
    "使用时限届满": Text("使用时限届满", "The last day of use has passed"),
    "协商并备案后终止": Text("已协商并备案后终止", "Ended after negotiation and filing"),
    "提交处置证明": Text("已提交处置证明", "Disposal certified"),
    "退回处置证明": Text("已退回处置证明", "Certificate returned"),
    "确认已处置": Text("已确认处置", "Disposal confirmed"),
    "申请批量交换": Text("已申请批量交换", "Batch exchange asked for"),
    "同意批量交换": Text("已同意批量交换", "Batch exchange agreed"),
    "停止交换": Text("已停止交换", "Exchange stopped"),
    "终止交换": Text("已终止交换", "Exchange ended"),
    "撤回": Text("已撤回", "Withdrawn"),
    "撤回申请": Text("已撤回申请", "Request withdrawn"),
    "撤回争议": Text("已撤回争议", "Dispute withdrawn"),
    # disputes
    "提出争议": Text("已提出争议", "Dispute raised"),
    "回应": Text("已回应", "Answered"),
    "协商一致，结束争议": Text("已协商一致，争议结束", "Settled"),
    "提请主管部门协调": Text("已提请主管部门协调", "Brought before the authority"),
    "提出协调意见": Text("已提出协调意见", "Decided by the authority"),
    "报本级人民政府决定": Text("已报本级人民政府决定", "Sent to the government"),
    "记录政府的决定": Text("已记录政府的决定", "The government's decision was recorded"),
    # entries of the catalogue
    "编制目录条目": Text("已编制目录条目", "Entry drawn up"),
    "评估安全保密和个人信息": Text(
        "已评估安全保密和个人信息", "Secrecy and personal information assessed"
    ),
    "退回重新评估": Text("已退回重新评估", "Returned to be assessed again"),
    "签署并报送审核": Text("已签署并报送审核", "Signed and sent to review"),
    "审核通过，发布": Text("审核通过，已发布", "Review passed: the entry is published"),
    "审核不通过，退回": Text("审核不通过，已退回", "Review not passed: returned"),
    "撤回修改，重新评估": Text("已撤回修改，重新评估", "Taken back to be assessed again"),
    "启动更新": Text("已启动更新", "Change begun"),
    "同意延长更新期限": Text("已同意延长更新期限", "More time for the change was consented to"),
    "评估更新的安全保密和个人信息": Text(
        "已评估更新的安全保密和个人信息", "Secrecy and personal information of the change assessed"
    ),
    "报送更新后的目录": Text("已报送更新后的目录", "Change handed in"),
    "放弃本次更新": Text("已放弃本次更新", "Change dropped"),
    "审核通过，发布更新": Text("审核通过，已发布更新", "Review passed: the change is published"),
    "更新审核不通过，退回": Text("更新审核不通过，已退回", "Review of the change not passed"),
    "撤回更新，继续修改": Text("已撤回更新，继续修改", "Change taken back"),
    "撤销目录条目": Text("已撤销目录条目", "Entry withdrawn"),
    # complaints, ratings, the hotline
    "提出投诉举报": Text("已提出投诉举报", "Complaint submitted"),
    "受理": Text("已受理", "Accepted"),
    "不予受理": Text("决定不予受理", "Not accepted"),
    "请补充说明": Text("已请补充说明", "More was asked for"),
    "补充说明": Text("已补充说明", "More was supplied"),
    "处理完毕并答复": Text("已处理完毕并答复", "Handled and answered"),
    "评价": Text("已评价", "Rated"),
    "整改完毕": Text("整改完毕", "Put right"),
    "评价不属实，申诉": Text("已对评价提出申诉", "Appealed against as false"),
    "申诉成立，不计入": Text("申诉成立，评价不计入", "Appeal upheld: the rating does not count"),
    "申诉不成立，继续整改": Text("申诉不成立，继续整改", "Appeal rejected: to be put right"),
    "回访：已解决": Text("已回访：已解决", "Called back: resolved"),
    "回访：未解决": Text("已回访：未解决", "Called back: not resolved"),
    "退回重新整改": Text("已退回重新整改", "To be put right again"),
    "不能解决，说明情况并办结": Text(
        "不能解决，已说明情况并办结", "It cannot be resolved: explained and closed"
    ),
    "向 12345 热线反映": Text("已向 12345 热线反映", "Submitted to the 12345 hotline"),
    "派单": Text("已派单", "Assigned"),
    "热线直接答复": Text("热线已直接答复", "Answered by the hotline"),
    "退单": Text("已退单", "Given back"),
    "指定承办": Text("已指定承办", "An office was designated to handle it"),
    "办理完毕并答复": Text("已办理完毕并答复", "Handled, and the caller was answered"),
    "回访：未解决，退回重新办理": Text(
        "已回访：未解决，退回重新办理", "Called back: not resolved, to be handled again"
    ),
    "再次办理完毕并答复": Text(
        "已再次办理完毕并答复", "Handled again, and the caller was answered"
    ),
    "回访：仍未解决，说明情况并办结": Text(
        "已回访：仍未解决，已说明情况并办结",
        "Called back: still not resolved, explained and closed",
    ),
    # corrections
    "提出校核": Text("已提出校核", "Report submitted"),
    "申请更正": Text("已申请更正", "Correction asked for"),
    "领取核实": Text("已领取核实", "Verification taken up"),
    "更正并反馈": Text("已更正并反馈", "Corrected and answered"),
    "更正并答复": Text("已更正并答复", "Corrected and answered"),
    "核实无误并反馈": Text("已核实无误并反馈", "Found right and answered"),
    "核实无误并答复": Text("已核实无误并答复", "Found right and answered"),
    "复核维持": Text("已复核维持", "Confirmed as right by another organisation"),
    "退回重新核实": Text("已退回重新核实", "Sent back to be verified again"),
    # grounds
    "开立业务事由": Text("已开立业务事由", "Ground opened"),
    "核对材料，复核通过": Text("已核对材料，复核通过", "Confirmed against the paper"),
    "复核不通过": Text("复核未通过", "Not confirmed"),
    "增加对象": Text("已增加对象", "Persons or firms added"),
    "删去尚未复核的新增对象": Text(
        "已删去尚未复核的新增对象", "Those added and not confirmed were taken out"
    ),
    "移交其他岗位": Text("已移交其他岗位", "Handed over"),
    "办结": Text("已办结", "Closed"),
    # incidents and flaws
    "报告安全事件": Text("已报告安全事件", "Incident reported"),
    "报告危害国家安全、公共利益的漏洞": Text(
        "已报告危害国家安全、公共利益的漏洞",
        "Flaw reported that endangers the state or the public",
    ),
    "知悉": Text("已知悉", "Noted"),
    "续报": Text("已续报", "Reported further"),
    "已报有关主管部门": Text("已报有关主管部门", "Reported on"),
    "已控制": Text("已控制", "Contained"),
    "提交复盘": Text("已提交复盘", "Review handed in"),
    "退回继续处置": Text("已退回继续处置", "Sent back"),
    "确认办结": Text("已确认办结", "Closed"),
    # licences and mandates
    "提出变更证照状态": Text("已提出变更证照状态", "Change of a licence proposed"),
    "陈述、申辩": Text("已陈述、申辩", "View stated"),
    "持证者逾期没有陈述": Text("持证者逾期没有陈述", "The holder stated nothing in time"),
    "当即决定变更": Text("已当即决定变更", "Change decided on at once"),
    "决定变更": Text("已决定变更", "Change decided on"),
    "不予变更，终止": Text("不予变更，已终止", "Dropped"),
    "意见成立，不予变更": Text("意见成立，不予变更", "The holder was right: dropped"),
    "申请注销": Text("已申请注销", "Deregistration asked for"),
    "准予注销": Text("已准予注销", "Deregistered"),
    "不予注销": Text("决定不予注销", "Not deregistered"),
    "输入授权码": Text("已输入授权码", "Code entered"),
    "同意授权": Text("已同意授权", "Mandate agreed to"),
    "复核无误，授权生效": Text("复核无误，授权已生效", "Checked by a second person: in force"),
    "复核有误，不予登记": Text("复核有误，不予登记", "Not registered after the check"),
    "不再需要": Text("代办人已取消", "Taken back by the agent"),
    "逾期未同意": Text("逾期未同意", "Not agreed to in time"),
    "收回授权": Text("已收回授权", "Mandate withdrawn"),
    "授权人到窗口收回": Text("授权人已到窗口收回", "Withdrawn at the counter"),
    "不再代办": Text("代办人已辞去", "Given up by the agent"),
    "授权到期": Text("授权到期", "The last day has passed"),
    # cases of services
    "保存": Text("已保存", "Saved"),
    "提交申请": Text("已提交申请", "Handed in"),
    "放弃草稿": Text("已放弃草稿", "Draft discarded"),
    "整件事撤回": Text("已撤回整件事", "The whole bundle was withdrawn"),
    "全部撤回": Text("已全部撤回", "Every item is withdrawn"),
    "各事项均已办结": Text("各事项均已办结", "Every item is closed"),
    "有事项需要您补正": Text("有事项需要您补正", "Something has to be completed"),
    "准予": Text("已准予", "Granted"),
    "当场准予": Text("已当场准予", "Granted at once"),
    "不予": Text("决定不予", "Refused"),
    "容缺受理": Text("已容缺受理", "Accepted with papers to follow"),
    "延长期限": Text("已延长期限", "Period extended"),
    "启动专家评审": Text("已启动专家评审", "Review by experts begun"),
    "启动听证": Text("已启动听证", "Hearing begun"),
    "启动检验、检测、鉴定": Text("已启动检验、检测、鉴定", "Inspection, test, appraisal begun"),
    "特别程序结束": Text("特别程序已结束", "The special procedure is over"),
    "审查完毕，提出意见": Text("审查完毕，已提出意见", "Reviewed, with an opinion"),
    "提出意见，报送决定": Text("已提出意见，报送决定", "Handed on with an opinion"),
    "退回重新审查": Text("已退回重新审查", "Sent back to be reviewed again"),
    "登记缴费": Text("已登记缴费", "Payment entered"),
    "送达": Text("已送达", "Delivered"),
    "领办": Text("已领办", "Case taken"),
    "添加容缺材料": Text("已添加容缺材料", "Papers that were to follow added"),
    "补齐容缺材料": Text("已补齐容缺材料", "Papers that were to follow handed in"),
    "窗口已收到容缺材料": Text("窗口已收到容缺材料", "The papers came to the counter"),
    "未按承诺补齐，撤销受理": Text(
        "未按承诺补齐，已撤销受理", "Papers did not follow: acceptance revoked"
    ),
    "逾期不补正，视为放弃": Text("逾期不补正，视为放弃", "Not completed in time: deemed abandoned"),
    "逾期未告知，视为受理": Text("逾期未告知，视为受理", "Not asked in time: deemed accepted"),
    "逾期没有陈述": Text("逾期没有陈述", "Nothing was stated in time"),
    "意见成立，承诺属实": Text(
        "意见成立，承诺属实", "The holder was right: the commitment is true"
    ),
    "承诺不实，撤销决定": Text(
        "承诺不实，已撤销决定", "The commitment is not true: decision annulled"
    ),
    "核查：承诺属实": Text("已核查：承诺属实", "Checked: the commitment is true"),
    "核查：承诺不实，告知拟撤销": Text(
        "已核查：承诺不实，已告知拟撤销",
        "Checked: the commitment seems untrue, and the holder was notified",
    ),
}
"""By the Chinese name of the act, which is data of its kind."""


def happened(title: Text) -> Text:
    """What is said of an act that was done. One that is not listed is quoted, as a name.

    >>> happened(Text("展示", "Show it")).en, happened(Text("入户调查", "Home visit")).en
    ('Shown', 'Done: “Home visit”')
    """
    return HAPPENED.get(title.zh) or Text(f"已办理“{title.zh}”", f"Done: “{title.en}”")
