"""The restriction that both poolings put on padding."""

from refcnn.arrays import Pair


def refuse_wide_padding(kind: str, kernel: Pair, padding: Pair) -> None:
    """Refuse padding of more than half a kernel (dilation does not count), as PyTorch does.

    It would let windows lie on padding alone.
    """
    if any(p > k // 2 for p, k in zip(padding, kernel, strict=True)):
        raise ValueError(
            f"{kind}: padding must be at most half the kernel {kernel[0]}x{kernel[1]}, "
            f"got padding={padding}"
        )
