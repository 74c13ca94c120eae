"""Rows of intervals at the door: what passes, and what is said of the rest."""

from __future__ import annotations

import numpy as np
import pytest

from andon.errors import QueueingError
from andon.queueing.intervals import by_interval, edges, known_before, length, moments, one, row


def test_rows_pass_as_they_are() -> None:
    assert by_interval("rates", [[1, 2], [3, 4]]).shape == (2, 2)
    assert row("rates", [1, 2, 3], intervals=3).tolist() == [1, 2, 3]
    assert edges(3, 900).tolist() == [0, 900, 1800, 2700]
    assert moments("at_s", 5).tolist() == [5]
    assert moments("at_s", [[5, 6]]).tolist() == [5, 6]
    assert length(900) == 900
    assert [known_before(each) for each in ("nobody", "steady", "periodic")]


def test_a_number_alone_is_no_row_and_a_row_no_number() -> None:
    with pytest.raises(QueueingError, match="at least one interval"):
        by_interval("rates", 5)
    with pytest.raises(QueueingError, match="at least one interval"):
        by_interval("rates", np.zeros((3, 0)))
    with pytest.raises(QueueingError, match="4 intervals"):
        by_interval("rates", [1, 2, 3], intervals=4)
    with pytest.raises(QueueingError, match="rates must be one row"):
        row("rates", [[1, 2]])
    with pytest.raises(QueueingError, match="single number"):
        one("handle_s", [1, 2])  # type: ignore[arg-type]


def test_an_unknown_past_is_refused_with_what_there_is() -> None:
    with pytest.raises(QueueingError, match="nobody, steady, periodic") as caught:
        known_before("summer")
    assert "summer" in caught.value.found
