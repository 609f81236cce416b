"""`verify_home` on a home that somebody has been at."""

import hashlib
import shutil

import duckdb
import pytest

from qc_pipeline.errors import RegisterError
from qc_pipeline.intake.recording_store import LocalRecordingStore
from qc_pipeline.records import CallEvent, Coverage, Detection, Recording, Transcript
from qc_pipeline.registers import chain
from qc_pipeline.registers.access_log import record_access
from qc_pipeline.registers.case_desk import notify
from qc_pipeline.registers.complaint_desk import propose_from_calls
from qc_pipeline.registers.desk import confirm, reject
from qc_pipeline.registers.linked_desk import acknowledge_emergency
from qc_pipeline.registers.log import accept_shortened_log, chain_id_of
from qc_pipeline.registers.projections import rebuild
from qc_pipeline.registers.verify import verify_home
from qc_pipeline.store.artefacts import (
    detection_path,
    transcript_path,
    write_detection,
    write_transcript,
)
from qc_pipeline.store.loader import CallOutcome, load_calls, load_outcomes
from qc_pipeline.store.store import Store
from tests.registers.making import MARCH, a_call, a_finding, on, scanned


@pytest.fixture(scope="module")
def filled(tmp_path_factory, policy):
    """A home and its keys whose registers hold something of every kind: 14 entries."""
    folder = tmp_path_factory.mktemp("filled")
    store, keys = Store(folder / "home"), folder / "keys"
    store.migrate()
    first = a_finding("c1")
    major = a_finding("c2", severity="major")
    wrong = a_finding("c2", severity="major", nth=3)
    scanned(store, a_call("c1"), [first], [CallEvent("emergency", 0, 1.0, "不想活了")])
    scanned(store, a_call("c2"), [major, wrong], [CallEvent("complaint", 0, 1.0, "我要投诉")])
    said = {"at": on(20), "policy": policy, "keys": keys}
    confirm(store, first.finding_id, by="r1", **said)
    confirm(store, first.finding_id, by="r2", **said)
    case = confirm(store, major.finding_id, by="r1", **said).case
    reject(store, wrong.finding_id, by="r1", reason="quoted", **said)
    notify(store, case.case_id, by="boss", **said)
    propose_from_calls(store, policy=policy, keys=keys, at=on(20))
    acknowledge_emergency(store, "c1", by="boss", note="已上报", **said)
    return folder


@pytest.fixture
def home(filled, tmp_path, keys):
    """A copy of the filled home that a test may spoil, its keys in `keys`."""
    shutil.copytree(filled / "home", tmp_path / "home")
    shutil.copytree(filled / "keys", keys)
    return Store(tmp_path / "home")


def tamper(store, *statements):
    with duckdb.connect(store.home / "qc.duckdb") as connection:
        for statement in statements:
            connection.execute(statement).fetchall()


def register_problems(store, keys):
    report = verify_home(store, keys=keys)
    return [str(problem) for problem in report.problems if problem.where == "register"]


def entries(store):
    with store.reading() as session:
        return [(row["seq"], row["action"]) for row in session.rows("registers/events")]


def test_an_untouched_home_verifies(home, keys):
    assert register_problems(home, keys) == []
    report = verify_home(home, keys=keys)
    assert report.checked["register_entries"] == len(entries(home)) == 14
    assert report.notices == ()


def test_an_empty_home_verifies(store, keys):
    assert verify_home(store, keys=keys).ok


@pytest.mark.parametrize(
    ("statements", "first_bad"),
    [
        (["UPDATE register_events SET payload = replace(payload, 'major', 'minor') "
          "WHERE action = 'case.opened' AND payload LIKE '%major%'"], None),
        (["UPDATE register_events SET actor = 'r9' WHERE seq = 5"], 5),
        (["UPDATE register_events SET \"at\" = \"at\" - INTERVAL 1 DAY WHERE seq = 7"], 7),
        (["UPDATE register_events SET subject = 'F0' WHERE seq = 2"], 2),
        (["DELETE FROM register_events WHERE seq = 6"], 6),
        (["DELETE FROM register_events WHERE seq = 1"], 1),
        (["UPDATE register_events SET seq = 100 WHERE seq = 3",
          "UPDATE register_events SET seq = 3 WHERE seq = 4",
          "UPDATE register_events SET seq = 4 WHERE seq = 100"], 3),
        (["DELETE FROM register_events WHERE seq > 11"], 12),
        (["DELETE FROM register_events WHERE seq = 14"], 14),
        (["DELETE FROM register_events"], 1),
    ],
)  # fmt: skip
def test_tampering_with_the_log_names_the_first_bad_entry(home, keys, statements, first_bad):
    if first_bad is None:
        first_bad = next(
            row["seq"] for row in _events(home)
            if row["action"] == "case.opened" and "major" in row["payload"]
        )  # fmt: skip
    tamper(home, *statements)
    assert register_problems(home, keys)[0].startswith(f"register: entry {first_bad}: ")


