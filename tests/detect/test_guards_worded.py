"""Innocent words around a hit: advice, denial, rules quoted, who decides, refusal, correction,
inquiry, care; and the threats that take the excuse back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_pipeline.detect.check import check_rules
from qc_pipeline.detect.content import content_of
from qc_pipeline.detect.guard_words import load_guard_words
from qc_pipeline.detect.line import TextLine, detect_line
from qc_pipeline.detect.rules import RuleSet, load_rules
from qc_pipeline.errors import RuleError
from qc_pipeline.policy.load import Policy
from qc_pipeline.settings import packaged_dir

# One loose rule per code: what a lexicon would find without any guard.
LOADED_WORDS: Mapping[str, tuple[str, ...]] = {
    "threat_intimidation": ("堵门", "上门", "打你", "喇叭", "孩子学校", "让全村知道", "家人"),
    "abuse_insult": ("废物", "老赖", "骗子", "猪", "没教养", "水泥", "积点德"),
    "impersonation": ("检察院", "监管局", "律师"),
    "false_legal_claim": ("抓", "坐牢", "判刑", "起诉", "开庭", "传票"),
    "false_credit_claim": ("黑名单", "高铁", "考不了公"),
    "third_party_disclosure": ("欠款", "逾期"),
    "third_party_harassment": ("替他还", "父债子还"),
    "unauthorized_promise": ("减免", "打包票", "全免", "停催"),
    "private_payment": ("手续费", "转账", "微信转", "红包", "二维码", "现金", "假证明", "烟"),
    "off_channel_contact": ("加微信", "微信", "私人号"),
    "induce_borrowing": ("借", "网贷", "高利贷", "抵押", "当铺", "套现", "首饰"),
    "debt_misinformation": ("翻倍", "签", "最后一天"),
    "escalation_failure": ("投诉", "别投诉", "想死", "不是我刷"),
}
EVERY_CODE = (*LOADED_WORDS, "service_conduct")


@pytest.fixture(scope="module")
def loose(tmp_path_factory: pytest.TempPathFactory, policy: Policy) -> RuleSet:
    folder: Path = tmp_path_factory.mktemp("loose")
    for code, words in LOADED_WORDS.items():
        rule = (
            f"[{{id: loose.{code}, version: 1, name: 字面, sound_alike: false, when: {[*words]}}}]"
        )
        (folder / f"{code}.yaml").write_text(f"code: {code}\nrules: {rule}\n", "utf-8")
    return load_rules(folder, taxonomy=policy.taxonomy)


def stands(rules: RuleSet, policy: Policy, text: str, prev: str | None = None) -> list[str]:
    line = TextLine(id="1", text=text, callee="debtor", prev=prev)
    return sorted({finding.code for finding in detect_line(line, rules=rules, policy=policy)[0]})


def who_stopped(rules: RuleSet, policy: Policy, text: str, prev: str | None = None) -> set[str]:
    line = TextLine(id="1", text=text, callee="debtor", prev=prev)
    _, suppressed = detect_line(line, rules=rules, policy=policy)
    return {f.reasons[1].split(":")[0] for f in suppressed}


@pytest.mark.parametrize(
    ("guard", "text"),
    [
        ("advice", "借高利贷可划不来，手头有多少先说多少"),
        ("advice", "网贷那是个坑，拿新债补旧债，窟窿只会更大"),
        ("advice", "微信转账也好，二维码也好，谁让您转您都别转"),
        ("advice", "手续费那都是骗子要的，直接报警"),
        ("advice", "这协议看不懂就先别签，签之前拿去网点问"),
        ("advice", "张口就让你套现的，一律莫碰"),
        ("advice", "自称检察院要你打钱的，你先核实真假"),
        ("advice", "坐牢这种话你莫当真，自己吓自己"),
        ("advice", "有人拿黑名单吓你，你就把录音留着"),
        ("denial", "搞家人？没可能的"),
        ("denial", "当首饰？我没叫过"),
        ("denial", "堵门冇呢回事，唔使惊"),
        ("denial", "拿孩子学校说事，我可没说过"),
        ("denial", "红包我们一分都不收"),
        ("denial", "我要是监管局的就好喽，我就一打工的"),
        ("denial", "我这猪脑子，把你的还款日念串了"),
        ("rule_quoted", "公司明令禁止上门堵门，犯一条就停岗"),
        ("rule_quoted", "叫客户去借网贷是我们的红线，这话从我这儿听不到"),
        ("rule_quoted", "骂人老赖废物，培训头一课就讲，说一次扣绩效"),
        ("rule_quoted", "喇叭、横幅这些，您不会见到"),
        ("referral", "起诉不起诉，那是银行定的事"),
        ("referral", "黑名单得法院判了才列，我一个打电话的没那本事"),
        ("referral", "上门不上门要看合同，合同第四条写明了"),
        ("referral", "利息翻倍没有，您登APP自己查一下账单"),
        ("referral", "判刑那是刑事，您这个就是民事上的事"),
        ("referral", "开庭？还没到那一步呢"),
        ("referral", "现金不算数，钱只往您自己那张卡里存"),
        ("refusal", "微信加不了，有话电话里说"),
        ("refusal", "红包心领了，现金真不能收"),
        ("refusal", "全免我打不了包票"),
        ("refusal", "假证明做不得，做了害您"),
        ("retraction", "刚才说开庭是我口误，是开账单日"),
        ("retraction", "我说的是催借条，不是叫您去借"),
        ("retraction", "同事说您是老赖，他不该这么说，我替他道歉"),
        ("inquiry", "说要上门堵门的，是哪天几点打来的"),
        ("care", "投诉我给您登记，编号报给您，三个工作日有人回您"),
        ("care", "想死的念头先放一放，身边有没有人，我陪您说话"),
        ("care", "不是我刷您就提争议，这笔先停催"),
        ("care", "您没有义务替他还，没您的事"),
    ],
)
def test_innocent_words_excuse_a_hit(guard: str, text: str, loose: RuleSet, policy: Policy) -> None:
    assert stands(loose, policy, text) == []
    assert who_stopped(loose, policy, text) & {guard, "negation", "quotation"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("我没说要打你，可我兄弟就不好说了", "threat_intimidation"),
        ("我们不堵门，你再拖下去就上门，自己看着办", "threat_intimidation"),
        ("我不想上门，你再不还我就上门", "threat_intimidation"),
        ("我不是吓唬你，明天警察就上门抓人", "threat_intimidation"),
        ("公司规定你今天必须还，不然上门", "threat_intimidation"),
        ("别怪我没提醒你，让全村知道就不好看了", "threat_intimidation"),
        ("去年有一个不信的，后来我们去他孩子学校，他就还了", "threat_intimidation"),
        ("你怕不是脑子灌了水泥", "abuse_insult"),
        ("不给儿孙积点德？", "abuse_insult"),
        ("你对得起谁，你就是个废物", "abuse_insult"),
        ("我不会骂你的，你就是个废物", "abuse_insult"),
        ("不是我说你，你这个老赖", "abuse_insult"),
        ("你们一家都是骗子", "abuse_insult"),
        ("欠钱不还就是诈骗，要坐牢的", "false_legal_claim"),
        ("这可不是普通民事纠纷，要判刑的", "false_legal_claim"),
        ("法院已经判了，等着坐牢吧", "false_legal_claim"),
        ("账单别看，以我报的为准，已经翻倍了", "debt_misinformation"),
        ("别怕，签了没事，走个过场", "debt_misinformation"),
        ("别家网贷先套出来", "induce_borrowing"),
        ("材料发我微信，别寄了", "off_channel_contact"),
        ("我代您存进自己卡里，扫我的二维码", "private_payment"),
        ("不用走申请，我给你减免", "unauthorized_promise"),
        ("你还完我就给你停催", "unauthorized_promise"),
        ("我劝你别投诉，没好果子吃", "escalation_failure"),
        ("道歉没门，投诉去吧", "escalation_failure"),
        ("黑名单我今天就给你登记上去", "false_credit_claim"),
        ("我不是催收，我是检察院的", "impersonation"),
    ],
)
def test_a_violation_in_innocent_looking_words_stays(
    text: str, code: str, loose: RuleSet, policy: Policy
) -> None:
    assert code in stands(loose, policy, text)


def test_what_comes_after_a_denial_counts_again(loose: RuleSet, policy: Policy) -> None:
    assert stands(loose, policy, "堵门这种事我们不做") == []
    assert stands(loose, policy, "这种事我们不做，明天堵门") == ["threat_intimidation"]


def test_a_care_word_excuses_only_the_codes_it_bears_on(loose: RuleSet, policy: Policy) -> None:
    assert stands(loose, policy, "投诉也好，想死也好，您先坐下慢慢说") == []
    assert stands(loose, policy, "您先坐下慢慢说，加微信说") == ["off_channel_contact"]


def test_an_excuse_is_no_excuse_for_words_just_taken_back(loose: RuleSet, policy: Policy) -> None:
    line = TextLine(id="1", text="明天我们就来堵门。对不起，我收回", callee="debtor")
    (finding,), _ = detect_line(line, rules=loose, policy=policy)
    assert finding.reasons[-1].startswith("correction: ")
    assert stands(loose, policy, "刚才同事说要堵门，那话不对，对不起") == []


def test_a_rule_may_switch_a_guard_off(tmp_path: Path, policy: Policy) -> None:
    (tmp_path / "private_payment.yaml").write_text(
        "code: private_payment\n"
        "rules: [{id: a.b, version: 1, name: 甲, guards: {off: [refusal]}, when: [红包]}]\n",
        "utf-8",
    )
    rules = load_rules(tmp_path, taxonomy=policy.taxonomy)
    assert stands(rules, policy, "红包收不得") == ["private_payment"]


def test_the_packaged_words_find_and_miss_their_own_examples(policy: Policy) -> None:
    words = load_guard_words(packaged_dir("lexicons") / "guards", codes=policy.taxonomy.codes)
    assert words.failing_examples() == ()
    groups = [group for name in words.guards for group in words.groups(name)]
    assert all(group.has_examples for group in groups)


def test_a_folder_may_have_words_of_its_own(tmp_path: Path, policy: Policy) -> None:
    (tmp_path / "induce_borrowing.yaml").write_text(
        "code: induce_borrowing\n"
        "rules: [{id: a.b, version: 1, name: 甲, when: [借钱], hits: [借钱去, 借钱来], "
        "misses: [你莫借钱, 不能去借钱]}]\n",
        "utf-8",
    )
    packaged = load_rules(tmp_path, taxonomy=policy.taxonomy)
    (tmp_path / "guards").mkdir()
    own = FILE + "    hits: [你莫借, 别家借]\n    misses: [莫去借]\n"
    (tmp_path / "guards" / "advice.yaml").write_text(own, "utf-8")
    rules = load_rules(tmp_path, taxonomy=policy.taxonomy)
    assert rules.version != packaged.version
    assert stands(rules, policy, "借钱那是坑") == []
    assert [failure.example for failure in check_rules(rules, policy=policy)] == [
        "dont_borrow: not found: 别家借",
        "dont_borrow: found '莫去借': 莫去借",
    ]


def test_the_documented_file_of_words_is_one(policy: Policy, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
    (written,) = re.findall(r"```yml\n(.*?)```", page, flags=re.DOTALL)
    (tmp_path / "advice.yaml").write_text(written, "utf-8")
    words = load_guard_words(tmp_path, codes=policy.taxonomy.codes)
    assert words.failing_examples() == ()


FILE = """
guard: advice
says: 在劝阻
classes: {g_dont: [别, 莫]}
groups:
  dont_borrow:
    about: 劝人不要借
    excuses: [induce_borrowing]
    says: ["<g_dont>…{3}借", "那是，坑", "^不行，", "只要…，…{2}就不打"]
    unless: [别家]
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("你可别去借", ["别去借"]),
        ("你别，去借", []),
        ("别家你去借", []),
        ("那是，坑", ["那是，坑"]),
        ("那是坑人", ["那是坑"]),
        ("不行，他说", ["不行"]),
        ("不行的他说", []),
        ("他说不行，真的", []),
        ("只要他来了，我就不打", ["只要他来了，我就不打"]),
        ("只要他来了，明天我就不打", []),
        ("莫借，莫去借", ["莫借", "莫去借"]),
    ],
)
def test_a_phrase_lies_between_pauses(text: str, found: list[str], tmp_path: Path) -> None:
    (tmp_path / "advice.yaml").write_text(FILE, "utf-8")
    words = load_guard_words(tmp_path, codes=["induce_borrowing"])
    (group,) = words.groups("advice")
    assert [phrase.text for phrase in group.find(content_of(text).spoken)] == found


