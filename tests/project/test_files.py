"""Rules about files as such."""

import re
import subprocess
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_MOST_LINES = 600
_LONG = {".csv", ".json", ".lock", ".md", ".npy", ".png", ".svg", ".toml"}
_FRAGMENT = re.compile(r"[A-Za-z0-9-]+\.(bound|added|changed|fixed|removed)\.md")


def test_no_file_is_too_long_to_read() -> None:
    """One file is one thing; of more than 600 lines it is several. Data and pages may be longer."""
    lengths = {name: _lines(_ROOT / name) for name in _files() if Path(name).suffix not in _LONG}
    assert lengths
    assert {name: lines for name, lines in lengths.items() if lines > _MOST_LINES} == {}


def test_every_news_fragment_is_named_what_dot_kind_dot_md() -> None:
    """towncrier passes over a fragment with another name, and the change is never announced."""
    names = {path.name for path in (_ROOT / "changes").iterdir()} - {"README.md", "template.md"}
    assert {name for name in names if not _FRAGMENT.fullmatch(name)} == set()


def _files() -> list[str]:
    """Return what is or could be committed: an ignored file is nobody's to read."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True)
    return [name for name in listing.stdout.split("\0") if (_ROOT / name).is_file()]


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n")