def _events(store):
    with store.reading() as session:
        return session.rows("registers/events")


def test_a_log_rewritten_under_another_key_is_found(home, keys, tmp_path):
    other = chain.create_key(tmp_path / "other")
    previous, rewritten = chain.FIRST_PREVIOUS, []
    for row in _events(home):
        old = chain.RegisterEvent(**row)
        new = chain.NewEvent(old.at, "nobody", old.action, old.subject, old.details)
        entry = chain.link(new, seq=old.seq, prev_hash=previous, key=other)
        previous = entry.hash
        rewritten.append(entry)
    with duckdb.connect(home.home / "qc.duckdb") as connection:
        connection.executemany(
            "UPDATE register_events SET actor = ?, prev_hash = ?, hash = ? WHERE seq = ?",
            [[entry.actor, entry.prev_hash, entry.hash, entry.seq] for entry in rewritten],
        )
    assert register_problems(home, keys)[0].startswith("register: entry 1: ")


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE discipline_cases SET level = 'L1' WHERE level = 'L3'", "level differ"),
        ("UPDATE finding_reviews SET state = 'rejected' WHERE call_id = 'c1'", "state differ"),
        ("DELETE FROM complaints", "in the log, not in the table"),
        ("DELETE FROM emergencies", "in the log, not in the table"),
        ("INSERT INTO emergencies BY NAME (SELECT * REPLACE ('c9' AS call_id) FROM emergencies)",
         "in the table, not in the log"),
        ("UPDATE findings SET status = 'rejected' WHERE call_id = 'c1'", "the log says confirmed"),
        ("UPDATE findings SET severity = 'minor' WHERE call_id = 'c1'", "the log says critical"),
        ("UPDATE findings SET status = machine_status, held = false", "the log says"),
    ],
)  # fmt: skip
def test_a_projection_that_left_the_log_is_named_and_rebuilt(home, keys, statement, named):
    tamper(home, statement)
    assert any(named in problem for problem in register_problems(home, keys))
    with home.writing() as session:
        rebuild(session)
    assert register_problems(home, keys) == []


def test_a_verdict_that_nobody_gave_is_named_and_taken_back(home, keys):
    finding = a_finding("c3")
    scanned(home, a_call("c3"), [finding])
    tamper(home, "UPDATE findings SET status = 'confirmed', held = true WHERE call_id = 'c3'")
    [problem] = register_problems(home, keys)
    assert finding.finding_id in problem
    with home.writing() as session:
        rebuild(session)
    assert register_problems(home, keys) == []


# --- key, head, crash and restore ------------------------------------------------------------------


def test_a_crash_between_commit_and_head_is_no_alarm(store, policy, keys, monkeypatch):
    finding = a_finding("c1")
    scanned(store, a_call("c1"), [finding])
    said = {"at": on(20), "policy": policy, "keys": keys}
    confirm(store, finding.finding_id, by="r1", **said)
    with monkeypatch.context() as crash:
        crash.setattr("qc_pipeline.registers.log.write_head", _die)
        with pytest.raises(RuntimeError, match="killed"):
            confirm(store, finding.finding_id, by="r2", **said)
    assert register_problems(store, keys) == []
    assert len(entries(store)) == 6


def _die(*_):
    raise RuntimeError("killed")


def test_a_log_that_was_cut_off_takes_no_entry_that_would_hide_it(home, policy, keys):
    finding = a_finding("c4", severity="major")
    scanned(home, a_call("c4"), [finding])
    tamper(home, "DELETE FROM register_events WHERE seq > 12")
    said = {"at": on(20), "policy": policy, "keys": keys}
    with pytest.raises(RegisterError, match="reached entry 14, now it ends at 12"):
        confirm(home, finding.finding_id, by="r1", **said)
    accept_shortened_log(home, by="admin", at=on(22), reason="从备份恢复", keys=keys)
    with home.writing() as session:
        rebuild(session)
    assert register_problems(home, keys) == []
    assert confirm(home, finding.finding_id, by="r1", **said).review.state == "confirmed"
    assert (13, "chain.reseated") in entries(home)
    assert register_problems(home, keys) == []
    with pytest.raises(RegisterError, match="was not cut off"):
        accept_shortened_log(home, by="admin", at=on(22), reason="再来一次", keys=keys)


