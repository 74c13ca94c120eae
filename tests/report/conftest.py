"""Reports that several tests look at, made once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from andon.report import html
from andon.report.views import ReportView, report_view
from report.samples import HOSTILE, diagnosis


@pytest.fixture(scope="session", autouse=True)
def cache_of_their_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests leave the user's cache alone, and share one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def view() -> ReportView:
    """A report of an operation whose names try to break out of the page."""
    return report_view(diagnosis(HOSTILE))


@pytest.fixture(scope="session")
def page(view: ReportView) -> str:
    return html.render(diagnosis(HOSTILE), view=view)
