"""Caseload: the contacts of each advisor in each cell, as sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andon.errors import QuestionError
from andon.goodhart.absorbed import Absorbed, absorb, added

__all__ = ["Caseload", "Fact", "Products"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SUMS: Final = ("n", "x", "y", "xx", "xy", "yy")
_ROUNDING: Final = 1e-9
_LOOKED_UP: Final = 50_000_000
"""Labels within so wide a range are numbered by a table: 400 MB at most."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Products:
    """Sums of products of three and four over the contacts of each row, shape (rows,) each.

    Only standard errors that take each contact as its own unit need them.
    """

    xxx: Floats
    xxy: Floats
    xyy: Floats
    xxxx: Floats
    xxxy: Floats
    xxyy: Floats


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Fact:
    """Sums of something that was known before the contact.

    Attributes
    ----------
    w, ww, xw : array
        Sums over the contacts of each row of the fact, its square, and its product with x.
    """

    w: Floats
    ww: Floats
    xw: Floats


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Caseload:
    """Contacts of each advisor in each cell, as sums; sorted by cell and advisor.

    Made by :meth:`of`. ``x`` is what is priced (handle time), ``y`` the outcome.

    Attributes
    ----------
    cell, advisor : array
        Numbered from 0; shape (rows,).
    cell_names, advisor_names : array
        What each number stood for.
    n, x, y, xx, xy, yy : array
        Contacts, and sums over them, of each row.
    controls : array, optional
        Shape (rows, controls): the same for all contacts of a row.
    facts : mapping of str to Fact
        Known before the contact.
    products : Products, optional
    left_out : int
        Contacts that were alone in their cell: nothing is left of them once cells are absorbed.
    """

    cell: Ints
    advisor: Ints
    cell_names: npt.NDArray[Any]
    advisor_names: npt.NDArray[Any]
    n: Floats
    x: Floats
    y: Floats
    xx: Floats
    xy: Floats
    yy: Floats
    left_out: int
    controls: Floats | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    products: Products | None = None

    @classmethod
    def of(
        cls,
        *,
        cell: npt.ArrayLike,
        advisor: npt.ArrayLike,
        n: npt.ArrayLike,
        x: npt.ArrayLike,
        y: npt.ArrayLike,
        xx: npt.ArrayLike,
        xy: npt.ArrayLike,
        yy: npt.ArrayLike,
        controls: npt.ArrayLike | None = None,
        facts: Mapping[str, Fact] | None = None,
        products: Products | None = None,
    ) -> Caseload:
        """Check sums by cell and advisor, and put them in order.

        Parameters
        ----------
        cell, advisor : array
            What contacts were exchangeable in (queue, type and interval), and who served them; any
            values that can be sorted, shape (rows,). A pair may have several rows.
        n, x, y, xx, xy, yy : array
            Contacts (whole, 1 or more) and sums over them, shape (rows,).
        controls : array, optional
            Shape (rows, controls), the same for all contacts of a row: leverages need them exactly.
        facts : mapping of str to Fact, optional
        products : Products, optional

        Raises
        ------
        QuestionError
            If there is no row, shapes differ, something is missing or no number, or sums cannot be
            those of contacts.

        Examples
        --------
        >>> cases = Caseload.of(
        ...     cell=["mon", "mon"], advisor=["a", "b"], n=[2, 1], x=[300, 200], y=[1, 0],
        ...     xx=[50_000, 40_000], xy=[100, 0], yy=[1, 0],
        ... )
        >>> cases.contacts, cases.advisors, cases.cells
        (3, 2, 1)
        """
        columns: dict[str, Floats] = {
            name: np.atleast_1d(np.asarray(each, dtype=np.float64))
            for name, each in zip(_SUMS, (n, x, y, xx, xy, yy), strict=True)
        }
        cells, advisors = np.atleast_1d(np.asarray(cell)), np.atleast_1d(np.asarray(advisor))
        table = None
        if controls is not None:
            table = np.asarray(controls, dtype=np.float64)
            columns |= {f"control {k}": each for k, each in enumerate(np.atleast_2d(table.T))}
        for name, fact in (facts or {}).items():
            columns |= {f"{name} {k}": getattr(fact, k) for k in Fact.__slots__}
        if products is not None:
            columns |= {name: getattr(products, name) for name in Products.__slots__}
        _check(cells, advisors, columns)

        cell_names, of_cell = _numbered(cells)
        contacts = added(of_cell, columns["n"], len(cell_names))
        kept = contacts[of_cell] > 1.5
        left_out = round(float(columns["n"][~kept].sum()))
        if left_out:
            cell_names, of_cell = _renumbered(cell_names, of_cell[kept])
            advisors = advisors[kept]
        advisor_names, of_advisor = _numbered(advisors)
        place = of_cell * max(len(advisor_names), 1) + of_advisor
        order = None if (place[1:] >= place[:-1]).all() else np.argsort(place, kind="stable")
        del place

        def sorted_(each: Any) -> Any:
            some = each[kept] if left_out else each
            return some if order is None else some[order]

        return cls(
            cell=of_cell if order is None else of_cell[order],
            advisor=of_advisor if order is None else of_advisor[order],
            cell_names=cell_names,
            advisor_names=advisor_names,
            **{name: sorted_(columns[name]) for name in _SUMS},
            left_out=left_out,
            controls=None if table is None else sorted_(table.reshape(len(kept), -1)),
            facts={
                name: Fact(**{k: sorted_(getattr(fact, k)) for k in Fact.__slots__})
                for name, fact in (facts or {}).items()
            },
            products=None
            if products is None
            else Products(**{k: sorted_(getattr(products, k)) for k in Products.__slots__}),
        )

    @classmethod
    def alike(
        cls,
        *,
        cell: npt.ArrayLike,
        advisor: npt.ArrayLike,
        n: npt.ArrayLike,
        x: npt.ArrayLike,
        y: npt.ArrayLike,
        controls: npt.ArrayLike | None = None,
        facts: Mapping[str, npt.ArrayLike] | None = None,
    ) -> Caseload:
        """The same from rows of ``n`` contacts with one ``x`` and one ``y`` each.

        With ``n`` of 1 these are the contacts themselves.
        """
        size, a, b = (np.atleast_1d(np.asarray(each, dtype=np.float64)) for each in (n, x, y))
        w = {name: np.asarray(each, dtype=np.float64) for name, each in (facts or {}).items()}
        return cls.of(
            cell=cell,
            advisor=advisor,
            n=size,
            x=size * a,
            y=size * b,
            xx=size * a * a,
            xy=size * a * b,
            yy=size * b * b,
            controls=controls,
            facts={
                name: Fact(w=size * each, ww=size * each**2, xw=size * a * each)
                for name, each in w.items()
            },
            products=Products(
                xxx=size * a**3,
                xxy=size * a * a * b,
                xyy=size * a * b * b,
                xxxx=size * a**4,
                xxxy=size * a**3 * b,
                xxyy=size * a * a * b * b,
            ),
        )

    @property
    def contacts(self) -> int:
        """Contacts that share their cell with another."""
        return round(float(self.n.sum()))

    @property
    def advisors(self) -> int:
        """Advisors of those contacts."""
        return len(self.advisor_names)

    @property
    def cells(self) -> int:
        """Cells of two contacts or more."""
        return len(self.cell_names)

    def those(self, rows: npt.NDArray[np.bool_]) -> Caseload:
        """Some of the rows, numbered anew; cells left with one contact go as well."""
        contacts = added(self.cell[rows], self.n[rows], self.cells)
        kept = rows & (contacts > 1.5)[self.cell]
        cell_names, cell = _renumbered(self.cell_names, self.cell[kept])
        advisor_names, advisor = _renumbered(self.advisor_names, self.advisor[kept])
        products = self.products
        return replace(
            self,
            cell=cell,
            advisor=advisor,
            cell_names=cell_names,
            advisor_names=advisor_names,
            **{name: getattr(self, name)[kept] for name in _SUMS},
            left_out=round(float(contacts[contacts < 1.5].sum())),
            controls=None if self.controls is None else self.controls[kept],
            facts={
                name: Fact(**{k: getattr(fact, k)[kept] for k in Fact.__slots__})
                for name, fact in self.facts.items()
            },
            products=None
            if products is None
            else Products(**{k: getattr(products, k)[kept] for k in Products.__slots__}),
        )

    def absorbed(self) -> Absorbed:
        """The advisors with cells and controls absorbed.

        Raises
        ------
        QuestionError
            If no two contacts share a cell.
        """
        if not len(self.n):
            raise QuestionError(
                "No two contacts share a cell.",
                found=f"{self.left_out:,} contacts, each alone",
                todo="Use longer intervals, or fewer types.",
            )
        return absorb(cell=self.cell, advisor=self.advisor, n=self.n, controls=self.controls)


