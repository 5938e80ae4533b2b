"""Memory that was freed goes back to the system."""

import os
from pathlib import Path

import pytest

from spacy_casn import compat
from spacy_casn.compat import FreedMemory

STATM = Path("/proc/self/statm")


def memory_in_use() -> int:
    """In bytes."""
    return int(STATM.read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(compat._malloc_trim() is None, reason="the C library keeps nothing")
def test_freed_blocks_go_back_to_the_system() -> None:
    blocks = [bytearray(100_000) for _ in range(1000)]
    pins = blocks[::10]  # so that what is free lies between what isn't
    del blocks
    before = memory_in_use()
    FreedMemory(compat._malloc_trim()).give_back()
    assert before - memory_in_use() > 50e6
    assert len(pins) == 100


def test_it_takes_a_small_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    calls = []

    def trim(pad: int) -> None:
        calls.append(clock[0])
        clock[0] += 0.05

    monkeypatch.setattr(compat, "perf_counter", lambda: clock[0])
    freed = FreedMemory(trim)
    while clock[0] < 100:
        freed.give_back()
        clock[0] += 0.01
    assert 5 <= len(calls) <= 10  # of 0.05 s each: at most 0.5 % of 100 s


def test_nothing_happens_where_the_c_library_has_no_such_function() -> None:
    FreedMemory(None).give_back()
