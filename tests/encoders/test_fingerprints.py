from collections import OrderedDict

import torch
from torch import nn

from spacy_casn.encoders.fingerprints import fingerprint_of, former_fingerprint_of


def encoder(name: str, *, seed: int = 0) -> nn.Module:
    """Weights as sentence-transformers names them, which differs between its versions."""
    torch.manual_seed(seed)
    inner = nn.Sequential(OrderedDict([(name, nn.Linear(3, 2))]))
    return nn.Sequential(inner)


def test_names_do_not_count_but_weights_and_length_do() -> None:
    known = fingerprint_of(encoder("model"), 256)
    assert fingerprint_of(encoder("auto_model"), 256) == known
    assert fingerprint_of(encoder("model", seed=1), 256) != known
    assert fingerprint_of(encoder("model"), 128) != known


def test_the_sums_of_versions_before_are_found_whatever_the_names_are_now() -> None:
    old = former_fingerprint_of(encoder("model"), 256)
    assert former_fingerprint_of(encoder("auto_model"), 256) == old
    assert former_fingerprint_of(encoder("model", seed=1), 256) != old
