"""Negation and its scope (rulebook 0.4, 2).

「我们不会上门闹事」 denies; 「你不还就坐牢」 and 「我不是吓唬你，明天警察就上门」 threaten. What
counts is whether a negator governs the words of the rule: nothing between them may open a
new clause, a consequence (就, 否则) or another verb that the negator already belongs to
(不还, 没接). Words with a negator's character that deny nothing (不但, 说不定, 别怪我) are
passed over, two negators in a row cancel out (不可能不, 别以为我们不会), and a rhetorical
question turns the meaning round (难道不会).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qc_pipeline.detect.guards.excuses import threat_follows
from qc_pipeline.detect.guards.judged import Judged, Verdict
from qc_pipeline.detect.guards.wording import either

# Regular expressions, one after the other. First, strings with a negator's character that
# deny nothing about what follows.
_IDLE = either("""
    (?P<asked>.)不(?P=asked) 有没有 不但 不仅 不光 不止 不只 不单 不管 不论 不如 不然 不断 不停
    不同 不少 不久 不过 不时 不料 不由 不禁 不得不 不能不 不会不 不可不 不会放过 不放过 不饶 不客气 不好意思 不起
    不良 不动产 不信邪 不信[你您侬恁]? 不服 不到 不出 不等 不怕 不骗 不瞒 不跟 不和[你您侬恁] 不吓唬 不开玩笑
    不是?吓唬[你您侬恁] 不要脸 不要命 不知 不清楚 不明白 不懂 不记得 不在乎 不听 不好说 不一定 不见得 不见 不定 不保
    不准(?=[备时]) 差不多 来不及 由不得 容不得 受不了 舍不得 恨不得 巴不得 怪不得 了不得 不得了 免不了 少不了
    跑不了 逃不了 躲不了 逃不掉 跑不掉 躲不掉 躲不过 逃不过 不三不四 不三不 不干不净 [你您侬恁]不想 [你您侬恁]不希望
    [你您侬恁]不愿 [你您侬恁]也不想 [你您侬恁]不担心 [你您侬恁]总不想 [你您侬恁]总不能 [你您侬恁]总不会
    (?:没|不是|不)(?:有)?(?:跟|和|与|同)?[你您侬恁](?:开玩笑|说笑|闹着玩)
    不是(?:开玩笑|闹着玩|说着玩|玩笑) 没开玩笑 不是(?:来)?(?:吓唬|吓|骗|威胁|恐吓|为难)[你您侬恁]?
    (?:没|没有|不会|不)(?:在)?(?:吓唬|吓|骗|威胁|忽悠|蒙)[你您侬恁] 别以为 别怪 别逼 别让我 别想 别等
    别跟我 别到时候 别忘 别说(?=我|是) 别装 别人 别的 别处 别家 特别 分别 区别 级别 个别 性别 告别 不要以为
    不要怪 不要逼 不要等 不要跟我 不要到时候 不要让我 不要想 别弄到 别闹到 不要弄到 不要闹到 别害 别连累 没门 没完
    没良心 没出息 没素质 没本事 没脸 没皮 没文化 没教养 没种 没数 没准 没几 没多久 没两天 没过 没想到 没听 没看
    没见 没收到 没钱 没有钱 没工作 没有工作 没收入 没时间 没空 没关系 没事 没问题 没用 没人管 没人要 没大没小
    [没冇冒莫]得(?:钱|商量|谈|选|跑|法子|办法|空|时间|工作|说的|救|用|人管|人要)
    冇(?:钱|问题|所谓|用|空|人管|良心|种|品) 唔(?:知|该|好意思|怕|信|理你|到|怪|出奇|止|净止|单止|系讲笑|同你|玩)
    [莫甭白](?:怪|逼|让我|想|等|跟我|装|以为|说(?=我|是)|忘|害|闹到|弄到)
    怕不是 莫不是 该不是 别不是 难不成 二话不 了不起 话不多说
    没好 没意思 未来 未成年 未必 未婚 未免 莫非 莫名 无论 无所谓 无耻 无赖 非得 非要 非法 并非不 要不是 要不 再不
    还不(?!会|能|可能|至于) 不就是? 可不是 不是没有?可能 不是不可能 不是不会 不是不能 不是没办法
