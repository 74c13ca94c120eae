"""How a kernel is compiled: on first use, without the interpreter's lock, and kept on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba import types
from numba.core import event

__all__ = ["announced", "kernel", "lean_kernel"]

_F = TypeVar("_F", bound=Callable[..., object])


def kernel(function: _F) -> _F:
    """Compile ``function`` with Numba when it is first called, and keep the result on disk.

    Division by zero gives infinity or NaN, as in NumPy. With ``NUMBA_DISABLE_JIT=1`` the function
    stays plain Python, so that coverage and a debugger see inside.
    """
    return _compiled(function)


def lean_kernel(function: _F) -> _F:
    """:func:`kernel` for a function that makes no array, but only uses those it is given.

    It need not count who refers to them. Where kernels call each other in a loop, that counting
    was more than half of the time.
    """
    return _compiled(function, _nrt=False)


def _compiled(function: _F, **options: bool) -> _F:
    njit: Any = numba.njit  # its published types leave some options out
    compiled = njit(
        cache=True,
        nogil=True,
        error_model="numpy",
        no_cfunc_wrapper=True,
        no_rewrites=True,  # of whole-array expressions, which kernels do without
        **options,
    )(function)
    if hasattr(compiled, "get_call_template"):
        _take_constants_as_numbers(compiled)
        _keep_while_all_kernels_are_the_same(compiled)
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


def _keep_while_all_kernels_are_the_same(compiled: Any) -> None:
    """What is kept on disk is compiled anew when any kernel's file changes, not only its own.

    Kernels build in constants and functions of their neighbours; Numba looks at one file alone, and
    old code that reads a changed layout of memory ends the process.
    """
    file: Any = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if file is not None:
        file._source_stamp = _stamp()  # noqa: SLF001 - Numba has no public way


@cache
def _stamp() -> tuple[tuple[str, int, int], ...]:
    """Name, time and size of every kernel's file."""
    files = ((each.name, each.stat()) for each in sorted(Path(__file__).parent.glob("*.py")))
    return tuple((name, about.st_mtime_ns, about.st_size) for name, about in files)


def _take_constants_as_numbers(compiled: Any) -> None:
    """Let calls with different constants share one compiled form.

    Numba would compile a kernel anew for each constant that another kernel hands to it, and first
    use would take twice as long. Constants still reach what is small enough to be built in.
    """
    template = compiled.get_call_template
    number: Any = types.unliteral

    def shared(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        return template(
            tuple(number(each) for each in args),
            {name: number(each) for name, each in kws.items()},
        )

    compiled.get_call_template = shared
