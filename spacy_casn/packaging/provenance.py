"""What known corpora and sentence encoders are, and whose: for model cards and meta.json."""

from typing import NamedTuple


class Origin(NamedTuple):
    """Something that a pipeline was made from; "" where a thing isn't known."""

    name: str
    author: str = ""
    license: str = ""
    url: str = ""


_DAILYDIALOG = Origin(
    "DailyDialog", "Li et al. 2017", "CC BY-NC-SA 4.0", "http://yanran.li/dailydialog"
)
_HUB = "https://huggingface.co/sentence-transformers"
KNOWN_DATA = {
    "dailydialog": _DAILYDIALOG,
    "dailydialog_leakfree": _DAILYDIALOG._replace(
        name="DailyDialog, without the dialogues of train that stand in dev or test"
    ),
    "meld": Origin("MELD", "Poria et al. 2019", "GPL-3.0", "https://github.com/declare-lab/MELD"),
    "goemotions": Origin(
        "GoEmotions",
        "Demszky et al. 2020",
        "CC-BY-4.0",
        "https://github.com/google-research/google-research/tree/master/goemotions",
    ),
    "xed": Origin("XED", "Öhman et al. 2020", "CC-BY-4.0", "https://github.com/Helsinki-NLP/XED"),
    "brighter": Origin("BRIGHTER", "Muhammad et al. 2025", "CC-BY-4.0"),
    "topicalchat": Origin(
        "Topical-Chat",
        "Gopalakrishnan et al. 2019",
        "CDLA-Sharing-1.0",
        "https://github.com/alexa/Topical-Chat",
    ),
    "everyday": Origin("everyday conversations of spacy_casn", license="MIT"),
    "sample": Origin("sample corpus of spacy_casn", license="MIT"),
}
"""Corpora by the names of their folders in `corpus/`."""
KNOWN_ENCODERS = {
    name: Origin(name, "sentence-transformers", "Apache-2.0", f"{_HUB}/{name}")
    for name in ("all-MiniLM-L6-v2", "all-mpnet-base-v2", "all-roberta-large-v1")
}