""")
# Wishes to calm, far-reaching: 您不用担心有人上门.
_CALMING = (
    r"(?:不用|不必|不要|别|无需|无须|用不着|犯不着|不消|唔使|唔好|莫|甭|勿要|白)(?:太|再|过于|过分)?"
    r"(?:担心|害怕|怕|紧张|听信|相信|信|听|理会|慌|着急)"
)
_MODAL = either("""
    不会 不能 不可能 不可以 不得 不许 不准 不允许 不应该 不应当 不应 不该 不敢 不打算 不准备 不考虑 不建议 不主张
    不提倡 不赞成 不推荐 不支持 不鼓励 不需要 不必 不用 不要 不再 不至于 不存在 不涉及 不代表 不等于 不意味着?
    不参与 不负责 不属于 不具备 不具有 不方便 不便 不归 不归我 不好直接 从不 绝不 决不 并不 永不 概不 毫不 拒不
    均不 都不 也不 禁止 严禁 杜绝 避免 谨防 请勿 切勿 拒绝 反对 防止 远离 警惕 无权 没权 没有权 没资格
    没有资格 没权限 没有权限 无法 没法 没办法 没有办法 没义务 没有义务 没必要 没有必要 没说要 没说过 没有说要 没有说
    没让 没有让 没打算 没有打算 没想 没有想 没人 没有人 没谁 谁也不 谁都不 谁也没 谈不上 说不上 算不上 够不上 轮不到
    用不着 犯不着 哪有 哪会 哪能 哪敢 怎么会 怎么可能 怎么敢 怎能 岂会 岂能 何必 从来没有 从来没 从没有 从没 尚未
    并未 从未 还没有 还没 并没有 并没 绝没有 千万别 千万不要 不是(?:要|来|让|叫|说|想|为了)
    唔会 唔可以 唔得 唔使 唔好 唔敢 唔准 唔畀 冇可能 [冇冒没莫]得(?:人|哪个|谁) 冇人 勿会 勿要 勿好 勿
    弗会 弗要 不消 不兴 不作兴 莫要 可莫 千万莫 嫑 覅 甮 边个会 边度会 点会 哪个会 哪个敢 咋会 咋能 咋敢 断不会 断不能
