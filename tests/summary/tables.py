"""Tables of made-up turns."""

from datetime import datetime, timedelta

import numpy as np

from spacy_casn.summary.table import TableBuilder, TurnTable

LABELS = ("anger", "happiness", "no emotion", "")
BEGIN = datetime(2024, 3, 1, 22, 30)


def random_table(dialogues: int = 40, *, seed: int = 0) -> TurnTable:
    """Dialogues between three speakers, one of them unknown, some turns without label or time."""
    rng = np.random.default_rng(seed)
    builder = TableBuilder()
    for number in range(dialogues):
        builder.begin(f"chat {number}")
        mood = rng.dirichlet([1, 1, 2, 0.3])
        for turn in range(rng.integers(1, 12)):
            moment = BEGIN + timedelta(hours=7 * number, minutes=turn)
            builder.add(
                f"turn {turn} of {number}",
                ("Ann", "Ben", "")[rng.integers(3)],
                LABELS[rng.choice(4, p=mood)],
                float(rng.random()),
                moment=None if number % 5 == 0 else moment,
            )
    return builder.table()


def table_of(*dialogues: list[tuple[str, str]]) -> TurnTable:
    """Each dialogue is a list of speakers with their emotions."""
    builder = TableBuilder()
    for number, turns in enumerate(dialogues):
        builder.begin(f"chat {number}")
        for speaker, emotion in turns:
            builder.add(f"{speaker} says", speaker, emotion, 0.5)
    return builder.table()
