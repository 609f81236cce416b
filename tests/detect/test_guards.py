"""Guards: who speaks to whom, what is denied, quoted, asked, lawful, true, taken back, unsure."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from qc_pipeline.detect.guards.denial import governing_negator
from qc_pipeline.detect.judge import detect_scene
from qc_pipeline.detect.line import TextLine, detect_line
from qc_pipeline.detect.rules import RuleSet, load_rules
from qc_pipeline.detect.scene import build_scene
from qc_pipeline.policy.load import Policy
from qc_pipeline.records import (
    SHANGHAI,
    CallContext,
    CallRecord,
    CaseFacts,
    Finding,
    Utterance,
    Word,
)
from qc_pipeline.settings import packaged_dir

CALLED_AT = datetime(2026, 11, 2, 10, tzinfo=SHANGHAI)


def outcome(rules: RuleSet, policy: Policy, line: TextLine) -> tuple[str, str, Finding]:
    """(stays | quarantined | suppressed, guards that spoke, the only finding) of a line."""
    findings, suppressed = detect_line(line, rules=rules, policy=policy)
    assert len(findings + suppressed) == 1, findings + suppressed
    finding = (findings + suppressed)[0]
    stays = "stays" if finding.status == "open" else "quarantined"
    spoke = ",".join(reason.split(":")[0] for reason in finding.reasons[1:])
    return (stays if findings else "suppressed"), spoke, finding


def said(text: str, **known: object) -> TextLine:
    return TextLine(id="1", text=text, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "我们不会上门闹事",
        "我们不会上门闹事，您放心，今天只是核实还款安排",
        "谈不上抓人，您别听外头瞎传",
        "没人去牵您的羊",
        "没有人会去牵您的羊",
        "绝对不可能带人去您家里",
        "您不用担心有人上门闹事",
        "我们哪有资格抓人",
        "我们怎么会上门闹事呢",
        "严禁带人去客户家里",
        "没有谁说这里是法院，您误会了",
        "不会因为您没还就上门闹事",
        "上门闹事这种事我们是不做的",
        "坐牢那是谣言",
        "堵门，没有的事",
        "我们既不堵门，也不打电话给家人",
        "不建议您带人去单位",
        "不会有人堵门的，对吧",
        "不是要判刑，只是协商",
        "我哋唔会上门闹事",
        "冇人会带人去你家",
        "我们冇得堵门的搞法",
        "甭怕抓人，没有的事",
        "阿拉勿会上门闹事",
        "哪个敢堵门哦",
        "我们咋会带人去你家",
        "您就放心，唔使担心有人堵门",
    ],
)
def test_a_denial_is_suppressed(text: str, small_rules: RuleSet, policy: Policy) -> None:
    kind, spoke, _ = outcome(small_rules, policy, said(text))
    assert (kind, spoke) == ("suppressed", "negation")


@pytest.mark.parametrize(
    "text",
    [
        "我不是吓唬你，明天警察就上门",
        "你不还就坐牢",
        "不还钱我们就堵门",
        "你再不处理我带人去你家",
        "不跟你开玩笑，带人去你家",
        "别怪我带人去你家",
        "别逼我带人去你家",
        "别以为我们不会上门闹事",
        "我们不可能不上门闹事",
        "难道我们不会上门闹事",
        "你不怕坐牢是吧",
        "没还清之前我们天天堵门",
        "没办法，只能带人去你家",
        "不把你送去坐牢我不姓王",
        "不是坐牢就是罚款",
        "要不我带人去你家坐坐",
        "不信你试试，我带人去你家",
        "你不接电话我们就上门闹事",
        "不但上门闹事，还要堵门",
        "说不定警察明天上门",
        "你爱还不还，反正坐牢的不是我",
        "我不能再等了明天带人去你家",
        "你要是不能按时还带人去你家",
        "没人能拦住我带人去你家",
        "你别躲了我带人去你家",
        "不用我带人去你家吧",
        "带人去你家，我不会客气的",
        "里头不是有派出所抓人的嘛",
        "怕不是要坐牢",
        "我没说要堵门，可我兄弟就不好说了",
        "我们不堵门，你自己看着办，后果自负",
        "你今天还进来，我就不带人去你家",
        "电话还通着没？带人去你家",
        "难不成我还能不带人去你家",
        "冇钱还，那就带人去你家",
    ],
)
def test_a_threat_with_a_negator_in_it_stays(
    text: str, small_rules: RuleSet, policy: Policy
) -> None:
    findings, _ = detect_line(said(text), rules=small_rules, policy=policy)
    assert findings


@pytest.mark.parametrize(
    ("before", "denied", "negator"),
    [
        ("我们不会", "上门", "不会"),
        ("我们不会随便", "上门", "不会"),
        ("不会，我们", "上门", None),
        ("不不会", "上门", None),
        ("", "上门", None),
        ("是不是", "上门", None),
        ("没", "有人上门", "没有人"),
        ("电话没？现在", "上门", None),
        ("阿拉勿会", "上门", "勿会"),
        ("我哋唔", "上门", "唔"),
    ],
)
def test_which_negator_governs(before: str, denied: str, negator: str | None) -> None:
    assert governing_negator(before, denied=denied) == negator


def test_a_denial_next_to_a_threat_saves_nobody(small_rules: RuleSet, policy: Policy) -> None:
    findings, _ = detect_line(
        said("我们不会堵门。但是明天我们来堵门"), rules=small_rules, policy=policy
    )
    assert [(f.matched, f.start) for f in findings] == [("堵门", 14)]


@pytest.mark.parametrize(
    ("text", "guard"),
    [
        ("如果有人说我是法院的，请您举报", "quotation"),
        ("市面上有人说带人去你家的，那都是骗子", "quotation"),
        ("要是接到电话说警察要上门抓你，您别信，先核实", "quotation"),
        ("培训要求我们不能说不还就坐牢这种话", "quotation"),
        ("公司禁止带人去客户家里", "quotation"),
        ("您刚才说有人要带人去您单位", "reported_speech"),
        ("您骂我要带人去您家", "reported_speech"),
        ("您反映的，坐席说要上门闹事，我给您登记", "reported_speech"),
        ("是不是有人跟您说要上门闹事", "question"),
        ("谁跟您说警察要上门的", "question"),
    ],
)
def test_words_that_are_only_mentioned_are_suppressed(
    text: str, guard: str, small_rules: RuleSet, policy: Policy
) -> None:
    kind, spoke, _ = outcome(small_rules, policy, said(text))
    assert (kind, spoke) == ("suppressed", guard)


@pytest.mark.parametrize(
    "text",
    [
        "去年有一个不还的判了三年，你想想",
        "前头有一家，我带人去他单位，第二天就还了",
        "你说你没钱，那我明天带人去你家",
        "你刚才说不还，我就带人去你家",
        "信不信我带人去你家",
        "怕不怕警察上门",
        "警察明天上门，你知道吧？",
        "你想坐牢吗？",
        "有人不还，后来警察上门了",
        "上次有人说不还，后来警察上门抓走了",
        "要是再不还，我带人去你家，你小心点",
        "有人报警也没用，我照样带人去你家",
        "有人告你诈骗，警察明天上门",
        "我们公司不能再等了，带人去你家",
        "你以为我带人去你家是开玩笑",
        "你觉得警察上门好看吗",
        "谁让你不还，警察明天就上门",
        "你说警察上门，丢不丢人",
    ],
)
def test_stories_and_rhetorical_questions_stay(
    text: str, small_rules: RuleSet, policy: Policy
) -> None:
    findings, _ = detect_line(said(text), rules=small_rules, policy=policy)
    assert findings


@pytest.mark.parametrize(
    ("previous", "text"),
    [
        ("你们会不会让我坐牢", "坐牢吗？您先别急"),
        ("不还会不会坐牢啊", "当然不会，坐牢跟这个没关系"),
        ("你们是不是要上门闹事？", "放心，不会的，上门闹事我们也犯法"),
    ],
)
def test_an_echo_or_an_answer_to_the_question_is_suppressed(
    previous: str, text: str, small_rules: RuleSet, policy: Policy
) -> None:
    kind, spoke, _ = outcome(small_rules, policy, said(text, prev=previous))
    assert (kind, spoke) == ("suppressed", "question")


def test_without_the_question_the_same_words_count(small_rules: RuleSet, policy: Policy) -> None:
    assert outcome(small_rules, policy, said("坐牢吗？您先别急"))[0] == "stays"


def test_only_the_side_a_rule_names_can_break_it(small_rules: RuleSet, policy: Policy) -> None:
    line = said("我带人去你单位", speaker="customer")
    kind, spoke, finding = outcome(small_rules, policy, line)
    assert (kind, spoke) == ("suppressed", "speaker")
    assert "对方说的" in finding.reasons[1]
    kind, spoke, finding = outcome(small_rules, policy, said("我带人去你单位", speaker="unknown"))
    assert (kind, spoke, finding.responsible_party) == ("quarantined", "speaker", "unknown")


@pytest.mark.parametrize(
    ("callee", "kind"),
    [("third_party", "stays"), ("unknown", "quarantined"), ("debtor", "suppressed")],
)
def test_a_listener_must_be_known_to_be_one(
    callee: str, kind: str, small_rules: RuleSet, policy: Policy
) -> None:
    line = said("您儿子在银行欠了两万", callee=callee)
    assert outcome(small_rules, policy, line)[0] == kind


def test_a_line_to_somebody_unknown_that_speaks_of_nobody_else_is_the_identity_checks_business(
    policy: Policy,
) -> None:
    rules = load_rules(packaged_dir("lexicons"), taxonomy=policy.taxonomy)
    for text, kind in (("还款日是二十四号", "suppressed"), ("他的还款日是二十四号", "quarantined")):
        line = said(text, callee="unknown")
        kept, stopped = detect_line(line, rules=rules, policy=policy)
        (found,) = [f for f in (*kept, *stopped) if f.rule_id == "disclose.debt"]
        assert ("quarantined" if found in kept else "suppressed") == kind
        assert found.reasons[-1].startswith("listener: ")


@pytest.mark.parametrize(
    ("text", "case", "kind"),
    [
        ("逾期信息可能会依法报送征信", {}, "suppressed"),
        ("按合同约定，逾期会影响您的征信", {"credit_reportable": 1}, "suppressed"),
        ("逾期信息可能会报送征信", {"credit_reportable": 0}, "stays"),
        ("我现在就给你报送征信", {}, "stays"),
        ("依法给你上黑名单，一辈子", {}, "stays"),
        ("利息给您全免要提交申请，等银行审批", {}, "suppressed"),
        ("利息我给你全免，我说了算", {}, "stays"),
        ("利息给你全免，不需要审批", {}, "stays"),
        ("利息给你全免，银行审批我打个招呼就行", {}, "stays"),
    ],
)
def test_hedged_lawful_announcements_are_allowed(
    text: str, case: dict[str, object], kind: str, small_rules: RuleSet, policy: Policy
) -> None:
    assert outcome(small_rules, policy, said(text, case=case))[0] == kind


@pytest.mark.parametrize(
    ("legal_status", "kind"),
    [("filed", "suppressed"), ("none", "stays"), (None, "quarantined")],
)
def test_a_claim_about_the_case_is_judged_by_its_facts(
    legal_status: str | None, kind: str, small_rules: RuleSet, policy: Policy
) -> None:
    case = {"legal_status": legal_status} if legal_status else {}
    result, spoke, _ = outcome(small_rules, policy, said("你这个已经起诉了", case=case))
    assert (result, spoke) == (kind, "fact")


def test_a_suit_filed_is_no_judgment_yet(small_rules: RuleSet, policy: Policy) -> None:
    line = said("法院判决都下来了", case={"legal_status": "filed"})
    assert outcome(small_rules, policy, line)[0] == "stays"


def test_arrest_for_plain_default_is_never_lawful(small_rules: RuleSet, policy: Policy) -> None:
    line = said("可能依法抓人", case={"legal_status": "judgment"})
    assert outcome(small_rules, policy, line)[0] == "stays"


@pytest.mark.parametrize(
    ("age", "kind"),
    [
        (timedelta(days=1), "suppressed"),
        (timedelta(days=400), "quarantined"),
        (timedelta(days=-1), "quarantined"),
    ],
)
def test_facts_must_be_dated_before_the_call_and_fresh(
    age: timedelta, kind: str, small_rules: RuleSet, policy: Policy
) -> None:
    case = CaseFacts(case_id="K1", legal_status="filed", as_of=CALLED_AT - age)
    findings, suppressed = in_call(small_rules, policy, [agent(0, "已经起诉了")], case=case)
    found = (*findings, *suppressed)[0]
    assert ("suppressed" if suppressed else found.status) == kind


@pytest.mark.parametrize(
    "texts",
    [
        ["我带人去你家。对不起，刚才说错了"],
        ["我带人去你家", "抱歉，我语气不好，我收回"],
    ],
)
def test_a_retraction_lowers_but_never_deletes(
    texts: list[str], small_rules: RuleSet, policy: Policy
) -> None:
    utterances = [agent(place, text) for place, text in enumerate(texts)]
    (taken_back,), _ = in_call(small_rules, policy, utterances)
    (plain,), _ = in_call(small_rules, policy, [agent(0, "我带人去你家")])
    assert (taken_back.severity, plain.severity) == ("major", "critical")
    assert 0 < taken_back.score < plain.score
    assert "correction: " in taken_back.reasons[-1]


def test_a_retraction_much_later_lowers_nothing(small_rules: RuleSet, policy: Policy) -> None:
    texts = ["我带人去你家", "还有两千", "刚才我说错了"]
    (finding,), _ = in_call(small_rules, policy, [agent(i, t) for i, t in enumerate(texts)])
    assert finding.severity == "critical"


def test_doubtful_words_go_to_a_human(small_rules: RuleSet, policy: Policy) -> None:
    unsure = agent(0, "我带人去你家", confidence=0.1)
    suspect = agent(0, "我带人去你家", suspect="与静音同时出现")
    mumbled = agent(0, "我带人去你家，好的", words=(Word(0, 6, 1, 2, 0.05), Word(7, 9, 2, 3, 0.99)))
    clear = agent(0, "我带人去你家，好的", words=(Word(0, 6, 1, 2, 0.9), Word(7, 9, 2, 3, 0.01)))
    for utterance, status in [
        (unsure, "quarantined"),
        (suspect, "quarantined"),
        (mumbled, "quarantined"),
        (clear, "open"),
    ]:
        (finding,), _ = in_call(small_rules, policy, [utterance])
        assert finding.status == status


def agent(
    index: int,
    text: str,
    *,
    confidence: float = 0.9,
    suspect: str | None = None,
    words: tuple[Word, ...] = (),
) -> Utterance:
    return Utterance(
        index, "agent", index * 5.0, index * 5.0 + 4, text, text, confidence, suspect, words=words
    )


def in_call(
    rules: RuleSet,
    policy: Policy,
    utterances: list[Utterance],
    *,
    case: CaseFacts | None = None,
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    call = CallRecord(call_id="C1", started_at=CALLED_AT, agent_id="A1")
    scene = build_scene(CallContext(call=call, case=case), utterances, bank=rules.bank)
    return detect_scene(scene, rules=rules, policy=policy)
