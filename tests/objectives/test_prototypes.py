import numpy as np
import torch

from spacy_casn.objectives.prototypes import Prototypes


def test_cosines_are_those_to_the_mean_of_the_unit_vectors() -> None:
    torch.manual_seed(0)
    vectors, classes = torch.randn(20, 5), torch.arange(20) % 3
    prototypes = Prototypes(vectors, classes, 4)
    queries = torch.randn(6, 5)
    cosines = prototypes.cosines(queries)
    for number in range(3):
        members = [vectors[row] / vectors[row].norm() for row in range(20) if row % 3 == number]
        mean = torch.stack(members).mean(0)
        expected = torch.cosine_similarity(queries, mean[None])
        torch.testing.assert_close(cosines[:, number], expected)
    assert (cosines[:, 3] == -1).all()


def test_the_prior_is_the_share_of_the_turns() -> None:
    prototypes = Prototypes(torch.randn(4, 3), torch.tensor([0, 0, 0, 1]), 3)
    prior = np.exp(prototypes.log_prior())
    np.testing.assert_allclose(prior[:2], [0.75, 0.25])
    assert 0 < prior[2] < 0.25
