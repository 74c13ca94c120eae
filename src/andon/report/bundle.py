"""The JavaScript that draws charts in a report: Vega, Vega-Lite and Vega-Embed in one script.

``vl-convert-python`` makes it, which takes about two seconds; it is kept in the user's cache folder
under the versions it was made from, and never in the project. A copy that was cut short or altered
is not used.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Final

__all__ = ["bundle", "cache_folder"]

_VEGA_LITE: Final = "6.4"
_SNIPPET: Final = "window.vegaEmbed = vegaEmbed;"


def bundle(*, folder: Path | None = None) -> str:
    """The script, safe inside a ``script`` tag.

    Parameters
    ----------
    folder : Path, optional
        Where copies are kept; the user's cache folder unless given.
    """
    kept = (folder or cache_folder()) / f"charts-{version('vl-convert-python')}-{_VEGA_LITE}.js"
    script = _read(kept)
    if script is None:
        import vl_convert  # noqa: PLC0415  # heavy, and only a report needs it

        made = vl_convert.javascript_bundle(_SNIPPET, vl_version=_VEGA_LITE)
        script = made.replace("</script", "<\\/script").replace("<!--", "<\\!--")
        _keep(kept, script)
    return script


def cache_folder() -> Path:
    """Andon's folder among the user's caches."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "andon"


def _read(kept: Path) -> str | None:
    """The kept script, unless it is missing or not what was kept."""
    try:
        digest, _, script = kept.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return script if digest == _digest(script) else None


def _keep(kept: Path, script: str) -> None:
    """Keep the script for next time; a cache that cannot be written is no reason to stop."""
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=kept.parent, delete=False
        ) as part:
            part.write(f"{_digest(script)}\n{script}")
        Path(part.name).replace(kept)
    except OSError:
        return


def _digest(script: str) -> str:
    return hashlib.sha256(script.encode()).hexdigest()
