"""The table and the sentence under it."""

from collections.abc import Sequence

from examples.lockstep.epochs import Epoch

ENOUGH = 0.97
"""The held-out accuracy that both networks are to reach."""

HEADER = """\
        training loss   held-out accuracy   distance from PyTorch      seconds
epoch  refcnn PyTorch    refcnn  PyTorch     refcnn  moved run   refcnn PyTorch"""


def row(epoch: Epoch) -> str:
    """One line below HEADER."""
    refcnn, torch = epoch.refcnn, epoch.torch
    return (
        f"{epoch.number:5} {refcnn.loss:7.4f} {torch.loss:7.4f}"
        f"   {refcnn.accuracy:7.2%}  {torch.accuracy:7.2%}"
        f"    {epoch.distance:7.1e}    {epoch.moved_distance:7.1e}"
        f"  {refcnn.seconds:7.2f} {torch.seconds:7.2f}"
    )


def accurate_enough(last: Epoch) -> bool:
    """Whether both networks recognise ENOUGH of the held-out images."""
    return last.refcnn.accuracy >= ENOUGH and last.torch.accuracy >= ENOUGH


def verdict(epochs: Sequence[Epoch]) -> str:
    """What the table says, in a few sentences."""
    return f"{_on_accuracy(epochs[-1])} {_on_distance(epochs)}"


def _on_accuracy(last: Epoch) -> str:
    found = f"refcnn recognises {last.refcnn.accuracy:.2%} and PyTorch {last.torch.accuracy:.2%}"
    if accurate_enough(last):
        return f"{found} of the held-out images: both at least {ENOUGH:.0%}."
    return f"{found} of the held-out images: not both at least {ENOUGH:.0%}."


def _on_distance(epochs: Sequence[Epoch]) -> str:
    """Compare with the moved run in every epoch; a distance that is NaN is not within anything."""
    outside = [epoch for epoch in epochs if not epoch.distance <= epoch.moved_distance]
    if not outside:
        nearest = max(epochs, key=_ratio)
        return (
            "refcnn stayed within what one rounding unit does: after every epoch it was at most "
            f"{_ratio(nearest):.2f} times as far from PyTorch as the moved run."
        )
    furthest = max(outside, key=_ratio)
    return (
        "The moved run is rounded differently once, at the start; refcnn, which sums in another "
        "order, in every step. So it may be some times as far from PyTorch, and was so after "
        f"{len(outside)} of {len(epochs)} epochs, up to {_ratio(furthest):.1f} times (epoch "
        f"{furthest.number}). To tell rounding from a mistake, run both in --dtype float64: there "
        "rounding is 5e8 times smaller, and a mistake as large as here."
    )


def _ratio(epoch: Epoch) -> float:
    return epoch.distance / epoch.moved_distance if epoch.moved_distance else float("inf")
