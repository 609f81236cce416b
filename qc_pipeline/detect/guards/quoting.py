"""Words that are mentioned, not used: rules quoted, the other side repeated, questions put.

A story about another customer (去年一个…判了) is no quotation: it threatens (POLICY).
"""

from __future__ import annotations

import re

from qc_pipeline.detect.guards.judged import Judged, Verdict
from qc_pipeline.detect.guards.wording import either

_RULE = either("""
    培训 规定 规范 制度 条例 红线 合规 质检 守则 准则 要求 监管 公司 我们这行 按规矩 行业
""")
_FORBIDS = either("不能 不得 不许 不准 不允许 不可以 禁止 严禁 不让 杜绝 不可")
_RULE_QUOTED = re.compile(
    f"(?:{_RULE})[^，。！？]{{0,10}}，?[^，。！？]{{0,6}}(?:{_FORBIDS})(?P<then>[^，。！？]{{0,16}})$"
)
# What follows is no longer the rule: 公司不能等了直接….
_RULE_ENDS = re.compile("^(?!说|讲|用|拿|以).*(?:就|只能|只好|那|直接|再等|等了|明天|今天|今晚)")
_OTHERS_CLAIM = re.compile(
    either("""
    有人 谁要是 要是谁 如果谁 任何人 遇到 遇上 碰到 碰上 接到 收到 市面上 社会上 网上 外面 外头 有些 有的
    一些 骗子 不法 黑中介 中介 冒充 假冒 自称 声称 号称
    """)
)
_WARNING = re.compile(
    either("""
    (?:请|可以|直接|欢迎|尽管|马上|立即|及时|第一时间|您)(?:您|你)?(?!的)(?:去|来|向|打)?[^，。！？]{0,6}(?:举报|报警|投诉)
    打110 别信 不要信 不要相信 别相信 不可信 不能信 勿信 别理 不要理 (?:小心|当心)(?:被骗|上当|受骗|诈骗|骗)
    请您?(?:多|要|一定)?(?:小心|当心|警惕) 提高警惕 警惕 谨防 提防 防范 注意(?:防|甄别|核实) 先核实 核实一下
    挂断 挂掉 保留(?:证据|录音) 别给 不要给 不要转 别转 别加 不要加 不合规 谣言 瞎传 瞎说 上当 被骗
    (?<![你您侬恁])(?:都|就|那|可能|属于|这|也)是(?:骗|诈骗|假|违规|违法)
    """)
)
_SAID = either("""
    说的? 讲的? 提到的? 提的 问的? 反映的? 投诉的? 反馈的? 讲过 说过 担心的 怀疑 听说的?(?!过) 听到 骂[我他她咱]?
""")
_OTHER_SIDE_SAID = re.compile(
    f"(?<![跟和对给向])[你您侬恁](?:刚才|刚刚|方才|上次|之前|前面|前头)?(?:也|是|自己|那边)?(?:{_SAID})"
    "|(?:听|据|照|按)[你您侬恁](?:说|讲|这么说|的意思)|[你您侬恁]的意思(?:是)?"
    "|客户(?:说|反映|投诉|称)|对方(?:说|称)"
)
_OWN_WORDS_AGAIN = re.compile(
    either("那 就 反正 告诉[你您侬恁] 所以 但 可 我(?!们的?催) 不还 再不 信不信")
)
_ASKS_ABOUT_OTHERS = re.compile(
    "(?:是不是|有没有|是否)[^，。！？]{0,6}"
    "(?:有人|谁|哪个|哪位|哪家|别人|其他人|同事|坐席|催收员|接到|收到|碰到|遇到)"
    "|(?:谁|哪个|哪位|什么人)(?:[跟和给对向][您你]|自称|冒充|威胁|骂)"
    "|[你您侬恁](?:是说|是问|的意思是|指的是|是担心|是怕|是想问|想问的?是)"
)
_REAL_QUESTION = re.compile(
    r"(?:吗|么|没有|没|呢|是不是|是否|有没有|对吗|对吧|是吗|是吧)？?。?$|？$"
)
_WANTS = either("""
    想 要 非要 非得 愿意 希望 打算 甘心 忍心 怕 信 敢 等 舍得 觉得 以为 知不知道 知道 晓得 懂 考虑过 想过
""")
_PRESSES = re.compile(
    f"信不信|怕不怕|[你您侬恁](?:是不是)?(?:{_WANTS})|试试|[要用]不要(?:我|我们)|等着瞧|难道|好不好看|丢不丢人"
    "|吧[？。！]?$"
)
_DARES = re.compile("信不信|怕不怕|试试")
# What is wrong only when it is asserted, so that asking about it can be innocent.
_ASSERTIONS = {
    "impersonation",
    "false_legal_claim",
    "false_credit_claim",
    "debt_misinformation",
    "threat_intimidation",
}
_ASKED = re.compile(r"(?:吗|么|呢)(?:？|，|。|$)|？|(?P<it>.)不(?P=it)|有没有|是否")
_SOOTHES = either("放心 别急 别担心 不用担心 哎 嗯 啊 呃 喂 哦 好的 是这样 先生 女士")
_NO = either("""
    不会 没有 不是 不能 不可以 不存在 不可能 没这回事 没这个 哪会 哪能 怎么会 怎么可能
""")
_ANSWERS_NO = re.compile(
    f"^(?:，?[您你]?先?(?:{_SOOTHES}))*，?(?:我们|我|这个|这|那|当然|绝对|肯定|根本|这边)*(?:{_NO})"
)
_NEAR = 16
# 你说磕碜不磕碜
_ASKS_AGREEMENT = re.compile(r"(?P<it>..?)不(?P=it)|丢不丢|多不多|值不值")


