"""Ctrl-C while worker processes annotate, and a service's event loop."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from spacy.language import Language

from spacy_casn.pipeline.loading import load_pipeline

TEXTS = ["You won!\nReally?", "The cake is terrible.", "Ann: Hello there!\nBen: Thank you."]
SCRIPT = """
import itertools, sys, spacy
nlp = spacy.load(sys.argv[1])
texts = itertools.repeat("You won!\\nReally?")
for doc in nlp.pipe(texts, n_process=2, batch_size=4):
    print(doc.spans["turns"][0].label_, flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="there are no process groups here")
def test_an_interrupted_pipe_leaves_no_workers(model: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, model],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdout is not None
    with process:  # ends when it has ended
        assert process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        process.stdout.read()
    assert process.returncode
    deadline = time.monotonic() + 60
    while _lives(process.pid):
        assert time.monotonic() < deadline, "a worker lives on"
        time.sleep(0.05)


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_event_loop_gets_what_a_call_does(trained: Language, model: str) -> None:
    nlp, _ = load_pipeline(model)
    expected = [doc.spans["turns"].attrs["scores"].copy() for doc in map(trained, TEXTS)]

    async def answer() -> list[np.ndarray]:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(4) as pool:
            docs = await asyncio.gather(*(loop.run_in_executor(pool, nlp, t) for t in TEXTS * 20))
        return [doc.spans["turns"].attrs["scores"].copy() for doc in docs]

    for found, known in zip(asyncio.run(answer()), expected * 20, strict=True):
        np.testing.assert_allclose(found, known, atol=1e-5)
