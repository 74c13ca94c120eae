"""The first use of every kernel, in one process.

Runs the example of every public name of ``andon.queueing`` and short simulations with both engines,
and tells how many seconds that took, how many kernels there are, and which of them were not used.
With an empty ``NUMBA_CACHE_DIR`` the time is that of compiling them; with a full one it is what
remains: the two subtracted are the compiler's.
"""

from __future__ import annotations

import doctest
import json
import pkgutil
import sys
import time
from importlib import import_module

from benchmarks.simulation import WORKS, engine_of, model_of

__all__: list[str] = []


def main() -> None:
    begin = time.perf_counter()
    import andon.queueing

    below = pkgutil.walk_packages(andon.queueing.__path__, "andon.queueing.")
    modules = [import_module(each.name) for each in below]
    examples = doctest.DocTestFinder(recurse=True)
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
    print(json.dumps({"seconds": seconds, "kernels": len(kernels), "unused": unused}))


def _nowhere(words: str) -> None:
    """Swallow what an example says: whether they hold is for the tests."""
    sys.stderr.write(words)


if __name__ == "__main__":
    main()
