"""Which mistakes are switched on."""

from __future__ import annotations

from collections.abc import Callable, Iterable

On = Callable[[str], bool]
"""Whether the mistake of this name is to be made."""

FORWARD_ONLY, BACKWARD_ONLY = ", forward only", ", backward only"


class Switches:
    """`on("conv2d: kernel rotated")` is true where this mistake is to be made.

    Of a mistake in a forward pass there are three: with the gradients that belong to it, in the
    forward pass alone ("conv2d: kernel rotated, forward only") and in the backward pass alone.
    `on.forward` and `on.backward` tell which of the two passes makes it.

    asked   every name that was asked for: a switch that nothing asks for is no mutant
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names = frozenset(names)
        self.asked: set[str] = set()

    def __call__(self, name: str) -> bool:
        self.asked.add(name)
        return name in self.names

    def forward(self, name: str) -> bool:
        """Whether the forward pass makes this mistake."""
        whole, half = self(name), self(name + FORWARD_ONLY)
        return whole or half

    def backward(self, name: str) -> bool:
        """Whether the backward pass is the one of this mistake."""
        whole, half = self(name), self(name + BACKWARD_ONLY)
        return whole or half
