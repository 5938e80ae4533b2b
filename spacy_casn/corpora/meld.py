"""MELD (Poria et al. 2019), from its official tables: many speakers, other labels.

The tables lack some utterances (and train the whole dialogue 60): what is there is kept, in
order. They are UTF-8; older copies, with other sums, have control characters in place of
apostrophes and dashes.
"""

from ..formats.records import Columns
from .files import SplitFiles

SOURCE = SplitFiles(
    files={
        "train": "train_sent_emo.csv",
        "dev": "dev_sent_emo.csv",
        "test": "test_sent_emo.csv",
    },
    columns=Columns(
        dialogue="Dialogue_ID",
        text="Utterance",
        speaker="Speaker",
        emotion="Emotion",
        order="Utterance_ID",
    ),
    md5={
        "train_sent_emo.csv": "3a33b022655c68961c440a83c93497ec",
        "dev_sent_emo.csv": "0ff1dda801c068b6e69bf8dd83218ac2",
        "test_sent_emo.csv": "46c92f610268c703cb1a0472c76925e5",
    },
)
