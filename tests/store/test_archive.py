"""An archive gives back what was put in, or says in our own words that it can't."""

import io
import re

import pytest

from qc_pipeline.store.archive import read_archive, write_archive

CONTENT = {"index.html": "投诉".encode(), "facts.json": b"{}"}


def packed() -> bytes:
    file = io.BytesIO()
    write_archive(file, CONTENT)
    return file.getvalue()


def test_what_was_put_in_comes_out_and_the_bytes_are_the_same_each_time():
    assert read_archive(io.BytesIO(packed())) == CONTENT
    assert packed() == packed()


OUR_WORDS = re.compile(r"打不开：|其中的 .* 已损坏|.* 在其中出现了两次", re.S)


def test_whichever_bit_is_changed_no_error_of_the_zip_library_comes_through():
    whole = packed()
    told = [
        damage_of(whole[:at] + bytes([whole[at] ^ (1 << bit)]) + whole[at + 1 :])
        for at in range(len(whole))
        for bit in range(8)
    ]
    assert any(told)
    assert all(OUR_WORDS.match(words) for words in told if words is not None)


def damage_of(data: bytes) -> str | None:
    """What is said of an archive, None if it can be read."""
    try:
        read_archive(io.BytesIO(data))
    except ValueError as error:
        return str(error)
    return None


@pytest.mark.parametrize("length", [0, 1, 21, 60, 200])
def test_what_was_cut_off_is_no_archive(length):
    with pytest.raises(ValueError, match="打不开"):
        read_archive(io.BytesIO(packed()[:length]))
