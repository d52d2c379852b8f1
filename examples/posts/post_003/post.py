"""Post 003: the training step of a book's chapter, in batches, and two questions about signs."""

from __future__ import annotations

from examples.posts.post import Exhibit, MnistExhibit, Post
from examples.posts.post_003 import book, judged, overflow, same_rate, signs

_LEARN = (
    "python -m oracles learn examples/posts/post_003/digits.case.toml --data digits "
    "--implementation examples/posts/post_003/variants.py"
)
_VALIDATE = "python -m oracles validate cases/posts/003_training.case.toml --implementation"

POST = Post(
    number="003",
    title="Problem building CNN only using python numpy when gradient descent and batching",
    link="https://stackoverflow.com/search?q=Problem+building+CNN+only+using+python+numpy+when+"
    "gradient+descent+and+batching",
    author="author and number not named in our copy of the question; Stack Exchange, CC BY-SA",
    question=(
        "A chapter of Grokking Deep Learning trains a convolution, tanh, dropout and a dense layer "
        "in NumPy, on 1000 images of MNIST in batches of 128; it reaches some 87 % as the book "
        "says. The delta of the output is divided by the batch size twice. Why? With one division "
        "exp overflows and the accuracy stays at 8.7 %. And the kernels are updated with -= where "
        "delta is target minus output; with += the result is about the same, 86 %. What do plus "
        "and minus mean in gradient descent?"
    ),
    answer=(
        "The second division by 128 is a learning rate and no part of the gradient: alpha = 2 "
        "divided twice is alpha = 2/128 divided once, bit for bit.",
        "Without it alpha is 128 times as large. The scores pass 709, np.exp gives infinity, the "
        "softmax infinity by infinity, and from there on all is NaN: argmax of NaN is 0, and 87 of "
        "your first 896 labels are 0. That is the 8.7 %. Subtract the maximum of each row before "
        "exp, and choose alpha smaller.",
        "Gradient descent subtracts the gradient of the loss. Your delta is target minus output, "
        "which is minus that gradient, so that it has to be added: += is descent, and the -= of "
        "the kernels is ascent. Only one of your two updates goes the right way.",
        "Both signs reach 87 % for two reasons. The dense layer goes the right way all the time "
        "and learns from any features: with kernels that never move it gets far by itself.",
        "And the derivative of tanh is taken of layer_1 after dropout has doubled it: 1 - 4 a^2 in "
        "place of 1 - a^2, which has the wrong sign as soon as |a| > 1/2. Ascent drives units "
        "there, where the two mistakes cancel. With the right derivative, -= falls behind.",
        "Also: dropout doubles on the way forward and not on the way back, and range(28 - 3) "
        "leaves out the last row and the last column of windows: 625 of 676 are used.",
        "So an accuracy does not tell that gradients are right. Entry by entry, each wrong line "
        "among these is seen in the first step.",
    ),
    exhibits=(
        Exhibit(
            "together",
            "Four mistakes, each named where it is made, and nothing is left over.",
            judged.together,
            f"{_VALIDATE} examples/posts/post_003/variants.py:all_windows",
        ),
        Exhibit(
            "as asked",
            "As it stands the step ends before that: its output of the convolution is too small.",
            judged.as_asked,
            f"{_VALIDATE} examples/posts/post_003/asked.py",
        ),
        Exhibit("windows", "25 of 26 windows, and these are right.", judged.windows),
        Exhibit(
            "alone",
            "Each mistake by itself. With two images, half and mean of two are the same number.",
            judged.alone,
        ),
        Exhibit(
            "mended",
            "With these lines mended every entry is PyTorch's, in the book's order of features.",
            judged.mended,
            f"{_VALIDATE} examples/posts/post_003/mended.py",
        ),
        Exhibit("same rate", "The second division is a learning rate.", same_rate.same_rate),
        Exhibit(
            "rate named",
            "The harness says so by itself, and finds nothing wrong (batches all of one size).",
            same_rate.learned,
            f"{_LEARN}:two_divisions --lr 50 --steps 30 --limit 512",
        ),
        Exhibit(
            "directions",
            "The kernels are sent straight uphill at first; later the sign is a mixture.",
            signs.directions,
        ),
        Exhibit("ratio", "Where the derivative of tanh turns the sign.", signs.ratio),
        Exhibit(
            "signs",
            "Digits in the place of MNIST, 100 iterations: minus and plus meet, and minus does so "
            "by its second mistake.",
            signs.both_signs,
        ),
        Exhibit("softmax", "Where exp ends.", overflow.softmax),
        Exhibit(
            "overflow",
            "One division less on digits: NaN in the first iteration, then the share of zeros.",
            overflow.on_digits,
        ),
        Exhibit(
            "overflow named",
            "The softmax is found at its step, where PyTorch stays finite; the rate is too large "
            "for both, at 30 steps.",
            overflow.learned,
            f"{_LEARN}:plain_softmax --lr 5 --steps 30",
        ),
    ),
    with_mnist=(
        MnistExhibit(
            "without second division",
            "One division less on MNIST: the 8.7 % of the question.",
            book.without_second_division,
        ),
        MnistExhibit(
            "book",
            "300 iterations from seed 1: the 0.8774 that the book prints, and plus beside it.",
            book.both_signs,
        ),
        MnistExhibit(
            "others",
            "The dense layer by itself, minus with the right derivative, and all mended.",
            book.others,
        ),
    ),
)
