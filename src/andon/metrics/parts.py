"""Parts: a share, with the contacts above and below its line."""

from __future__ import annotations

from dataclasses import dataclass

from andon.estimate import Estimate, Unknown

__all__ = ["Part"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A share with what it was counted from.

    Attributes
    ----------
    count, out_of : int
        Contacts above and below the line.
    share : Estimate or Unknown
    """

    count: int
    out_of: int
    share: Estimate | Unknown
