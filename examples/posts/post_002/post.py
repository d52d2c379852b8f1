"""Post 002: a regression network with MatConvNet, whose outputs all become the same."""

from __future__ import annotations

from examples.posts.post import Exhibit, MnistExhibit, Post
from examples.posts.post_002 import alone, commented_out, four, judged, settings

_IMPLEMENTATION = "--implementation examples/posts/post_002/asked.py"

POST = Post(
    number="002",
    title="Why my convolutional neural network always produces the same outputs",
    link="https://stats.stackexchange.com/questions/169615/"
    "why-my-convolutional-neural-network-always-produces-the-same-outputs",
    author="author not in our copy of the question; Cross Validated, CC BY-SA",
    question=(
        "A network for regression in MATLAB, with MatConvNet's convolution and everything else by "
        "hand: 32 images of 20 x 20 pixels, a kernel of 3 x 3, a dense layer of 4 sigmoids, and 4 "
        "linear outputs. The error falls as it should, and yet after the training all 32 images "
        "give the same outputs, already behind the convolution; without the convolution it is the "
        "same. Why?"
    ),
    answer=(
        "It is your code and your settings, and each of them alone is enough to make all outputs "
        "the same.",
        "Settings first: with shrinkRate = 500 and rate = 0.003 every step multiplies w, theta1 "
        "and theta2 by 1 - 0.003 * 500 = -0.5 before the gradient has a say, so that they are gone "
        "after some twenty steps; a decay of 0.0005 is usual.",
        "The error looks normal because nothing but beta2 learns: it goes to the mean of y, which "
        "is the best constant prediction. The plotted E leaves out what the decay adds.",
        "Code: dzdtheta1 and dzdbeta1 lack the derivative of the sigmoid. Compute dzdz = dzdx4 .* "
        "x4 .* (1 - x4) and use it there in place of dzdx4.",
        "Code: dzdx2 multiplies by x2 .* (1 - x2) behind theta1', but x2 comes out of the "
        "convolution and no sigmoid made it: dzdx2 = theta1' * dzdz, reshaped, is all. As it "
        "stands the gradient of w points away from the right one.",
        "At your initial weights the first mistake is a factor of 4.000000, because every sigmoid "
        "is at its middle, where the derivative is 1/4. That looks like a learning rate; it is "
        "none as soon as the weights have a size.",
        "y = rand(4,1,32) has nothing to do with the images, so that beyond the mean there is "
        "nothing to learn but the 32 images by heart: try the mended code on targets that follow "
        "from the images.",
    ),
    exhibits=(
        Exhibit(
            "as asked",
            "Two mistakes, each with the arrays that it explains; everything else is right. (The "
            "adapter records what comes out of theta1' by itself: in one line with the reshape "
            "the second mistake is only left over.)",
            judged.judged_as_asked,
            f"python -m oracles validate cases/posts/002_tiny.case.toml {_IMPLEMENTATION}",
        ),
        Exhibit(
            "mended",
            "With these two lines mended, every entry is PyTorch's, column-major reshape and all.",
            judged.judged_mended,
        ),
        Exhibit(
            "four",
            "Exactly four times too large at the start, and no factor at all elsewhere.",
            four.four,
        ),
        Exhibit(
            "wrong way",
            "What goes on to the convolution points away from where it should: cosines below 0.",
            four.wrong_way,
        ),
        Exhibit(
            "settings",
            "With these settings PyTorch does not learn either.",
            settings.settings,
            f"python -m oracles learn posts/002_settings --steps {settings.STEPS}",
        ),
        Exhibit(
            "both",
            "With the gradients as asked it is code and settings.",
            settings.both,
            f"python -m oracles learn posts/002_settings --steps {settings.STEPS} "
            f"{_IMPLEMENTATION}",
        ),
        Exhibit(
            "looks normal",
            "The error falls although nothing is learned: beta2 goes to the mean of y. (Digits as "
            "images.)",
            alone.looks_normal,
        ),
        Exhibit(
            "alone",
            "Decay alone, or the gradients alone: all outputs the same. Without either it learns, "
            "and random targets by heart. (Targets: random, or how bright the quarters are.)",
            alone.alone,
        ),
        Exhibit(
            "commented out",
            "In the structure that stands commented out, masking the second ReLU by x2 is a "
            "mistake; that the mask of the first is missing is none, as the maximum is positive "
            "wherever a gradient arrives.",
            commented_out.commented_out,
        ),
    ),
    with_mnist=(
        MnistExhibit(
            "alone on MNIST",
            "The same trainings on the middle of MNIST's first images, in all 10,000 iterations.",
            alone.with_mnist,
        ),
    ),
)
