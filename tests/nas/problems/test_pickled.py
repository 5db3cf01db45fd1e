"""The reader of pickles: it reads what CIFAR's files hold, runs nothing, and refuses everything else by name."""

from __future__ import annotations

import os
import pickle
import struct
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.core.errors import InvalidData
from nas.problems.datasets.pickled import MOST_INSTRUCTIONS, read_pickled_dict
from tests.nas.problems.cifar_files import batch, pixels, python2_pickle, python3_pickle

_ran: list[str] = []


def note(what: str) -> str:
    _ran.append(what)
    return what


class Sentinel:
    def __reduce__(self) -> Any:
        return (note, ("a pickle was run",))


class OfTheSystem:
    def __reduce__(self) -> Any:
        return (os.system, ("true",))


class Evaluated:
    def __reduce__(self) -> Any:
        return (eval, ("1 + 1",))


def refusal(data: bytes) -> str:
    with pytest.raises(InvalidData) as caught:
        read_pickled_dict(data, "batch")
    return str(caught.value)


def test_the_writer_of_these_tests_writes_what_python_reads() -> None:
    """So that the tests show the reader what Python 2 wrote, and not what suits it."""
    expected = batch(300)
    found = pickle.loads(python2_pickle(expected), encoding="latin1")
    assert np.array_equal(found.pop("data"), expected.pop("data"))
    assert found == expected


def test_a_batch_of_python_2_is_read() -> None:
    expected = batch(300)  # more than 256 memo entries and labels of one and two bytes
    found = read_pickled_dict(python2_pickle({**expected, "sizes": [0, 255, 256, 65535, 65536, -1]}), "batch")
    data = found["data"]
    assert isinstance(data, np.ndarray)
    assert data.dtype == np.uint8
    assert np.array_equal(data, expected["data"])
    assert found["labels"] == expected["labels"]
    assert found["filenames"] == [name.encode() for name in expected["filenames"]]
    assert found["sizes"] == [0, 255, 256, 65535, 65536, -1]


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_what_python_3_saves_again_is_read(protocol: int) -> None:
    expected = batch(20)
    found = read_pickled_dict(
        python3_pickle({**expected, "big": 2**40, "nothing": None, "yes": True}, protocol), "batch"
    )
    assert np.array_equal(found.pop("data"), expected.pop("data"))  # type: ignore[arg-type]
    assert found == {**expected, "big": 2**40, "nothing": None, "yes": True}


def test_the_modules_of_older_numpy_are_known() -> None:
    data = python3_pickle(batch(4), 3)
    older = data.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    newer = older.replace(b"numpy.core.multiarray", b"numpy._core.multiarray")
    assert older != newer
    for given_bytes in (older, newer):
        assert np.array_equal(read_pickled_dict(given_bytes, "batch")["data"], pixels(4))  # type: ignore[arg-type]


@pytest.mark.parametrize("write", [python2_pickle, lambda value: python3_pickle(value, 4)])
def test_arrays_in_column_order_are_read_as_they_are(write: Any) -> None:
    found = read_pickled_dict(write({"data": np.asfortranarray(pixels(7))}), "batch")["data"]
    assert np.array_equal(found, pixels(7))  # type: ignore[arg-type]


# What is refused


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize(
    ("evil", "name"),
    [
        (Sentinel(), "test_pickled.note"),
        (OfTheSystem(), "system"),
        (Evaluated(), "eval"),
        (np.zeros(3).dtype.type(1), "numpy"),
        (np.array([Sentinel()], dtype=object), "dtype|type O8"),
        ({1, 2}, "set"),
        (complex(1, 2), "complex"),
        (np.random.default_rng, "default_rng"),
    ],
    ids=["ours", "system", "eval", "scalar", "objects", "set", "complex", "function"],
)
def test_names_that_are_no_array_are_refused_and_not_called(evil: Any, name: str, protocol: int) -> None:
    told = refusal(python3_pickle(batch(2, extra=evil), protocol))
    if isinstance(evil, set) and protocol == 4:
        assert "the instruction EMPTY_SET" in told
    else:
        assert any(part in told for part in name.split("|")), told
    assert not _ran


def test_protocols_0_1_and_5_are_refused() -> None:
    for protocol in (0, 1, 5):
        assert "is not pickled in protocol 2, 3 or 4" in refusal(python3_pickle(batch(2), protocol))


