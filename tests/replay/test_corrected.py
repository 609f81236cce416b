"""A corrected line is judged again, the result is shown to a person, and nothing is written."""

import io
import json

import pytest
from click.testing import CliRunner

from qc_pipeline.cli import cli
from qc_pipeline.detect.detectors import load_detectors
from qc_pipeline.errors import RegisterError
from qc_pipeline.policy import load_policy
from qc_pipeline.registers import desk
from qc_pipeline.registers.missed import MissedFinding
from qc_pipeline.replay.corrected import hear_corrected
from qc_pipeline.settings import Settings
from qc_pipeline.store.export import export_table, export_transcripts
from tests.replay.homes import a_call, judge, later

OPENING = ("agent", "您好，我是某某公司的，工号八零一，请问是王先生本人吗")
YES = ("customer", "我是")
THREAT = "你再不还钱我就带人去你家打断你的腿"
HARMLESS = "您要是方便的话今天下午给我回个电话"


class Listening:
    """A home with one call, and a reviewer who corrects its lines."""

    def __init__(self, folder, line: str) -> None:
        self.settings = Settings(home=folder / "home", keys=folder / "keys")
        self.policy = load_policy(self.settings.policy_dir)
        self.store = judge(self.settings, [a_call("c1", OPENING, YES, ("agent", line))])
        self.said = {"by": "r1", "at": later(60), "keys": self.settings.keys}

    def correct(self, text: str, index: int = 2):
        return desk.correct_line(self.store, "c1", index, text, **self.said)

    def heard(self, call_id: str = "c1"):
        rules = load_detectors(self.settings, policy=self.policy).rules
        return hear_corrected(self.store, call_id, rules=rules, policy=self.policy)

    def findings(self):
        with self.store.reading() as session:
            return session.rows("export/findings")


def codes(findings):
    return {each.code for each in findings}


def test_what_a_corrected_line_would_find_is_proposed_and_not_written(tmp_path):
    home = Listening(tmp_path, HARMLESS)
    before = home.findings()
    assert home.heard() is None, "nobody has corrected anything"
    home.correct(THREAT)
    heard = home.heard()
    assert "threat_intimidation" in codes(heard.gained)
    assert heard.lost == ()
    gained = next(each for each in heard.gained if each.code == "threat_intimidation")
    assert (gained.utterance_index, gained.utterance) == (2, THREAT)
    assert gained.matched in THREAT
    [wording] = heard.wordings
    assert (wording.text, wording.recognised) == (THREAT, HARMLESS)
    assert home.findings() == before


def test_what_a_person_has_added_is_proposed_no_more(tmp_path):
    home = Listening(tmp_path, HARMLESS)
    home.correct(THREAT)
    gained = next(each for each in home.heard().gained if each.code == "threat_intimidation")
    missed = MissedFinding(
        "c1", gained.code, gained.severity, gained.start_s, gained.end_s, "更正后", 2
    )
    desk.add_finding(home.store, missed, policy=home.policy, **home.said)
    assert "threat_intimidation" not in codes(home.heard().gained)


def test_what_a_corrected_line_would_lose_is_proposed_until_a_person_has_rejected_it(tmp_path):
    home = Listening(tmp_path, THREAT)
    before = home.findings()
    home.correct(HARMLESS)
    lost = home.heard().lost
    assert "threat_intimidation" in codes(lost)
    assert {each.finding_id for each in lost} <= {row["finding_id"] for row in before}
    assert home.findings() == before
    for each in lost:
        desk.reject(
            home.store, each.finding_id, reason="recognition_error", policy=home.policy, **home.said
        )
    assert home.heard().lost == ()


def test_words_for_a_register_that_are_heard_only_now_are_named(tmp_path):
    home = Listening(tmp_path, HARMLESS)
    home.correct("我不想活了，我现在就去跳楼", index=1)
    assert "emergency" in {each.kind for each in home.heard().signals}


def test_a_correction_that_changes_nothing_says_so(tmp_path):
    home = Listening(tmp_path, HARMLESS)
    home.correct(HARMLESS.replace("下午", "上午"))
    heard = home.heard()
    assert not heard.changes
    assert len(heard.wordings) == 1


def test_without_the_transcript_nobody_can_tell(tmp_path):
    home = Listening(tmp_path, HARMLESS)
    home.correct(THREAT)
    for file in (home.settings.home / "transcripts").glob("*/*.json"):
        file.unlink()
    assert home.heard().missing
    with pytest.raises(RegisterError, match="no call c404"):
        home.heard("c404")


def test_exports_show_both_wordings(tmp_path):
    home = Listening(tmp_path, HARMLESS)
    home.correct("我的号码是13912345678", index=1)
    rows = io.BytesIO()
    export_table(home.store, "corrections", format="jsonl", target=rows)
    [line] = [json.loads(line) for line in rows.getvalue().decode().splitlines()]
    assert (line["index"], line["recognised"], line["corrected_by"]) == (1, YES[1], "r1")
    assert line["text"] == "我的号码是" + "＊" * 11
    for kind in ("vtt", "srt"):
        file = io.BytesIO()
        export_transcripts(home.store, format=kind, target=file, unmasked=True)
        shown = file.getvalue().decode()
        assert "我是" in shown
        assert "〔更正：我的号码是13912345678〕" in shown
    file = io.BytesIO()
    export_transcripts(home.store, format="json", target=file, unmasked=True)
    [call] = json.loads(file.getvalue())
    assert call["utterances"][1]["corrected_text"] == "我的号码是13912345678"


def test_the_shell_shows_the_proposal_and_the_commands_to_take_it_up(tmp_path, monkeypatch):
    home = Listening(tmp_path, HARMLESS)
    monkeypatch.setenv("QC_KEYS", str(home.settings.keys))

    def qc(*words: str) -> str:
        done = CliRunner().invoke(cli, ["review", *words, "--home", str(home.settings.home)])
        assert done.exit_code == 0, done.output
        return done.output

    assert "没有更正过的句子" in qc("corrected", "c1")
    before = home.findings()
    said = qc("correct", "c1", "2", THREAT, "--by", "r1")
    assert "仅为提示" in said
    assert "qc review add c1 threat_intimidation --as critical --line 2 --start" in said
    shown = qc("corrected", "c1")
    assert f"{HARMLESS} → {THREAT}" in shown
    [row] = json.loads(qc("corrected", "c1", "--json"))
    assert [each["text"] for each in row["wordings"]] == [THREAT]
    assert row["gained"]
    assert home.findings() == before