""")
_COPULA = either("唔系 不是 并不是 并非 不算 不叫 非(?=本|法院|公安|银行)")
_LACK = "没有|[没冇冒莫]得|木有|没|冇"
_PLAIN = "不|别|未|莫|甭|唔|弗"
_NEGATOR = re.compile(
    f"(?P<calming>{_CALMING})|(?P<idle>{_IDLE})|(?P<modal>{_MODAL})|(?P<copula>{_COPULA})"
    f"|(?P<lack>{_LACK})|(?P<plain>{_PLAIN})"
)
_DENYING = set(
    "唔冇冒弗覅嫑甮木白边点咋不没别未莫甭勿无非禁严杜避谨请切拒反防止远警从绝决永概毫怎哪岂何谁谈说算够轮用犯"
)
_CLAUSE_ENDS = frozenset("，。！？")
# How many characters a negator may stand before what it denies.
_SCOPE = {"calming": 18, "modal": 14, "copula": 9, "lack": 9, "plain": 3}
_OPENS_CONSEQUENCE = re.compile(
    either("""
    就(?!是) 那(?=我|就|你|您) 否则 不然 的话 才(?!能) 反正 只能 只好 只有 必须 照样 照旧 后果 等着 逼
    小心 当心 信不信 迟早 早晚 到时 除非 要么 但 可是 不过 而是 还是得 还是要 怪我 别怪 再说 之前 以前 拦 挡
    救 .(?:明天|今天|今晚|后天|明早|晚上|下午|周[一二三四五六日]|礼拜|待会|等会|回头|转头|这就|马上|立马)
    """)
)
# A new subject: 你别躲了我带人…; but not 别让我….
_OWN_SUBJECT = re.compile(r"(?<![让叫给跟被和对])(?:我|咱)")
# After these a consequence belongs to what is denied: 不会因为您没还就上门.
_CARRIES_ON = re.compile(
    f"^(?:{either('因为 由于 为了 随便 动不动 随随便便 一上来 光凭 单凭 说')})"
)
# A negator in front of these belongs to them: the debtor's (not) doing, a condition.
_DEBTORS_DOING = re.compile(
    r"^(?:再)?(?:把|将|给|跟|按时|及时|尽快|主动|积极|马上|赶紧|赶快|好好|肯|愿意|想|打算|老实)?"
    r"(?:钱|款|账|欠款|这笔|最低)?"
    r"(?:还(?!有|是|会|能|要)|接|付|交|处理|给|配合|解决|凑|拿|出来|露面|签|认|管|回|见面|面对|联系|"
    r"理|吭声|说话|搭理|存|打款|转(?!发)|缴|结清|到账|办|动|来)"
)
# The same behind a wish or a possibility: 你要是不能按时还….
_DEBTORS_FAILURE = re.compile(
    r"^(?:再)?(?:按时|及时|尽快|主动|今天|马上)?(?:把|将)?(?:钱|款|账|欠款|这笔)?"
    r"(?:还(?!有|是|会|能|要)|接|付|交|处理|配合|结清|缴|凑)"
)
_FAILING = {
    "不能",
    "不可能",
    "没法",
    "没办法",
    "没有办法",
    "无法",
    "不打算",
    "不准备",
    "不愿",
    "没打算",
    "没有打算",
    "没想",
}
_TURNED_ROUND = re.compile(
    either(
        "难道 难不成 岂不 谁说 以为 你当 您当 不代表 不等于 别指望 别想着 保不齐 保不准 说不定 敢说"
    )
)
_ASKED_BACK = {
    "modal": re.compile(r"^[^，。！？]{0,3}(?:吗|么|嘛)(?:？|，|。|$)"),
    "copula": re.compile(r"^[^，。！？]{0,12}(?:吗|么|嘛)(?:？|，|。|$)"),
}
# 你今天还进来，我就不把你全家…: a threat on a condition.
_ON_CONDITION = re.compile(
    f"(?:{either('只要 要是 如果 若是 还了 还进 还上 还清 交了 付了 打进来 转过来 到账 叫来 处理了')}).*就$"
)
# 不给儿孙积点德？
_ASKED_WITHOUT_PARTICLE = re.compile(r"^[^，。！？吗么]{0,8}？")
_FIRST_PERSON = re.compile("我|咱|俺")
# 不把你送进去，我就不姓王
_OATH = re.compile(
    r"^[^。！？]{0,12}(?:我(?:就)?不姓|我(?:就)?不是人|誓不|不罢休|不算完|没完|我(?:就)?不干了|我跟你姓)"
)
_SUCH_THINGS = either("""
    这种 那种 之类 这样 这类 此类 诸如此类 的事 的话 的行为 的说法 的情况 的做法 的可能 的权力 的权利 的资格 一说
""")
_ARE_NOT_DONE = either("""
    不会 不能 不可能 不做 不干 不存在 不允许 不许 不准 不得 没有 没干 没做 没说 不属实 违规 违法 犯法 禁止 严禁
    谣言 瞎 乱说 胡说 假的 骗人 没依据 做不出 谈不上 说不上 无权 没权 不要信 别信 不是真
""")
_BY_US = either("我们 我 咱们? 公司 这边 银行 法院 绝对 肯定 一律 从来 根本 都 是 也 可 不管怎样")
_UNTRUE = either("不会 不可能 没有 不存在 不允许 违规 违法 谣言 瞎传 瞎说 没影 假 骗人 误传")
_I_DO_NOT = either("""
    做不到 办不到 不敢(?:的|，|。|$) 不会(?:这么|那么|这样|那样)?(?:做|干|说)?的?(?:，|。|！|$)
    没说过 没这么说 没有这么说 没那么说