@pytest.mark.parametrize(
    ("instructions", "told"),
    [
        (b"}U\x01aG" + bytes(8) + b"s.", "the instruction BINFLOAT"),
        (b"\x8b" + struct.pack("<i", 2**31 - 1), "the instruction LONG4"),
        (b"\x8a\xff" + b"\x7f" * 255 + b".", "a whole number of 255 bytes"),
        (b"I" + b"9" * 5000 + b"\n.", "the instruction INT"),
        (b"}(P1\nU\x01as.", "the instruction PERSID"),
        (b"\x82\x01.", "the instruction EXT1"),
        (b"(ios\nsystem\n.", "the instruction INST"),
        (b"cos\nsystem\nU\x04true\x85R.", "os.system"),
        (b"\x8c\x02os\x8c\x06system\x93.", "os.system"),
        (b"]]\x93.", "uses ?.?"),
        (b"cnumpy\nndarray\n)\x81.", "the instruction NEWOBJ"),
        (b"cnumpy\nndarray\n)R.", "numpy.ndarray in an unknown way"),
        (b"cnumpy\ndtype\n]\x85R.", "numpy.dtype in an unknown way"),
        (b"cnumpy\ndtype\n]NN\x87R.", "numpy.dtype in an unknown way"),
        (b"c_codecs\nencode\nX\x01\x00\x00\x00aX\x05\x00\x00\x00rot13\x86R.", "_codecs.encode in an unknown way"),
        (b"U\x01a)R.", "a call of something that is no function"),
        (b"}}b.", "the state of an object"),
        (b"})Ns.", "a key of type tuple"),
        (b"\xff", "the instruction 0xff"),
        (b"j" + struct.pack("<I", 10**9) + b".", "damaged pickle"),
        (b"h\x00.", "damaged pickle"),
        (b"q\x01.", "damaged pickle"),
        (b"0.", "the instruction POP"),
        (b"u.", "damaged pickle"),
        (b"}(Nu.", "damaged pickle"),
        (b"](Nu.", "damaged pickle"),
        (b"}Na.", "damaged pickle"),
        (b"R.", "damaged pickle"),
        (b".", "damaged pickle"),
        (b"(.", "damaged pickle"),
        (b"}}.", "damaged pickle"),
        (b"}.}", "damaged pickle"),
        (b"X\x01\x00\x00\x00\xff.", "damaged pickle"),
        (b"c" + b"a" * 1000, "damaged pickle"),
        (b"B" + struct.pack("<I", 2**32 - 1), "ends in the middle"),
        (b"", "ends in the middle"),
        (b"].", "holds a list; expected a dictionary"),
    ],
)  # fmt: skip
def test_every_other_instruction_is_refused_by_name(instructions: bytes, told: str) -> None:
    assert told in refusal(b"\x80\x02" + instructions)


def test_a_memo_place_far_away_takes_no_memory() -> None:
    data = b"\x80\x02}r" + struct.pack("<I", 10**9) + b"U\x01aj" + struct.pack("<I", 10**9) + b"s."
    found = read_pickled_dict(data, "batch")
    assert list(found) == ["a"]


def test_values_nested_without_end_are_harmless_or_too_many() -> None:
    deep = b"\x80\x02}U\x01a" + b"(" * 100_000 + b"N" + b"t" * 100_000 + b"s."
    assert set(read_pickled_dict(deep, "batch")) == {"a"}
    doubled = b"\x80\x02}U\x01a(Nq\x00" + b"h\x00h\x00\x86q\x00" * 5_000 + b"ts."  # 2 ** 5000 leaves if written out
    assert set(read_pickled_dict(doubled, "batch")) == {"a"}
    assert f"more than {MOST_INSTRUCTIONS:,} pickled values" in refusal(b"\x80\x02" + b"}" * (MOST_INSTRUCTIONS + 1))


def test_a_long_text_is_not_encoded_again_and_again() -> None:
    text = b"X" + struct.pack("<I", 1_000_000) + b"a" * 1_000_000 + b"q\x00X\x06\x00\x00\x00latin1\x86q\x01"
    again = b"c_codecs\nencode\nh\x01R"
    assert "damaged pickle" in refusal(b"\x80\x02" + text + again * 3)


@pytest.mark.parametrize("keep", [0, 1, 2, 3, 50, 200, -1, -2, -300])
def test_a_cut_off_pickle(keep: int) -> None:
    told = refusal(python2_pickle(batch(3))[:keep])
    assert "ends in the middle" in told or "damaged" in told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda raw: raw.replace(b"M\x00\x0c", b"M\x01\x0c"), "holds an array of 2 × 3073 bytes with 6,144 in it"),
        (lambda raw: raw.replace(b"U\x02u1", b"U\x02f8"), "holds an array of type f8; expected uint8"),
        (lambda raw: raw.replace(b"U\x02u1", b"U\x02O8"), "holds an array of type O8; expected uint8"),
        (lambda raw: raw.replace(b"(K\x01K\x02M\x00\x0c\x86", b"(K\x01J\xff\xff\xff\xffM\x00\x0c\x86"), "damaged"),
        (lambda raw: raw.replace(b"U\x01b\x87", b"U\x01c\x87"), "_reconstruct in an unknown way"),
    ],
)
def test_arrays_that_are_not_what_they_say(change: Any, told: str) -> None:
    whole = python2_pickle(batch(2))
    broken = change(whole)
    assert broken != whole
    assert told in refusal(broken)


@settings(max_examples=300)
@given(
    changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=8),
    protocol=st.sampled_from([0, 2, 3, 4]),
    cut=st.integers(0, 400),
)
def test_damaged_bytes_never_crash_import_or_run_anything(
    changes: list[tuple[int, int]], protocol: int, cut: int
) -> None:
    """Protocol 0 stands for Python 2 here. The pixels come last, so most changes hit instructions."""
    value = {
        "labels": [1, 2],
        "names": ["a", "b"],
        "evil": Sentinel() if protocol else "c",
        "data": np.zeros((1, 50), np.uint8),
    }
    data = bytearray(python3_pickle(value, protocol) if protocol else python2_pickle(value))
    for place, byte in changes:
        data[place % len(data)] = byte
    before = set(sys.modules)
    try:
        read_pickled_dict(bytes(data[: len(data) - cut] if cut < 200 else data), "batch")
    except InvalidData as error:
        assert str(error).startswith("batch ")
    assert set(sys.modules) == before
    assert not _ran


@settings(max_examples=300)
@given(body=st.binary(max_size=200))
def test_any_bytes_never_crash(body: bytes) -> None:
    try:
        read_pickled_dict(b"\x80\x02" + body, "batch")
    except InvalidData as error:
        assert str(error).startswith("batch ")
