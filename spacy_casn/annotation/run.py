"""Annotates what a plan says, by one engine or the other."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..formats.faults import OnError, check_on_error
from ..formats.records import Columns
from .annotator import Annotator
from .plan import Plan, make_plan
from .progress import Progress
from .shards import Outcome, Settings, annotate_to, attempt

ENGINES = ("local", "ray")
BATCH = 128
"""Dialogues that are run at once, unless somebody waits for each."""


@dataclass(frozen=True)
class Report:
    """What was annotated.

    Args:
        dialogues: How many.
        turns: How many.
        files: Outputs that were written.
        skipped: Shards that were finished before.
        left_out: Lines, rows and dialogues that can't be read, and were left out.
        title: What the format that was read is called.
        speakers: Different names; the engine "ray" counts none.
    """

    dialogues: int
    turns: int
    files: int
    skipped: int = 0
    left_out: int = 0
    title: str = ""
    speakers: int = 0

    def read_as(self) -> str:
        """Return what was read in a few words: "WhatsApp export, 2 speakers, 431 turns"."""
        known = [
            f"{count:,} {what if count == 1 else what + 's'}"
            for count, what, least in (
                (self.dialogues, "dialogue", 2),
                (self.speakers, "speaker", 1),
                (self.turns, "turn", 0),
            )
            if count >= least
        ]
        return ", ".join([self.title, *known])


def annotate(
    model: str,
    source: str,
    output: str,
    *,
    source_format: str | None = None,
    output_format: str | None = None,
    columns: Columns | None = None,
    batch_size: int | None = None,
    n_process: int = 1,
    engine: str = "local",
    workers: int | None = None,
    on_error: OnError = "stop",
    raw: bool = False,
    neutral: float | None = None,
) -> Report:
    """Put an emotion on each turn of the dialogues in files; as the command `annotate` does.

    A file appears under its name when it is whole. Where the output is a folder, each file of
    the source becomes one there, and those that are there already are finished.

    Args:
        model: A pipeline's directory or package.
        source: A file, a folder with files of one format, or "-" for stdin; or the URL of a
            store's folder, such as "s3://bucket/chats".
        output: A file, a folder, or "-" for stdout; or the URL of a store's folder.
        source_format: The name of one of `formats.registry.formats()`; by default what the
            content is recognised as.
        output_format: The name of one of `formats.registry.writable()`; by default that of the
            ending.
        columns: Where what stands in tables.
        batch_size: Dialogues that are run at once; by default 128, or 1 from a pipe to stdout,
            where each dialogue is answered as it comes.
        n_process: Processes that share the work, for the local engine.
        engine: "local" or "ray"; the latter writes into a folder.
        workers: Workers of the engine "ray"; by default as many as there are GPUs, or cores.
        on_error: What a line, row or dialogue that can't be read leads to; see `Faults`.
        raw: Whether CSV and TSV hold text as it is, for programs. By default text that a
            spreadsheet would take for a formula, since it begins with `=`, `+`, `-` or `@`, gets an
            apostrophe before it.
        neutral: The share of neutral turns to expect, 0 to 1: the lower, the readier to call a turn
            emotional; None for the pipeline's own.

    Raises:
        ValueError: something can't be read or written, with its place; or some shards failed.
    """
    if engine not in ENGINES:
        raise ValueError(f"`engine` = {engine!r}: give one of {', '.join(ENGINES)}.")
    for name, number in (("batch_size", batch_size), ("n_process", n_process)):
        if number is not None and number < 1:
            raise ValueError(f"`{name}` = {number}: give at least 1.")
    if engine == "local" and workers is not None:
        raise ValueError(f"`workers` = {workers} is for the engine ray: give `n_process` instead.")
    if engine == "ray" and n_process != 1:
        raise ValueError(
            f"`n_process` = {n_process} is for the engine local: give `workers` instead."
        )
    plan = make_plan(
        source,
        output,
        source_format=source_format,
        output_format=output_format,
        sharded=engine == "ray",
    )
    check_on_error(on_error, plan.output if plan.shards is None else Path(output))
    settings = Settings(
        plan.source_format.name,
        plan.output_format.name,
        columns,
        batch_size or (1 if _is_live(plan) else BATCH),
        n_process,
        on_error,
        raw,
        neutral,
    )
    if plan.shards is None:
        return _into_one(model, plan, settings)
    with Progress(sum(shard.size for shard in plan.shards)) as progress:
        if engine == "ray":
            from .ray_engine import annotate_shards

            outcomes = annotate_shards(model, plan.shards, settings, progress, workers=workers)
        else:
            outcomes = _shards(model, plan, settings, progress)
    _check_failures(outcomes)
    return Report(
        sum(outcome.dialogues for outcome in outcomes),
        sum(outcome.turns for outcome in outcomes),
        len(outcomes),
        plan.skipped,
        sum(outcome.left_out for outcome in outcomes),
        plan.source_format.title,
        len(frozenset().union(*(outcome.speakers for outcome in outcomes))),
    )


def _is_live(plan: Plan) -> bool:
    return plan.output is None and any(source.is_live for source in plan.sources)


def _into_one(model: str, plan: Plan, settings: Settings) -> Report:
    annotator = Annotator.load(model, neutral=settings.neutral)
    sizes = [source.size for source in plan.sources]
    known = [size for size in sizes if size is not None]
    with Progress(sum(known) if len(known) == len(sizes) else None) as progress:
        outcome = annotate_to(annotator, plan.sources, plan.output, settings, progress)
    return Report(
        outcome.dialogues,
        outcome.turns,
        1,
        left_out=outcome.left_out,
        title=plan.source_format.title,
        speakers=len(outcome.speakers),
    )


def _shards(model: str, plan: Plan, settings: Settings, progress: Progress) -> list[Outcome]:
    @cache
    def load() -> Annotator:
        return Annotator.load(model, neutral=settings.neutral)

    outcomes = []
    for shard in plan.shards or []:
        outcomes.append(attempt(load, shard, settings, progress))
        progress.finish(shard.size)
    return outcomes


def _check_failures(outcomes: list[Outcome]) -> None:
    errors = [outcome.error for outcome in outcomes if outcome.error]
    if errors:
        shown = "; ".join(error.rstrip(".") for error in errors[:3])
        more = f" (and {len(errors) - 3} more)" if len(errors) > 3 else ""
        raise ValueError(
            f"{len(errors)} of {len(outcomes)} files failed: {shown}{more}. The others are "
            f"finished: the same command takes up what is missing."
        )
