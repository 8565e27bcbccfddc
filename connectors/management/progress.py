"""A progress bar of rows, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm


@contextmanager
def bar() -> Iterator[Callable[[str, int], None]]:
    """Takes (what, how many more) and shows it on standard error where somebody looks."""
    with tqdm(unit=" rows", file=sys.stderr, disable=not sys.stderr.isatty(), leave=False) as line:

        def advance(what: str, more: int) -> None:
            line.set_description(what, refresh=False)
            line.update(more)

        yield advance
