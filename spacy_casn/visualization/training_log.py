"""Training logs: what `spacy.ConsoleLogger` writes into its `output_file`."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ..storage import strict_json


@dataclass(frozen=True)
class TrainingLog:
    """The evaluations of one training.

    Args:
        name: The stage's: the file's name without its ending.
        steps: At which each evaluation was made.
        losses: By component, the sum since the evaluation before.
        scores: By name, on the dev split, in percent.
    """

    name: str
    steps: list[int]
    losses: dict[str, list[float]]
    scores: dict[str, list[float]]

    @property
    def mean_losses(self) -> dict[str, list[float]]:
        """By component, the mean of a step since the evaluation before."""
        sizes = [max(after - before, 1) for before, after in pairwise([-1, *self.steps])]
        return {
            name: [loss / size for loss, size in zip(sums, sizes, strict=True)]
            for name, sums in self.losses.items()
        }


def read_log(path: Path) -> TrainingLog:
    """Return the log of one training.

    Raises:
        ValueError: no such file, one without evaluations, or a line that is none.
    """
    if not path.is_file():
        raise ValueError(
            f"No training log '{path}': give what the config names as training.logger.output_file."
        )
    log = TrainingLog(path.stem, [], {}, {})
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, 1):
        try:
            entry = strict_json.loads(line)
            log.steps.append(int(entry["step"]))
            for known, values in ((log.losses, entry["losses"]), (log.scores, entry["scores"])):
                for name, value in values.items():
                    known.setdefault(name, []).append(float(value))
                if any(len(column) != number for column in known.values()):
                    raise ValueError("other names than in the lines before")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(
                f"'{path}', line {number}: no line of a training log ({error}): give what "
                f"spacy.ConsoleLogger.v3 wrote into its output_file."
            ) from error
    if not lines:
        raise ValueError(f"The training log '{path}' is empty: train until the first evaluation.")
    return log