def _numbered(labels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Ints]:
    """The labels that there are, in order, and the place of each among them.

    Whole numbers close together are looked up and not sorted: millions of rows come so.
    """
    if len(labels) and np.issubdtype(labels.dtype, np.integer):
        first, last = int(labels.min()), int(labels.max())
        if last - first < _LOOKED_UP:
            names, at = _renumbered(np.arange(first, last + 1), labels.astype(np.int64) - first)
            return names, at
    names, at = np.unique(labels, return_inverse=True)
    return names, at.astype(np.int64)


def _renumbered(names: npt.NDArray[Any], at: Ints) -> tuple[npt.NDArray[Any], Ints]:
    used = np.zeros(len(names), dtype=np.bool_)
    used[at] = True
    return names[used], (np.cumsum(used) - 1)[at]


def _check(
    cell: npt.NDArray[Any], advisor: npt.NDArray[Any], columns: Mapping[str, Floats]
) -> None:
    rows = len(columns["n"])
    lengths = {"cell": len(cell), "advisor": len(advisor)}
    lengths |= {name: len(np.atleast_1d(each)) for name, each in columns.items()}
    wrong = next((name for name, length in lengths.items() if length != rows), None)
    if wrong or not rows:
        raise QuestionError(
            "A caseload needs one row or more, and all its columns of one length.",
            found=f"n: {rows} rows" + (f", {wrong}: {lengths[wrong]}" if wrong else ""),
            todo="Give one value a row of contacts alike in cell and advisor.",
        )
    for name, each in columns.items():
        if not np.isfinite(each).all():
            raise QuestionError(
                f"A caseload's column '{name}' holds something that is no number.",
                found=f"row {int(np.flatnonzero(~np.isfinite(each))[0])}",
                todo="Leave out contacts whose value is missing.",
            )
    n = columns["n"]
    if (n < 1).any() or (n != np.round(n)).any():
        raise QuestionError(
            "A row of a caseload counts whole contacts, one or more.",
            found=f"n: {n[(n < 1) | (n != np.round(n))][0]:g}",
            todo="Leave out rows without contacts.",
        )
    for name in ("x", "y"):
        squares, total = columns[name * 2] * n, columns[name] ** 2
        if (squares < total * (1 - _ROUNDING) - _ROUNDING).any():
            raise QuestionError(
                f"A sum of squares is smaller than sums of '{name}' allow.",
                found=f"row {int(np.argmin(squares - total))}",
                todo=f"Check that '{name * 2}' sums the squares of the same contacts.",
            )
