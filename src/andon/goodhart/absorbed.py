"""Advisors with their cells absorbed: fits and leverages of every row, from sums alone.

Contacts come as rows of sums: contacts alike in cell (queue, type and interval), advisor and
controls. With ``D`` the dummies of cells, ``V`` the controls and ``A`` the dummies of advisors,
``W = [D, V]`` and ``Q = [W, A]``, each row needs the fits of its contacts and their leverages in
``W`` and ``Q``. A matrix with one row a contact, or one column a cell, is never made:

- Within cell ``c`` a dummy of advisor ``a`` less its mean is ``e_a - p_c``, ``p_c`` the advisors'
  shares of the cell. Their products add up to ``G = diag(N_a) - sum_c n_ca n_cb / n_c``, the
  Laplacian of the graph in which advisors are joined by the cells that they share. Its null space
  has one dimension for each connected part, so one advisor a part is the reference.
- With the controls less their cell means, ``v_r``, their products ``S = sum n v v'`` and
  ``C = sum n e_a v'``, taking out controls as well leaves ``G - C S^-1 C'`` and, for a row,
  ``z_r = e_a - p_c - C S^-1 v_r`` (Frisch, Waugh and Lovell).
- So the leverage in ``W`` is ``1 / n_c + v_r' S^-1 v_r``, and that in ``Q`` is larger by
  ``z_r' (G - C S^-1 C')^-1 z_r``. What a cell adds to this form runs over the pairs of its own
  advisors only.

The cost is the number of such pairs plus the cube of the number of advisors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse
from scipy.sparse import csgraph

__all__ = ["Absorbed", "Fit", "absorb", "added", "paces"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SAME: Final = 1e-10
"""A control that keeps less than this share of its squares is made of cells and other controls."""
_PAIRS: Final = 4_000_000
"""How many pairs of advisors are looked up at once: 32 MB."""


_LONGEST: Final = 4_096
"""Cells that are laid out as a table at most, so that it stays small beside the pairs,"""
_SHORTEST: Final = 32
"""and from how many on it pays to try."""
_TABLE: Final = 16.0
"""A table's product of two advisors costs so many times less than looking two up."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Fit:
    """What a value is expected to be in each row.

    Attributes
    ----------
    cells : array
        By cells and controls, shape (rows,).
    advisors : array
        By cells, controls and advisors, shape (rows,).
    effect : array
        Of each advisor, against the others of his or her part; shape (advisors,).
    explained : float
        Sum of squares that advisors add to cells and controls.
    """

    cells: Floats
    advisors: Floats
    effect: Floats
    explained: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Absorbed:
    """Advisors with cells and controls absorbed; rows are sorted by cell, then advisor.

    Attributes
    ----------
    cell, advisor : array
        Of each row, numbered from 0; shape (rows,).
    pair : array
        Of each row: its pair of cell and advisor, numbered from 0.
    n : array
        Contacts of each row.
    n_cell, n_pair : array
        Contacts of each cell, and of each pair.
    cells, advisors, parts : int
        How many; parts are sets of advisors that no cell joins.
    rank : int
        How many of advisors' differences can be told: advisors less parts, and less with controls
        that tell advisors apart.
    controls : int
        Controls that are not made of cells and other controls.
    leverage_cells, leverage : array
        Of one contact of each row, in cells and controls, and with advisors too; 0 to 1.
    """

    cell: Ints
    advisor: Ints
    pair: Ints
    n: Floats
    n_cell: Floats
    n_pair: Floats
    cells: int
    advisors: int
    parts: int
    rank: int
    controls: int
    leverage_cells: Floats
    leverage: Floats
    part_of: Ints
    _pair_cell: Ints
    _pair_advisor: Ints
    _starts: Ints
    _toward: Floats
    _inverse: Floats
    _v: Floats
    _s_inverse: Floats
    _gamma: Floats

    def by_advisor(self, values: Floats) -> Floats:
        """Add up a value of each row by advisor."""
        return added(self.advisor, values, self.advisors)

    def by_cell(self, values: Floats) -> Floats:
        """Add up a value of each row by cell."""
        return added(self.cell, values, self.cells)

    def by_pair(self, values: Floats) -> Floats:
        """Add up a value of each row by pair of cell and advisor."""
        return added(self.pair, values, len(self.n_pair))

    def fit_cells(self, sums: Floats) -> Floats:
        """What cells and controls alone make one expect of a value in each row."""
        by_cells: Floats = (self.by_cell(sums) / self.n_cell)[self.cell]
        if self.controls:
            by_cells = by_cells + self._v @ (self._s_inverse @ (self._v.T @ sums))
        return by_cells

    def fit(self, sums: Floats) -> Fit:
        """Fit a value whose sums over the contacts of each row are given."""
        by_cells = self.fit_cells(sums)
        score = self.by_advisor(sums - self.n * by_cells)
        effect = self._inverse @ score
        return Fit(
            cells=by_cells,
            advisors=by_cells + self.across(effect),
            effect=effect,
            explained=float(score @ effect),
        )

    def shuffled(self, sums: Floats, squares: Floats) -> tuple[float, int]:
        """How far advisors' means of a value are from what shuffling within cells would give.

        If each cell's contacts had been dealt out by chance, the advisors' sums over what a cell
        leaves would have mean zero and a covariance that is known: within each cell the variance of
        its contacts times ``diag(n_ca) - n_ca n_cb / n_c``. The quadratic form in its inverse has
        its rank as its mean exactly, and is close to chi-squared where advisors have many contacts
        (the mean-score test of Cochran, Mantel and Haenszel, for many strata). Controls are not
        taken out.

        Returns the form and its rank.
        """
        mean = self.by_cell(sums) / self.n_cell
        spread = self.by_cell(squares) - self.n_cell * mean**2
        # Rounding leaves a little spread where all contacts of a cell are alike.
        spread[spread < 1e-12 * self.by_cell(squares)] = 0.0
        variance = spread / (self.n_cell - 1)
        if not variance.any():
            return 0.0, 0  # the same for all contacts of every cell
        covariance = _laplacian(
            self._pair_cell,
            self._pair_advisor,
            self.n_pair,
            self.n_cell,
            variance,
            self.advisors,
        )
        parts, part_of = _parts(covariance)
        away = self.by_advisor(sums - self.n * mean[self.cell])
        return float(away @ _solved(covariance, part_of, away)), self.advisors - parts

    def shared_leverage(self, one: Ints, other: Ints) -> Floats:
        """The leverage that contacts of two rows of one advisor have in each other, by ``Q``.

        Rows are given by their numbers, shape (pairs,); without controls.
        """
        a, b = self.pair[one], self.pair[other]
        at = self._pair_advisor[a]
        own = self._inverse[at, at] - self._toward[a] - self._toward[b]
        same = np.where(self.cell[one] == self.cell[other], 1 / self.n_cell[self.cell[one]], 0.0)
        return same + own + self._between(self.cell[one], self.cell[other])

    def _between(self, one: Ints, other: Ints) -> Floats:
        """``p_c' inverse p_d`` for pairs of cells, those of like size together."""
        sizes = np.maximum(np.diff(self._starts)[one], np.diff(self._starts)[other])
        order = np.argsort(sizes, kind="stable")
        found = np.empty(len(one))
        begin = 0
        while begin < len(order):
            # The last of a batch has the most advisors; what the others lack counts as nothing.
            ahead = sizes[order[begin : begin + _PAIRS]].astype(np.float64) ** 2
            count = max(1, int((ahead * np.arange(1, len(ahead) + 1) <= _PAIRS).sum()))
            these = order[begin : begin + count]
            wide = int(sizes[these[-1]])
            at, share = self._padded(one[these], wide)
            to, part = self._padded(other[these], wide)
            looked = self._inverse[at[:, :, None], to[:, None, :]]
            found[these] = np.einsum("ka,kab,kb->k", share, looked, part, optimize=True)
            begin += count
        return found

    def _padded(self, cells: Ints, wide: int) -> tuple[Ints, Floats]:
        """Advisors of each cell and their shares, filled up with nothing."""
        place = self._starts[cells][:, None] + np.arange(wide)
        there = place < self._starts[cells + 1][:, None]
        place = np.where(there, place, 0)
        share = np.where(there, self.n_pair[place], 0.0) / self.n_cell[cells][:, None]
        return self._pair_advisor[place], share

    def across(self, effect: Floats) -> Floats:
        """A figure of each advisor, less what cells and controls say of it; one for each row."""
        mean = added(self._pair_cell, self.n_pair * effect[self._pair_advisor], self.cells)
        within = effect[self.advisor] - (mean / self.n_cell)[self.cell]
        return within - self._v @ (self._gamma @ effect) if self.controls else within


