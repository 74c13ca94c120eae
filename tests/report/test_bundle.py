"""The charts' script: kept between runs, and never trusted blindly."""

from __future__ import annotations

from pathlib import Path

import pytest

from andon.report import bundle


def test_a_kept_script_is_used_again(tmp_path: Path) -> None:
    made = bundle.bundle(folder=tmp_path)
    (kept,) = tmp_path.iterdir()
    stamp = kept.stat().st_mtime_ns
    assert bundle.bundle(folder=tmp_path) == made
    assert kept.stat().st_mtime_ns == stamp
    assert "</script" not in made
    assert "vegaEmbed" in made


def test_a_script_that_was_altered_or_cut_short_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import vl_convert

    monkeypatch.setattr(vl_convert, "javascript_bundle", lambda *_, **__: "made();</script>")
    made = bundle.bundle(folder=tmp_path)
    assert made == "made();<\\/script>"
    (kept,) = tmp_path.iterdir()
    kept.write_text(kept.read_text() + "evil();")
    assert bundle.bundle(folder=tmp_path) == made
    kept.write_bytes(b"\xff\xfe")
    assert bundle.bundle(folder=tmp_path) == made


def test_a_cache_that_cannot_be_written_is_no_reason_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import vl_convert

    monkeypatch.setattr(vl_convert, "javascript_bundle", lambda *_, **__: "made();")
    blocked = tmp_path / "a file, not a folder"
    blocked.write_text("")
    assert bundle.bundle(folder=blocked) == "made();"


def test_the_cache_is_where_the_system_keeps_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert bundle.cache_folder() == Path("/somewhere/andon")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert bundle.cache_folder() == Path.home() / ".cache" / "andon"
    monkeypatch.setattr("sys.platform", "darwin")
    assert bundle.cache_folder() == Path.home() / "Library" / "Caches" / "andon"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/appdata")
    assert bundle.cache_folder() == Path("/appdata/andon")