def test_without_its_key_the_register_neither_grows_nor_verifies(home, policy, keys, tmp_path):
    finding = a_finding("c4", severity="major")
    scanned(home, a_call("c4"), [finding])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    said = {"by": "r1", "at": on(20), "policy": policy}
    with pytest.raises(RegisterError, match="the register's key is not in"):
        confirm(home, finding.finding_id, keys=elsewhere, **said)
    assert list(elsewhere.iterdir()) == []
    assert "there is no key" in register_problems(home, elsewhere)[0]
    chain.create_key(elsewhere)
    with pytest.raises(RegisterError, match="does not fit the key"):
        confirm(home, finding.finding_id, keys=elsewhere, **said)
    assert "entry 1: changed" in register_problems(home, elsewhere)[0]


def test_the_key_never_lies_in_the_home_folder(home, policy):
    with pytest.raises(RegisterError, match="inside the home folder"):
        confirm(home, "F0", by="r1", at=on(20), policy=policy, keys=home.home / "keys")
    assert not (home.home / "keys").exists()


def test_a_register_put_in_the_place_of_another_is_noticed(home, policy, keys):
    finding = a_finding("c4")
    scanned(home, a_call("c4"), [finding])
    reject(home, finding.finding_id, by="r1", reason="quoted", at=on(20), policy=policy, keys=keys)
    with home.reading() as session:
        old = chain_id_of(session)
    (home.home / "qc.duckdb").unlink()
    fresh = Store(home.home)
    fresh.migrate()
    report = verify_home(fresh, keys=keys)
    assert report.ok
    assert "reached entry 15" in report.notices[0]
    assert chain.read_head(keys, old).seq == 15


# --- recordings and artefacts ---------------------------------------------------------------------------


@pytest.fixture
def filed(store, tmp_path):
    """A call with its recording, transcript and detection where a scan puts them."""
    data = b"sound of a call"
    source = tmp_path / "call.wav"
    source.write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    probed = Recording(sha256, "", "wav", "pcm_s16le", 8000, 1, 1.0, len(data))
    key = LocalRecordingStore(store.home / "recordings").put(source, probed)
    recording = Recording(sha256, key, "wav", "pcm_s16le", 8000, 1, 1.0, len(data))
    transcript = Transcript(sha256, "config", "base", "zh", 1.0, 1, 0.0, ())
    write_transcript(transcript_path(store.home, sha256, "config"), transcript)
    detection = Detection("c1", "key", "r", "p", sha256, (), (), (), (), MARCH)
    write_detection(detection_path(store.home, "c1", "key"), detection)
    load_calls(store, [a_call("c1")])
    outcome = CallOutcome("c1", Coverage("c1", "scanned", ""), recording, transcript, detection)
    load_outcomes(store, [outcome])
    return {
        "recording": store.home / "recordings" / key,
        "transcripts": transcript_path(store.home, sha256, "config"),
        "detections": detection_path(store.home, "c1", "key"),
    }


def test_files_that_are_as_they_were_verify(store, filed, keys):
    report = verify_home(store, keys=keys)
    assert report.ok
    assert report.checked == {
        "register_entries": 0, "accesses": 0, "recordings": 1, "transcripts": 1, "detections": 1,
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["recording", "transcripts", "detections"])
def test_a_changed_file_is_named(store, filed, keys, kind):
    path = filed[kind]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    [problem] = verify_home(store, keys=keys).problems
    assert problem.where.startswith(kind)
    assert path.stem in problem.where
    assert problem.remedy


@pytest.mark.parametrize("kind", ["recording", "detections"])
def test_a_file_the_database_rests_on_is_missed(store, filed, keys, kind):
    filed[kind].unlink()
    [problem] = verify_home(store, keys=keys).problems
    assert problem.where.startswith(kind)


def test_a_tampered_access_log_is_named(store, keys):
    for call in ("c1", "c2"):
        record_access(
            store.home, keys=keys, actor="r1", action="call.listened", subject=call, at=on(20)
        )
    assert verify_home(store, keys=keys).checked["accesses"] == 3
    path = store.home / "access.jsonl"
    path.write_text(path.read_text("utf-8").replace('"c1"', '"c9"'), "utf-8")
    [problem] = verify_home(store, keys=keys).problems
    assert problem.where == "access log"
    assert "entry 2" in problem.what
