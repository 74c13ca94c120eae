"""How a kernel is compiled: on first use, without the interpreter's lock, and kept on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

import numba
from numba.core import event

__all__ = ["announced", "kernel"]

_F = TypeVar("_F", bound=Callable[..., object])


def kernel(function: _F) -> _F:
    """Compile ``function`` with Numba when it is first called, and keep the result on disk.

    Division by zero gives infinity or NaN, as in NumPy. With ``NUMBA_DISABLE_JIT=1`` the function
    stays plain Python, so that coverage and a debugger see inside.
    """
    compiled = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return cast("_F", compiled)


@contextmanager
def announced(tell: Callable[[], None]) -> Iterator[None]:
    """Call ``tell`` once, as soon as a kernel must be compiled; not where all are on disk."""

    class Compiling(event.Listener):
        told = False

        def on_start(self, event: event.Event) -> None:
            del event
            if not self.told:
                self.told = True
                tell()

        def on_end(self, event: event.Event) -> None:
            del event

    with event.install_listener("numba:compile", Compiling()):
        yield