def quotation(judged: Judged) -> Verdict | None:
    """A rule is quoted, or the listener is warned of people who say such things."""
    quoted = _RULE_QUOTED.search(judged.left)
    if quoted is not None and not _RULE_ENDS.search(quoted["then"]):
        return Verdict("suppress", f"quotation: 在转述规定（「{_short(quoted.group())}」）")
    claim = _OTHERS_CLAIM.search(judged.left) or _OTHERS_CLAIM.match(judged.middle)
    warning = claim and (_WARNING.search(judged.right) or _WARNING.search(judged.left, claim.end()))
    if claim and warning:
        return Verdict(
            "suppress", f"quotation: 在提醒防范（「{claim.group()}」…「{warning.group()}」）"
        )
    return None


def reported_speech(judged: Judged) -> Verdict | None:
    """The other side's own words are repeated to them."""
    for marker in _OTHER_SIDE_SAID.finditer(judged.left):
        stretch = judged.left[marker.end() :]
        # "您反映的，…" may go on after a pause; "你说你没钱，…" ends there.
        pauses_allowed = 1 if marker.group().endswith("的") else 0
        if len(stretch) > _NEAR or stretch.count("，") > pauses_allowed:
            continue
        if marker.group() in ("你说", "您说") and _ASKS_AGREEMENT.search(
            stretch + judged.middle + judged.right[:8]
        ):
            continue
        if not _OWN_WORDS_AGAIN.search(stretch):
            return Verdict("suppress", f"reported_speech: 在复述对方的话（「{marker.group()}」）")
    return None


def question(judged: Judged) -> Verdict | None:
    """The agent asks what somebody else said or did, echoes the other side, or denies what
    was asked; a rhetorical question (信不信, …吧？) stays.
    """
    if judged.turn.speaker == "customer" or judged.rule.code not in _ASSERTIONS:
        return None
    about = _ASKS_ABOUT_OTHERS.search(judged.left + judged.middle)
    if about is not None and not _DARES.search(judged.sentence):
        return Verdict("suppress", f"question: 在询问情况（「{about.group()}」）")
    if not _echoes(judged):
        return None
    if _REAL_QUESTION.search(judged.right) and not _PRESSES.search(judged.sentence):
        return Verdict("suppress", "question: 在重复确认对方的问题")
    denies = _ANSWERS_NO.search(judged.left)
    if denies is not None and _ASKED.search(judged.previous_text):
        return Verdict("suppress", f"question: 对方询问，坐席否认（「{_short(denies.group())}」）")
    return None


def _echoes(judged: Judged) -> bool:
    """Whether most of the matched characters were in the other side's last utterance."""
    said = judged.content.text[judged.hit.start : judged.hit.end]
    before = set(judged.previous_text)
    return bool(before) and sum(c in before for c in said) * 3 >= len(said) * 2


def _short(text: str) -> str:
    text = text.strip("，")
    return text if len(text) <= 16 else text[:15] + "…"
