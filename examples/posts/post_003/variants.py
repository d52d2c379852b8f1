"""Each oddity by itself in the mended network, and the asked one with some of them mended."""

from __future__ import annotations

from examples.posts.post_003.asked import Array, Asked
from examples.posts.post_003.mended import Mended
from examples.posts.post_003.plugged import Plugged


class TwoDivisions(Mended):
    """Divides by the size of the batch twice."""

    delta = Asked.delta


class MaskNotScaled(Mended):
    """Dropout is scaled forward and not backward."""

    through_dropout = Asked.through_dropout


class SlopeOfKept(Mended):
    """The derivative of tanh is taken of what dropout has made of it."""

    slope = Asked.slope


class Ascent(Mended):
    """The kernels go uphill."""

    move_kernels = Asked.move_kernels


class WindowsMissing(Mended):
    """One window less along each axis."""

    positions = Asked.positions


class PlainSoftmax(Mended):
    """The maximum is not subtracted."""

    softmax = Asked.softmax


class AllWindows(Asked):
    """As asked, over all windows."""

    positions = Mended.positions


class Plus(Asked):
    """As asked, with plus in the place of minus: kernels and weights are moved alike."""

    move_kernels = Mended.move_kernels


class RightSlope(Asked):
    """As asked, with the right way back through dropout and tanh."""

    slope = Mended.slope
    through_dropout = Mended.through_dropout


class Frozen(Asked):
    """As asked, with kernels that stay as they were drawn."""

    def move_kernels(self, downhill: Array) -> None:
        """Not at all."""


class OneDivision(Asked):
    """As asked, divided by the size of the batch once."""

    delta = Mended.delta


class OneDivisionStable(OneDivision):
    """The same, with a softmax that subtracts the maximum."""

    softmax = Mended.softmax


two_divisions = Plugged("divided twice", TwoDivisions)
mask_not_scaled = Plugged("mask not scaled", MaskNotScaled)
slope_of_kept = Plugged("slope of what is kept", SlopeOfKept)
ascent = Plugged("kernels uphill", Ascent)
windows_missing = Plugged("25 of 26 windows", WindowsMissing)
plain_softmax = Plugged("plain softmax", PlainSoftmax)
all_windows = Plugged("post 003 with all windows", AllWindows)