def added(at: Ints, values: Floats, size: int) -> Floats:
    """Sums of values by their place."""
    return np.bincount(at, weights=values, minlength=size).astype(np.float64, copy=False)


def paces(*, cell: Ints, advisor: Ints, n: Floats, sums: Floats) -> tuple[Floats, Ints]:
    """Each advisor's effect on a value, cells absorbed, and the part he or she is in.

    What :meth:`Absorbed.fit` gives as ``effect``, without the leverages, which cost more.

    Parameters
    ----------
    cell, advisor, n
        As in :func:`absorb`.
    sums : array
        Of the value over the contacts of each row.
    """
    cells, advisors = int(cell[-1]) + 1, int(advisor.max()) + 1
    pair, new = _pairs(cell, advisor)
    n_pair, n_cell = added(pair, n, int(pair[-1]) + 1), added(cell, n, cells)
    laplacian = _laplacian(cell[new], advisor[new], n_pair, n_cell, np.ones(cells), advisors)
    _, part_of = _parts(laplacian)
    away = added(advisor, sums - n * (added(cell, sums, cells) / n_cell)[cell], advisors)
    return _solved(laplacian, part_of, away), part_of


def _pairs(cell: Ints, advisor: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The number of each row's pair of cell and advisor, and where a new pair begins."""
    new = np.ones(len(cell), dtype=np.bool_)
    new[1:] = (cell[1:] != cell[:-1]) | (advisor[1:] != advisor[:-1])
    return np.cumsum(new) - 1, new


def absorb(*, cell: Ints, advisor: Ints, n: Floats, controls: Floats | None = None) -> Absorbed:
    """Absorb cells and controls from advisors.

    Parameters
    ----------
    cell, advisor : array of int
        Numbered from 0 without gaps, shape (rows,), sorted by cell and then advisor.
    n : array of float
        Contacts of each row, above 0.
    controls : array of float, optional
        Shape (rows, controls): the same for all contacts of a row.

    Returns
    -------
    Absorbed

    Examples
    --------
    Two advisors share one cell; a leverage of a half is a mean of two.

    >>> import numpy as np
    >>> found = absorb(cell=np.array([0, 0]), advisor=np.array([0, 1]), n=np.array([2.0, 2.0]))
    >>> found.rank, found.leverage_cells.tolist(), found.leverage.round(12).tolist()
    (1, [0.25, 0.25], [0.5, 0.5])
    """
    cells, advisors = int(cell[-1]) + 1, int(advisor.max()) + 1
    pair, new = _pairs(cell, advisor)
    pair_cell, pair_advisor = cell[new], advisor[new]
    n_pair = added(pair, n, int(pair[-1]) + 1)
    n_cell = added(pair_cell, n_pair, cells)

    laplacian = _laplacian(pair_cell, pair_advisor, n_pair, n_cell, np.ones(cells), advisors)
    parts, part_of = _parts(laplacian)

    v, s_inverse, cross, rank = _controls(cell, n, n_cell, advisor, advisors, controls)
    gamma = s_inverse @ cross.T
    if rank:
        inverse, told = _pseudo_inverse(laplacian - cross @ gamma, laplacian.diagonal())
    else:
        inverse, told = _inverse(laplacian, part_of, laplacian.diagonal()), advisors - parts

    starts = np.searchsorted(pair_cell, np.arange(cells + 1))
    form, toward = _forms(inverse, pair_cell, pair_advisor, n_pair / n_cell[pair_cell], starts)
    own = 1 / n_cell[cell]
    leverage = form[pair]
    if rank:
        weights = gamma @ inverse
        at = weights[:, pair_advisor]
        mean = np.stack([added(pair_cell, n_pair * each, cells) for each in at]) / n_cell
        leverage = leverage - 2 * np.einsum("rk,kr->r", v, (at - mean[:, pair_cell])[:, pair])
        leverage = leverage + np.einsum("rk,kl,rl->r", v, weights @ gamma.T, v)
        own = own + np.einsum("rk,kl,rl->r", v, s_inverse, v)
    return Absorbed(
        cell=cell,
        advisor=advisor,
        pair=pair,
        n=n,
        n_cell=n_cell,
        n_pair=n_pair,
        cells=cells,
        advisors=advisors,
        parts=parts,
        rank=told,
        controls=rank,
        leverage_cells=own,
        leverage=own + np.maximum(leverage, 0.0),
        part_of=part_of,
        _pair_cell=pair_cell,
        _pair_advisor=pair_advisor,
        _starts=starts,
        _toward=toward,
        _inverse=inverse,
        _v=v,
        _s_inverse=s_inverse,
        _gamma=gamma,
    )


def _laplacian(
    pair_cell: Ints,
    pair_advisor: Ints,
    n_pair: Floats,
    n_cell: Floats,
    weight: Floats,
    advisors: int,
) -> Floats:
    """The sum over cells of ``weight (diag(n_ca) - n_ca n_cb / n_c)``."""
    share = n_pair * np.sqrt(weight / n_cell)[pair_cell]
    starts = np.searchsorted(pair_cell, np.arange(len(n_cell) + 1))
    sizes = np.diff(starts)
    # A cell of weight 0 adds nothing, and one with a single advisor only to the diagonal.
    sizes[weight == 0] = 0
    blocks, loose = _blocks(pair_advisor, starts, sizes, advisors)
    scattered = _scattered(share, pair_advisor, starts, loose, advisors)
    found: Floats = -(scattered.T @ scattered).toarray()
    for block in blocks:
        wide = block.table(share, pair_cell, pair_advisor)
        found[np.ix_(block.members, block.members)] -= wide.T @ wide
    own = n_pair * weight[pair_cell] - share * share
    found[np.diag_indices(advisors)] = added(pair_advisor, own, advisors)
    return found


def _scattered(
    values: Floats, pair_advisor: Ints, starts: Ints, loose: Ints, advisors: int
) -> sparse.csr_array:
    """A value of each pair of the loose cells, by cell and advisor."""
    there = np.repeat(loose > 0, np.diff(starts))
    ends = np.concatenate([[0], np.cumsum(loose)])
    shape = (len(loose), advisors)
    return sparse.csr_array((values[there], pair_advisor[there], ends), shape=shape)


def _parts(laplacian: Floats) -> tuple[int, Ints]:
    """Sets of advisors that cells join, how many and which is whose."""
    count, part_of = csgraph.connected_components(sparse.csr_array(laplacian != 0))
    return int(count), part_of.astype(np.int64)


def _controls(
    cell: Ints,
    n: Floats,
    n_cell: Floats,
    advisor: Ints,
    advisors: int,
    controls: Floats | None,
) -> tuple[Floats, Floats, Floats, int]:
    """Controls less their cell means, the inverse of their products, products with advisors."""
    if controls is None or not controls.shape[1]:
        return np.empty((len(n), 0)), np.empty((0, 0)), np.empty((advisors, 0)), 0
    means = [added(cell, n * each, len(n_cell)) / n_cell for each in controls.T]
    v = controls - np.stack(means, axis=1)[cell]
    before = (n[:, None] * controls**2).sum(axis=0)
    weighted = n[:, None] * v
    products = v.T @ weighted
    # A control that cells or earlier controls already say is left out, one after another.
    keep: list[int] = []
    for k in range(v.shape[1]):
        rest = products[k, k]
        if keep:
            rest -= products[k, keep] @ linalg.solve(
                products[np.ix_(keep, keep)], products[keep, k]
            )
        if rest > _SAME * before[k]:
            keep.append(k)
    v, weighted = v[:, keep], weighted[:, keep]
    inverse = linalg.inv(products[np.ix_(keep, keep)]) if keep else np.empty((0, 0))
    cross = np.empty((advisors, len(keep)))
    for k in range(len(keep)):
        cross[:, k] = added(advisor, weighted[:, k], advisors)
    return v, inverse, cross, len(keep)


def _inverse(matrix: Floats, part_of: Ints, weight: Floats) -> Floats:
    """The inverse with one advisor of each part as the reference, part by part."""
    inverse = np.zeros_like(matrix)
    for mine in _compared_by_part(part_of, weight):
        lower = linalg.cholesky(matrix[np.ix_(mine, mine)], lower=True, overwrite_a=True)
        half = np.tril(linalg.lapack.dpotri(lower, lower=1, overwrite_c=1)[0])
        inverse[np.ix_(mine, mine)] = half + np.tril(half, -1).T
    return inverse


def _solved(matrix: Floats, part_of: Ints, right: Floats) -> Floats:
    """What the inverse gives for one right side, which costs a third as much as the inverse."""
    found = np.zeros(len(right))
    for mine in _compared_by_part(part_of, matrix.diagonal()):
        factor = linalg.cho_factor(matrix[np.ix_(mine, mine)], lower=True, overwrite_a=True)
        found[mine] = linalg.cho_solve(factor, right[mine])
    return found


def _pseudo_inverse(matrix: Floats, scale: Floats) -> tuple[Floats, int]:
    """The pseudo-inverse and the rank: controls may tell advisors apart beyond what cells do."""
    values, vectors = linalg.eigh(matrix)
    there = values > _SAME * max(float(scale.max()), 1e-300)
    kept = vectors[:, there]
    return (kept / values[there]) @ kept.T, int(there.sum())


def _compared_by_part(part_of: Ints, weight: Floats) -> list[Ints]:
    """Of each part with two advisors or more, all but the busiest."""
    kept = _compared(part_of, weight)
    kept = kept[np.argsort(part_of[kept], kind="stable")]
    return [
        each for each in np.split(kept, np.flatnonzero(np.diff(part_of[kept])) + 1) if len(each)
    ]


def _compared(part_of: Ints, weight: Floats) -> Ints:
    """All advisors but one of each part, the busiest."""
    order = np.lexsort((-weight, part_of))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = part_of[order][1:] != part_of[order][:-1]
    return np.sort(order[~first])


def _forms(
    inverse: Floats, pair_cell: Ints, pair_advisor: Ints, share: Floats, starts: Ints
) -> tuple[Floats, Floats]:
    """For each pair: ``(e_a - p_c)' inverse (e_a - p_c)``, and ``e_a' inverse p_c``.

    Loose cells of one size are taken at a time.
    """
    toward = np.empty(len(share))
    blocks, loose = _blocks(pair_advisor, starts, np.diff(starts), len(inverse))
    for block in blocks:
        wide = block.table(share, pair_cell, pair_advisor)
        across = wide @ inverse[np.ix_(block.members, block.members)]
        toward[block.pairs] = across[block.places(pair_cell, pair_advisor)]
    for pairs in _alike(loose, starts):
        at = pair_advisor[pairs]
        looked = inverse[at[:, :, None], at[:, None, :]]
        toward[pairs] = np.einsum("cab,cb->ca", looked, share[pairs])
    around = added(pair_cell, share * toward, len(starts) - 1)
    found: Floats = inverse[pair_advisor, pair_advisor] - 2 * toward + around[pair_cell]
    return found, toward


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Block:
    """Cells in a row who share so many advisors that they are quicker laid out as a table.

    Attributes
    ----------
    first, last : int
        The first cell, and the one after the last.
    pairs : slice
        Where their pairs stand.
    members : array
        Advisors of the columns, in order.
    column : array
        The column of each advisor; of members only.
    """

    first: int
    last: int
    pairs: slice
    members: Ints
    column: Ints

    def places(self, pair_cell: Ints, pair_advisor: Ints) -> tuple[Ints, Ints]:
        """Row and column of each pair."""
        return pair_cell[self.pairs] - self.first, self.column[pair_advisor[self.pairs]]

    def table(self, values: Floats, pair_cell: Ints, pair_advisor: Ints) -> Floats:
        """A value of each pair, by cell and advisor; 0 where there is no pair."""
        laid = np.zeros((self.last - self.first, len(self.members)))
        laid[self.places(pair_cell, pair_advisor)] = values[self.pairs]
        return laid


def _blocks(
    pair_advisor: Ints, starts: Ints, sizes: Ints, advisors: int
) -> tuple[list[_Block], Ints]:
    """Stretches of cells that a table serves, and the sizes of the others; 0 for those in one.

    A stretch whose cells share too few advisors is halved until they do or it is short.
    """
    found, loose = [], sizes.copy()
    todo = [(first, min(first + _LONGEST, len(sizes))) for first in range(0, len(sizes), _LONGEST)]
    while todo:
        first, last = todo.pop()
        products = float((sizes[first:last].astype(np.float64) ** 2).sum())
        if not products:
            continue
        pairs = slice(int(starts[first]), int(starts[last]))
        members = np.flatnonzero(np.bincount(pair_advisor[pairs], minlength=advisors))
        if len(members) ** 2 * (last - first) <= _TABLE * products:
            column = np.zeros(advisors, dtype=np.int64)
            column[members] = np.arange(len(members))
            found.append(
                _Block(first=first, last=last, pairs=pairs, members=members, column=column)
            )
            loose[first:last] = 0
        elif last - first > _SHORTEST:
            middle = (first + last) // 2
            todo += [(first, middle), (middle, last)]
    return found, loose


def _alike(sizes: Ints, starts: Ints) -> Iterator[Ints]:
    """Places of the pairs of cells with equally many advisors, shape (some cells, advisors)."""
    order = np.argsort(sizes, kind="stable")
    ends = np.searchsorted(sizes[order], np.arange(int(sizes.max()) + 2))
    for size in range(1, len(ends) - 1):
        these = order[ends[size] : ends[size + 1]]
        step = max(1, _PAIRS // size**2)
        for begin in range(0, len(these), step):
            yield starts[these[begin : begin + step], None] + np.arange(size)
