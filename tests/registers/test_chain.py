"""The log proves itself: whatever is done to it without the key shows."""

import stat
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_pipeline.errors import RegisterError
from qc_pipeline.registers import chain
from qc_pipeline.registers.chain import FIRST_PREVIOUS, Head, NewEvent, link, verify_chain
from tests.registers.making import MARCH

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


def written(length, *, key=KEY):
    entries, previous = [], FIRST_PREVIOUS
    for number in range(1, length + 1):
        event = NewEvent(
            at=MARCH + timedelta(minutes=number),
            actor="qc" if number == 1 else f"r{number % 3}",
            action="chain.opened" if number == 1 else "finding.confirmed",
            subject="chain" if number == 1 else f"F{number}",
            payload={"note": f"第{number}条", "list": [number], "none": None},
        )
        entries.append(link(event, seq=number, prev_hash=previous, key=key))
        previous = entries[-1].hash
    return entries


def head_of(entries):
    return Head(chain_id="chain", home="/home", seq=entries[-1].seq, hash=entries[-1].hash)


def first_bad(entries, *, head=None, key=KEY):
    found = verify_chain(entries, key=key, chain_id="chain", head=head)
    return found.seq if found else None


lengths = st.integers(2, 12)


@given(lengths, st.data())
def test_what_was_written_verifies_against_every_head_on_the_way(length, data):
    entries = written(length)
    reached = data.draw(st.integers(1, length))
    # A head behind the log is what a crash between commit and head leaves: no alarm.
    assert first_bad(entries, head=head_of(entries[:reached])) is None
    assert first_bad(entries) is None


@given(lengths, st.data())
def test_an_edit_of_any_field_names_the_entry(length, data):
    entries = written(length)
    position = data.draw(st.integers(0, length - 1))
    entry = entries[position]
    edited = data.draw(
        st.sampled_from(
            [
                replace(entry, at=entry.at + timedelta(microseconds=1)),
                replace(entry, actor=entry.actor + "x"),
                replace(entry, action="finding.rejected"),
                replace(entry, subject="F999"),
                replace(entry, payload=entry.payload.replace("条", "號")),
                replace(entry, hash="f" * 64),
                replace(entry, prev_hash="f" * 64),
            ]
        )
    )
    entries[position] = edited
    assert first_bad(entries) == entry.seq


@given(lengths, st.data())
def test_a_deletion_names_the_missing_entry(length, data):
    entries = written(length)
    position = data.draw(st.integers(0, length - 2))
    gone = entries.pop(position)
    assert first_bad(entries) == gone.seq


@given(lengths, st.data())
def test_renumbering_over_a_gap_does_not_hide_it(length, data):
    entries = written(length)
    position = data.draw(st.integers(0, length - 2))
    del entries[position]
    closed = [replace(entry, seq=number) for number, entry in enumerate(entries, 1)]
    assert first_bad(closed) == position + 1


@given(st.integers(3, 12), st.data())
def test_two_entries_that_change_places_show(length, data):
    entries = written(length)
    first, second = sorted(data.draw(st.permutations(range(length)))[:2])
    a, b = entries[first], entries[second]
    entries[first], entries[second] = replace(b, seq=a.seq), replace(a, seq=b.seq)
    assert first_bad(entries) == first + 1


@given(lengths, st.data())
def test_a_log_cut_off_at_its_end_shows_against_the_head(length, data):
    entries = written(length)
    left = data.draw(st.integers(0, length - 1))
    assert first_bad(entries[:left], head=head_of(entries)) == left + 1


@given(lengths, st.data())
def test_a_log_rewritten_from_some_entry_under_another_key_shows(length, data):
    entries = written(length)
    begin = data.draw(st.integers(0, length - 1))
    forged = entries[:begin] + written(length, key=OTHER_KEY)[begin:]
    assert first_bad(forged, head=head_of(entries)) == begin + 1


def test_a_log_rewritten_under_the_right_key_still_shows_against_the_head():
    entries = written(4)
    shorter = written(3)
    other = link(
        NewEvent(MARCH, "r1", "finding.rejected", "F4", {}),
        seq=4,
        prev_hash=shorter[-1].hash,
        key=KEY,
    )
    assert first_bad([*shorter, other]) is None
    assert first_bad([*shorter, other], head=head_of(entries)) == 4


def test_an_opened_register_without_entries_was_emptied():
    assert first_bad([]) == 1
    assert verify_chain([], key=KEY, chain_id=None, head=None) is None


def test_entries_of_another_register_are_refused():
    assert verify_chain(written(2), key=KEY, chain_id="other", head=None).seq == 1


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_the_same_payload_is_always_the_same_text(value):
    payload = {"value": value, "a": 1}
    turned = dict(reversed(payload.items()))
    assert chain.canonical_json(payload) == chain.canonical_json(turned)


# --- key and head ------------------------------------------------------------------------------


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    keys = tmp_path / "keys"
    assert chain.read_key(keys) is None
    key = chain.create_key(keys)
    assert chain.create_key(keys) == key == chain.read_key(keys)
    assert stat.S_IMODE((keys / chain.KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in keys.iterdir()] == [chain.KEY_FILE]


def test_a_key_that_others_may_read_is_refused(tmp_path):
    chain.create_key(tmp_path)
    (tmp_path / chain.KEY_FILE).chmod(0o644)
    with pytest.raises(RegisterError, match="chmod 600"):
        chain.read_key(tmp_path)


@pytest.mark.parametrize("text", ["", "zz", "ab" * 16])
def test_a_damaged_key_is_refused(tmp_path, text):
    path = tmp_path / chain.KEY_FILE
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(RegisterError, match="damaged"):
        chain.read_key(tmp_path)


def test_a_writer_that_comes_late_does_not_take_the_head_back(tmp_path):
    entries = written(3)
    chain.write_head(tmp_path, head_of(entries))
    chain.write_head(tmp_path, head_of(entries[:2]))
    assert chain.read_head(tmp_path, "chain").seq == 3


def test_a_damaged_head_is_named(tmp_path):
    chain.write_head(tmp_path, head_of(written(2)))
    next(tmp_path.glob("*.head.json")).write_text("{")
    with pytest.raises(RegisterError, match="damaged"):
        chain.read_head(tmp_path, "chain")
