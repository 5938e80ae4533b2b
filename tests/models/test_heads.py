import torch

from spacy_casn.models.heads import MetricHead, RelationClassifier

N_IN = 6


def test_the_metric_head_begins_as_tanh_and_turns_by_its_pace() -> None:
    head = MetricHead(N_IN, N_IN, dropout=0.5, pace=30.0).eval()
    turns = torch.randn(5, N_IN)
    torch.testing.assert_close(head(turns), turns.tanh())
    torch.nn.init.eye_(head.linear.weight)
    torch.testing.assert_close(head(turns), (31 * turns).tanh())


def test_relation_classifier_equals_a_loop_over_pairs() -> None:
    torch.manual_seed(0)
    classifier = RelationClassifier(N_IN, 3, width=5, dropout=0.5).eval()
    turns = torch.randn(4, N_IN)
    logits = classifier(turns)
    assert logits.shape == (4, 3)
    weight = torch.cat([classifier.turn.weight, classifier.prototype.weight], dim=1)
    for row, turn in enumerate(turns):
        for column, prototype in enumerate(classifier.prototypes):
            hidden = weight @ torch.cat([turn, prototype]) + classifier.turn.bias
            expected = classifier.score(hidden)
            torch.testing.assert_close(logits[row, column], expected[0])
