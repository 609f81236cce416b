"""Statements that are lawful when true: hedged announcements, and claims about the case.

Judged by the facts dated at or before the call (POLICY "Facts"); an unknown fact sends the
finding to a human, it never convicts and never acquits.
"""

from __future__ import annotations

import re
from datetime import timedelta

from qc_pipeline.detect.guards.judged import Judged, Verdict
from qc_pipeline.detect.guards.wording import either
from qc_pipeline.detect.rule_models import TurningFact
from qc_pipeline.records import CaseFacts

_HEDGE = re.compile(
    either("""
    可能(?!性) 也许 或许 有权 保留[^，。！？]{0,6}权利 依法 依照 依据 按照?(?:合同|约定|规定|法律|流程|协议|条款)
    根据(?:合同|约定|规定|法律|协议|条款|银行) 不排除 会考虑 考虑(?:通过|采取) 视情况 如实告知 如实跟
    由(?:银行|法院)(?:来)?(?:决定|依法) 以银行为准 银行(?:那边)?(?:会)?(?:决定|评估)
    """)
)
_LAWFUL_STEP = re.compile(
    either("""
    起诉 诉讼 诉至 仲裁 法律途径 法律程序 法律手段 司法途径 司法程序 民事 律师函 主张(?:债权|权利) 支付令
    强制执行 征信 信用记录 信用报告 报送 上报 失信 执行
    """)
)
_NEVER_LAWFUL = re.compile(
    either("""
    抓 坐牢 牢 蹲 判刑 刑 拘 逮 捕 警 公安 派出所 经侦 通缉 罪 黑名单 老赖 孩子 小孩 子女 儿子 女儿 家人
    全家 爸 妈 上学 政审 公务员 当兵 参军 高铁 飞机 一辈子 终身 永远 这辈子 工作单位 同事 领导 邻居 村 曝光
    公开 闹 堵 砸 打断 死 上门(?!核实|走访)
    """)
)
_FROM_THE_BANK = either("先 提交 走 去 向银行 跟银行 经 经过 银行 上级 领导 主管 另行")
_NEEDS_APPROVAL = re.compile(
    f"(?<![不无没用])(?:需要?|要|得|必须|先)[您你我]?们?(?:{_FROM_THE_BANK})*(?:申请|审批|批准|审核|批复|同意)|"
    + either("""
    (?:提交|登记|填|报|递交?|做|发起)(?:一个|一下|个|一份)?[^，。！？]{0,8}申请
    以银行(?:的)?(?:答复|审批|结果|批复|通知|回复|为准) [看等]银行(?:的|那边)?(?:审批|审核|批|答复|结果|意见)
    银行(?:来)?(?:审批|批准|审核|决定|批了|批下来|同意) (?:能不能|是否)(?:批|通过|减)
    不(?:一定|保证|能保证|敢保证|能承诺) 没有?(?:这个)?权限 批不批 结果[我以要] 审批(?:结果|通过|下来)
    """)
)
# The approval is waved away: 不用审批, 银行那边我打个招呼.
_APPROVAL_IS_SHOW = re.compile(
    either("""
    (?:不用|不需要|无需|不必|用不着|免|不走|跳过|绕过)[您你我]?(?:再|走|去|做|提交|填|等)*(?:银行)?(?:申请|审批|审核|材料|手续|流程)
    打个?招呼 打声招呼 说了算 做主 包过 (?:肯定|一定|保证|绝对|百分百|准)(?:能|会|给)?[您你]?(?:批|过|下来)
    有人 有关系 熟 走个过场 走个形式 我来批 我就能批
    """)
)
_APPROVAL_CODES = {"unauthorized_promise"}
_LAWFUL_CODES = {
    "false_legal_claim",
    "false_credit_claim",
    "threat_intimidation",
    "service_conduct",
}
_CLAIMS_FILED = re.compile(
    "(?:已经|已|正式|都|刚刚?|昨天|上周|前天|今天|早就|这边|现在)[^。！？]{0,10}"
    "(?:起诉|立案|递交|提交(?:给)?(?:到)?法院|诉讼|受理|开庭|传票|排期|应诉)"
    "|(?:起诉|立案|诉讼|受理|递交|传票|材料)[^。！？]{0,6}"
    "(?:了|完|下来|到了|好了|上去|过去|发出|寄出)"
    "|案号|开庭(?:时间|日期|通知)"
)
_CLAIMS_JUDGMENT = re.compile(
    either("""
    判决(?!书?样) 判下来 判了 胜诉 败诉 终审 强制执行 执行(?:局|庭|裁定|通知|程序|阶段|立案) 冻结 查封 扣划
    拍卖 限制高消费 限高
    """)
)
_FACT_NAMES = {"filed": "案件已起诉", "judgment": "案件已判决", "credit_reportable": "可报送征信"}


