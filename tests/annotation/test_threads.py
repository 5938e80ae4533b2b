"""PyTorch's threads are as many as there are idle cores, unless somebody says otherwise."""

import os
from collections.abc import Iterator

import pytest
import torch

from spacy_casn.annotation.threads import use_threads


@pytest.fixture(autouse=True)
def _four_threads_on_four_cores(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    yield
    torch.set_num_threads(before)


def loaded(monkeypatch: pytest.MonkeyPatch, load: float) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 9.0, 9.0), raising=False)


@pytest.mark.parametrize(("load", "threads"), [(0.1, 4), (1.0, 3), (2.4, 2), (4.0, 1), (50.0, 1)])
def test_a_thread_for_each_idle_core(
    monkeypatch: pytest.MonkeyPatch, load: float, threads: int
) -> None:
    loaded(monkeypatch, load)
    use_threads()
    assert torch.get_num_threads() == threads


def test_the_environment_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded(monkeypatch, 4.0)
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    use_threads()
    assert torch.get_num_threads() == 4


def test_who_asks_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded(monkeypatch, 4.0)
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    use_threads(3)
    assert torch.get_num_threads() == 3
    with pytest.raises(ValueError, match="`threads` = 0: give at least 1"):
        use_threads(0)
