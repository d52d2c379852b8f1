"""What may have been meant by a spec that leads nowhere."""

from __future__ import annotations

import difflib
from pathlib import Path


def file_meant(typed: str) -> str:
    """`; did you mean 'my_cnn.py'?` where there is a file of nearly that name, else nothing."""
    stem = typed.split(":")[0]
    for candidate in (f"{stem}.py", f"{stem.replace('.', '/')}.py"):
        if Path(candidate).is_file():
            return f"; did you mean {candidate!r}?"
    near = [path.name for path in Path.cwd().glob("*.py")]
    close = difflib.get_close_matches(f"{stem}.py", near, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