def lawful(judged: Judged) -> Verdict | None:
    """A hedged announcement of a civil step or of credit reporting is allowed, unless the
    case contradicts it; so is a waiver that is said to need application and approval
    (rulebook 0.4, 5; LABELS unauthorized_promise).
    """
    code = judged.rule.code
    if code in _APPROVAL_CODES:
        found = _NEEDS_APPROVAL.search(judged.sentence)
        if found is not None and not _APPROVAL_IS_SHOW.search(judged.sentence):
            return Verdict("suppress", f"lawful: 已说明需申请审批（「{found.group()}」）")
        return None
    if code not in _LAWFUL_CODES:
        return None
    hedge = _HEDGE.search(judged.left[-24:] + judged.middle)
    step = _LAWFUL_STEP.search(judged.middle + judged.right[:8])
    said = judged.left[-24:] + judged.middle + judged.right[:16]
    if hedge is None or step is None or _NEVER_LAWFUL.search(said):
        return None
    if code == "false_credit_claim" and _fresh(judged, "credit_reportable") is False:
        return Verdict("pass", "lawful: 虽用了留有余地的说法，但本案不可报送征信")
    return Verdict(
        "suppress", f"lawful: 留有余地的合法告知（「{hedge.group()}」…「{step.group()}」）"
    )


def fact(judged: Judged) -> Verdict | None:
    """A definite claim about the case is judged by the case's dated facts."""
    turning = judged.rule.turns_on or _claimed(judged)
    if turning is None:
        return None
    name, true = _FACT_NAMES[turning], _fresh(judged, turning)
    if true is None:
        return Verdict("quarantine", f"fact: 取决于「{name}」，通话时此事实未知或已过时，请核对")
    if true:
        return Verdict("suppress", f"fact: 案件资料显示{name}，所说属实")
    return Verdict("pass", f"fact: 案件资料显示并非{name}，所说不实")


def _claimed(judged: Judged) -> TurningFact | None:
    """Which fact the words turn on, when the rule doesn't say."""
    said = judged.left[-12:] + judged.middle + judged.right[:8]
    if judged.rule.code != "false_legal_claim" or _NEVER_LAWFUL.search(judged.middle):
        return None
    if _CLAIMS_JUDGMENT.search(said):
        return "judgment"
    return "filed" if _CLAIMS_FILED.search(said) else None


def _fresh(judged: Judged, turning: TurningFact) -> bool | None:
    """The fact at the time of the call; None when unknown or too old to rely on."""
    case = judged.scene.context.case
    if case is None or _stale(judged, case):
        return None
    match turning:
        case "credit_reportable":
            return case.credit_reportable
        case "filed":
            return None if case.legal_status is None else case.legal_status != "none"
        case "judgment":
            return None if case.legal_status is None else case.legal_status == "judgment"


def _stale(judged: Judged, case: CaseFacts) -> bool:
    if case.as_of is None:
        return False
    age = judged.scene.context.call.started_at - case.as_of
    return age < timedelta(0) or age > timedelta(days=judged.limits.case_facts_fresh_days)
