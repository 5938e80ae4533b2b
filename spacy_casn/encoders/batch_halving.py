"""Goes on in smaller batches where an accelerator's memory is too small for one."""

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")

_logger = logging.getLogger(__name__)


class BatchHalving:
    """Cuts a batch in halves when it runs out of memory, and says so once.

    Args:
        setting: What makes batches smaller from the start, for the message.
    """

    def __init__(self, setting: str) -> None:
        self.setting = setting
        self._told = False

    def run(
        self,
        call: Callable[[list[Item]], Result],
        batches: Iterable[list[Item]],
        *,
        name: Callable[[Item], str],
    ) -> Iterator[Result]:
        """Yield each batch's result, or those of its parts, in order.

        What was too large once isn't tried again: no later batch is larger than the half.

        Args:
            call: Makes a result of some items.
            batches: The items.
            name: What an error calls an item, such as "A turn of 12 word pieces".

        Raises:
            ValueError: an item alone is too large.
        """
        largest: int | None = None
        for batch in batches:
            while batch:
                part = batch[:largest]
                try:
                    yield call(part)
                    batch = batch[len(part) :]
                except torch.OutOfMemoryError as error:
                    if len(part) == 1:
                        raise ValueError(
                            f"{name(part[0])} doesn't fit into the accelerator's memory, even "
                            f"alone: let other programs leave it more, or run on the processor."
                        ) from error
                    largest = len(part) // 2
                    self._tell(largest)

    def _tell(self, size: int) -> None:
        if not self._told:
            self._told = True
            _logger.warning(
                "A batch doesn't fit into the accelerator's memory, so it goes on with %d at "
                "once: lower %s, and no time is lost by trying.",
                size,
                self.setting,
            )
