"""What a file probably is, by how it starts."""

from __future__ import annotations

_STARTS = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"\x93NUM": "a .npy file, whose name should end in .npy",
    b"PK\x03\x04": "a zip archive or .npz file: unpack it, or save its arrays as .npy",
    b"\x1f\x8b": "a file compressed by gzip, whose name should end in .gz",
    b"BZh": "a file compressed by bzip2",
    b"\xfd7zX": "a file compressed by xz",
    b"\x89HDF": "an HDF5 file",
    b"MATL": "a MATLAB file",
    b"\x80\x04": "a pickle",
    b"\x80\x05": "a pickle",
}


def looks_like(start: bytes) -> str:
    """What a message adds: ", which is a PNG image", and nothing where nobody knows."""
    for known, kind in _STARTS.items():
        if start.startswith(known):
            return f", which is {kind}"
    printable = all(32 <= byte < 127 or byte in b"\t\r\n" for byte in start)
    return ", which is text" if start and printable else ""