""")
_DENIED_AFTER = re.compile(
    f"^[^，。！？]{{0,4}}(?:{_SUCH_THINGS})[^，。！？]{{0,4}}，?(?:，?(?:{_BY_US}))*(?:{_ARE_NOT_DONE})"
    f"|^，?(?:那|这|这些|那些)?(?:都|全)?(?:是)?(?:{_UNTRUE})(?:的)?(?:事情|事|情况)?(?:了|啊|呢|的)?"
    "(?:。|，|！|$)"
    f"|^，?(?:我|我们)(?:是)?(?:{_I_DO_NOT})"
)


@dataclass(frozen=True, slots=True)
class _Negator:
    kind: str
    text: str
    start: int
    end: int


def negation(judged: Judged) -> Verdict | None:
    """Suppresses what the speaker denies, forbids or advises against."""
    if threat_follows(judged):
        return None
    words = judged.turn.scanned.words(judged.hit)
    for number, (start, end) in enumerate(words):
        before = (
            judged.before(start) if number == 0 else judged.between(words[number - 1][1], start)
        )
        denied = judged.between(start, end)
        if number > 0 and _DEBTORS_DOING.search(denied):
            continue  # 之内…不转…作废: not paying is the condition
        if number + 1 < len(words) and not _CLAUSE_ENDS.isdisjoint(
            judged.between(end, words[-1][0] + 1)
        ):
            continue  # 没法跟你讲，你加我微信: what counts comes after the denial
        negator = governing_negator(before, denied=denied, after=judged.right)
        if negator is not None:
            return Verdict("suppress", f"negation: 「{negator}」否定了「{denied.strip('，')}」")
    after = _DENIED_AFTER.search(judged.right)
    if after is not None and not _TURNED_ROUND.search(judged.left):
        return Verdict("suppress", f"negation: 随后否认（「{after.group().strip('，')}」）")
    return None


def governing_negator(before: str, *, denied: str, after: str = "") -> str | None:
    """The negator at the end of `before` that governs `denied`, the words that follow it;
    None when there is none or when two of them cancel out. `after` is the rest of the
    sentence. Pauses are "，".
    """
    chain: list[_Negator] = []
    target = len(before)
    for negator in reversed(_negators(before, denied)):
        if chain and target - negator.end > 4:
            break
        if _governs(negator, before[negator.end : target]):
            chain.append(negator)
            target = negator.start
    if len(chain) % 2 == 0 or _turned_round(before[:target], chain[0], after):
        return None
    return chain[0].text


def _negators(before: str, denied: str) -> list[_Negator]:
    found = []
    for match in _NEGATOR.finditer(before + denied):
        kind = match.lastgroup or ""
        # A negator may run into the words (没有人…), but then its 不 or 没 must be outside them.
        outside = before[match.start() : match.end()]
        if kind != "idle" and set(outside) & _DENYING:
            end = min(match.end(), len(before))
            found.append(_Negator(kind, match.group(), match.start(), end))
    return found


def _governs(negator: _Negator, stretch: str) -> bool:
    if not _CLAUSE_ENDS.isdisjoint(stretch) or len(stretch) > _SCOPE[negator.kind]:
        return False
    if _OPENS_CONSEQUENCE.search(stretch) and not _CARRIES_ON.search(stretch):
        return False
    if negator.kind in ("plain", "modal") and _OWN_SUBJECT.search(stretch):
        return False
    # 没接, 不处理, 不能还: what isn't done is the debtor's part of a condition.
    if negator.text in _FAILING and _DEBTORS_FAILURE.search(stretch):
        return False
    return not (negator.kind in ("plain", "lack") and _DEBTORS_DOING.search(stretch))


def _turned_round(further_left: str, negator: _Negator, after: str) -> bool:
    if _TURNED_ROUND.search(further_left[-14:]) or _OATH.search(after):
        return True
    if _ON_CONDITION.search(further_left):
        return True
    asked_back = _ASKED_BACK.get(negator.kind)
    if asked_back is not None and asked_back.search(after):
        return True
    if (
        negator.text == "不"
        and _ASKED_WITHOUT_PARTICLE.search(after)
        and not _FIRST_PERSON.search(further_left)
    ):
        return True
    # 不是坐牢就是罚款
    return negator.text == "不是" and bool(re.search(r"^[^。！？]{0,6}，?就是", after))
