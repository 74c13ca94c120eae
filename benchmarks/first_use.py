"""The first use of every kernel, in one process.

Runs the example of every public name of ``andon.queueing`` and short simulations with both engines,
and tells how many seconds that took, how many kernels there are, which of them were not compiled,
and which took longest, with what they call. With an empty ``NUMBA_CACHE_DIR`` the time is that of
compiling them; with a full one it is what remains: the two subtracted are the compiler's.
"""

from __future__ import annotations

import doctest
import json
import pkgutil
import sys
import time
from importlib import import_module
from typing import Any

from benchmarks.simulation import WORKS, engine_of, model_of

__all__: list[str] = []


def main() -> None:
    begin = time.perf_counter()
    from numba.core.event import install_recorder

    import andon.queueing

    below = pkgutil.walk_packages(andon.queueing.__path__, "andon.queueing.")
    modules = [import_module(each.name) for each in below]
    examples = doctest.DocTestFinder(recurse=True)
    with install_recorder("numba:compile") as recorder:
        for module in modules:
            for example in examples.find(module):
                doctest.DocTestRunner(verbose=False).run(example, out=_nowhere)
        for work, *_ in WORKS:
            engine_of(work)(model_of(work, 10_000), 1)
    seconds = time.perf_counter() - begin
    kernels = {
        f"{module.__name__.rpartition('.')[2]}.{name}": thing
        for module in modules
        for name, thing in vars(module).items()
        if hasattr(thing, "py_func") and thing.py_func.__module__ == module.__name__
    }
    unused = sorted(name for name, thing in kernels.items() if not thing.signatures)
    took = _outermost(recorder.buffer)
    slowest = {name: took[name] for name in sorted(took, key=took.__getitem__)[:-5:-1]}
    told = {"seconds": seconds, "kernels": len(kernels), "unused": unused, "slowest": slowest}
    print(json.dumps(told))


def _outermost(events: list[tuple[float, Any]]) -> dict[str, float]:
    """Seconds of compiling each kernel that was not compiled because another one calls it."""
    took: dict[str, float] = {}
    within: list[float] = []
    for at, event in events:
        if event.is_start:
            within.append(at)
            continue
        began = within.pop()
        if not within:
            name = event.data["dispatcher"].py_func.__name__
            took[name] = took.get(name, 0.0) + at - began
    return took


def _nowhere(words: str) -> None:
    """Swallow what an example says: whether they hold is for the tests."""
    sys.stderr.write(words)


if __name__ == "__main__":
    main()
