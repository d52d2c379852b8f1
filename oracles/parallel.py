"""Tasks done by several processes, their results in the order of the tasks."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from typing import TypeVar

Given = TypeVar("Given")
Result = TypeVar("Result")

AHEAD = 8
"""Tasks that wait for each process: enough that none is idle, few enough to stop early."""


def in_order(
    function: Callable[[Given], Result], tasks: Iterable[Given], workers: int
) -> Iterator[Result]:
    """`function` of each task. With one worker in this process; ends what it has started when the
    caller stops."""
    if workers == 1:
        yield from map(function, tasks)
        return
    waiting: deque[Future[Result]] = deque()
    rest = iter(tasks)
    # spawn: a forked process would share the threads' locks of torch
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context)
    try:
        for task in islice(rest, workers * AHEAD):
            waiting.append(pool.submit(function, task))
        while waiting:
            result = waiting.popleft().result()
            for task in islice(rest, 1):
                waiting.append(pool.submit(function, task))
            yield result
    finally:
        pool.shutdown(cancel_futures=True)
