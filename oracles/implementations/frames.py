"""Which lines of a traceback are the user's own."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from traceback import FrameSummary
from types import FrameType, TracebackType

_HARNESS = Path(__file__).resolve().parents[1]
_STARTS = tuple(Path(__file__).with_name(name) for name in ("running.py", "importing.py"))
_PYTHON = tuple({Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")})
_INSTALLED = tuple({Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")})
_LIBRARIES = ("numpy", "scipy", "torch", "_pytest", "pluggy", "pytest")
_LONGEST = 6
_LONGEST_TEXT = 2000


def traceback_frames(trace: TracebackType | None) -> list[FrameSummary]:
    """The user's frames of an exception, outermost first."""
    return _own(traceback.extract_tb(trace))


def stack_frames(frame: FrameType | None) -> list[FrameSummary]:
    """The user's frames of what runs at this moment, outermost first: those below the harness, not
    those of a script that called it."""
    frames = list(traceback.extract_stack(frame))
    starts = [i for i, each in enumerate(frames) if Path(each.filename) in _STARTS]
    return _own(frames[starts[-1] + 1 if starts else 0 :])


def innermost(frames: Sequence[FrameSummary]) -> str:
    """`my_cnn.py:42 in forward`, or "" where none of the frames is the user's."""
    return _place(frames[-1]) if frames else ""


def shortened(error: BaseException, frames: Sequence[FrameSummary]) -> str:
    """The user's own lines and the error, the way a traceback prints them but shorter."""
    lines = [f"  {_place(frame)}: {frame.line}" for frame in frames[-_LONGEST:]]
    if len(frames) > _LONGEST:
        lines.insert(0, f"  ... {len(frames) - _LONGEST} more ...")
    return "\n".join([*lines, described(error)])


def described(error: BaseException) -> str:
    """`ValueError: operands could not be broadcast`."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001  somebody else's __str__ may do anything
        text = "(its message cannot be printed)"
    if len(text) > _LONGEST_TEXT:
        text = f"{text[:_LONGEST_TEXT]} ... ({len(text):,} characters)"
    text = text.encode("utf-8", "backslashreplace").decode()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place(frame: FrameSummary) -> str:
    return f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}"


def _own(frames: Iterable[FrameSummary]) -> list[FrameSummary]:
    """Frames outside the harness, Python and what is installed; where there is none, the
    implementation may be an installed package itself: then only well-known libraries go."""
    outside = [frame for frame in frames if not _below(frame, (_HARNESS, *_PYTHON))]
    installed = [frame for frame in outside if _below(frame, _INSTALLED)]
    return [frame for frame in outside if frame not in installed] or [
        frame
        for frame in installed
        if not _below(frame, [root / name for root in _INSTALLED for name in _LIBRARIES])
    ]


def _below(frame: FrameSummary, folders: Iterable[Path]) -> bool:
    if frame.filename.startswith("<frozen"):
        return True
    path = Path(frame.filename)
    return any(path.is_relative_to(folder) for folder in folders)
