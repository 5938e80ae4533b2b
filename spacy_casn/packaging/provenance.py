"""What known corpora and sentence encoders are, and whose: for model cards and meta.json."""

from typing import NamedTuple

from ..corpora.corpus import known


class Origin(NamedTuple):
    """Something that a pipeline was made from; "" where a thing isn't known."""

    name: str
    author: str = ""
    license: str = ""
    url: str = ""


_HUB = "https://huggingface.co/sentence-transformers"
_LEAK_FREE = "_leakfree"
"""Ends the name of a corpus' folder that `convert --leak-free` wrote."""
KNOWN_ENCODERS = {
    name: Origin(name, "sentence-transformers", "Apache-2.0", f"{_HUB}/{name}")
    for name in ("all-MiniLM-L6-v2", "all-mpnet-base-v2", "all-roberta-large-v1")
}


def origin_of(data: str) -> Origin:
    """Tell whose the data of a name is: a known corpus, the sample corpus, or the name alone."""
    corpus = known().get(data.removesuffix(_LEAK_FREE))
    if corpus is None:
        return Origin(data, license="MIT" if data == "sample" else "")
    without = ", without the dialogues of train that stand in dev or test"
    return Origin(
        corpus.title + (without if data.endswith(_LEAK_FREE) else ""),
        corpus.author,
        corpus.license,
        corpus.source if corpus.source.startswith("http") else "",
    )
