"""The options of the command line, and what is refused."""

import argparse
from collections.abc import Callable
from pathlib import Path

from examples.lockstep import report


def options_parser(description: str | None) -> argparse.ArgumentParser:
    """The parser of `python examples/digits.py`."""
    parser = argparse.ArgumentParser(
        description=description,
        epilog=_EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--mnist",
        type=Path,
        metavar="FOLDER",
        help="learn MNIST: the folder with train-images-idx3-ubyte and so on, plain or .gz",
    )
    add = parser.add_argument
    add("--epochs", type=_at_least_one, default=12, help="times every image is shown (12)")
    add("--batch-size", type=_at_least_one, default=32, help="images per step (32)")
    add("--lr", type=_learning_rate, default=0.02, help="learning rate (0.02)")
    add("--momentum", type=_momentum, default=0.9, help="of SGD, from 0 to below 1 (0.9)")
    add("--seed", type=_seed, default=0, help="of the weights and of the order of images (0)")
    add("--limit", type=_at_least_one, metavar="N", help="use the first N training images only")
    add("--dtype", choices=["float32", "float64"], default="float32", help="(float32)")
    return parser


_EXIT_STATUS = f"""\
exit status:
  0  both recognise at least {report.ENOUGH * 100:.0f} % of the held-out images after the last epoch
  1  they do not
  2  an option or a file is wrong
  The distance between the two is a measure, and no reason for a status.
"""


def _at_least_one(text: str) -> int:
    return int(_checked(int, text, lambda n: n >= 1, "a whole number of at least 1"))


def _seed(text: str) -> int:
    return int(_checked(int, text, lambda n: n >= 0, "a whole number of at least 0"))


def _learning_rate(text: str) -> float:
    return _checked(float, text, lambda n: 0 < n < float("inf"), "a number above 0")


def _momentum(text: str) -> float:
    return _checked(float, text, lambda n: 0 <= n < 1, "a number from 0 to below 1")


def _checked(
    kind: Callable[[str], float], text: str, allowed: Callable[[float], bool], expected: str
) -> float:
    """The number that `text` says, refused unless it is allowed."""
    try:
        number = kind(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected {expected}, got {text!r}") from None
    if not allowed(number):
        raise argparse.ArgumentTypeError(f"expected {expected}, got {text}")
    return number