@settings(deadline=None)  # the first call compiles
@given(st.text(alphabet="别莫借去家那是坑不行，。？ a1", max_size=60))
def test_a_phrase_stands_where_it_says(text: str) -> None:
    words = load_guard_words(packaged_dir("lexicons") / "guards", codes=EVERY_CODE)
    spoken = content_of(text).spoken
    for name in words.guards:
        for group in words.groups(name):
            places = group.find(spoken)
            assert all(spoken[p.start : p.end] == p.text != "" for p in places)
            assert all(a.end <= b.start for a, b in pairwise(places))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("guard: advice", "guard: advise"), "guard: Input should be"),
        (("induce_borrowing", "borrowing"), "dont_borrow: excuses unknown borrowing"),
        (("<g_dont>", "<g_do>"), "unknown word class <g_do>"),
        (("…{3}借", "…{99}借"), "a gap is written"),
        (("…{2}就", "…{99}就"), "a gap is written"),
        (("    about: 劝人不要借\n", ""), "groups.dont_borrow.about: Field required"),
        (("[别家]", "[别家"), "not valid YAML"),
    ],
)
def test_a_wrong_file_is_named(change: tuple[str, str], complaint: str, tmp_path: Path) -> None:
    (tmp_path / "advice.yaml").write_text(FILE.replace(*change), "utf-8")
    with pytest.raises(RuleError, match=r"advice\.yaml") as raised:
        load_guard_words(tmp_path, codes=["induce_borrowing"])
    assert complaint in str(raised.value)


def test_a_guard_has_one_file_and_a_group_one_home(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(FILE, "utf-8")
    (tmp_path / "b.yaml").write_text(FILE.replace("classes: {g_dont: [别, 莫]}\n", ""), "utf-8")
    with pytest.raises(RuleError, match="two files"):
        load_guard_words(tmp_path, codes=["induce_borrowing"])
    (tmp_path / "b.yaml").write_text(
        FILE.replace("classes: {g_dont: [别, 莫]}\n", "").replace("advice", "denial"), "utf-8"
    )
    with pytest.raises(RuleError, match="named twice"):
        load_guard_words(tmp_path, codes=["induce_borrowing"])
