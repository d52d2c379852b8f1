"""https://stats.stackexchange.com/questions/276213, asked and answered."""

from examples.posts.post import Exhibit, MnistExhibit, Post
from examples.posts.post_001 import (
    copied_test,
    initial_std,
    one_epoch,
    penalty,
    reading_the_plot,
    stability,
    sum_and_mean,
    suspects,
    verdicts,
)

_ASKED = "--implementation examples.posts.post_001.asked:wrong_pool_index"

POST = Post(
    number="001",
    title="Unsure if my implementation of a Convolutional layer doesn't learn or it's the correct "
    "behaviour",
    link="https://stats.stackexchange.com/questions/276213",
    author="author not named in our copy; Stack Exchange, CC BY-SA",
    question="A network of Python objects, convolution, max pooling and dense layers, tanh and "
    "sigmoid, sum of squares, gradients added up over a batch: two dense layers reach 85 to 90 % "
    "on MNIST, one convolution in front of them 51 % after 14 hours, LeNet-5 stays below 40 %, and "
    "with a rate of 1e-3 the error explodes. The convolution passes tiny-dnn's test with_stride. "
    "Is that right? Why do dense layers do better? Are weights to be normalised, errors to be "
    "regularised, and how?",
    answer=(
        "No, these results are not right. With your networks, rates and error, one epoch brings "
        "both convolutional networks above the dense one, with an error that falls: something in "
        "the convolutional part of your code is wrong, or in how it starts.",
        "The test that you copied cannot tell you which: its kernel is constant, its image "
        "symmetric, and it has one image, one channel and one filter, so that most wrong "
        "convolutions pass it. Hold every layer to a reference on data where nothing is constant, "
        "square or symmetric, and two updates instead of one.",
        "Your code is not in the question, so nobody can say which mistake it is. That A learns "
        "speaks for what A has: dense layers, sigmoid, error, update. Left are the convolution, "
        "tanh, pooling, and what does harm only in deep networks: weights whose standard deviation "
        "is 2 / (volume size), without the square root, keep the error where a constant has it. "
        "Each mistake below, put into a network that is right otherwise, is named from its "
        "numbers; most of them still learn, so an accuracy that rises proves nothing.",
        "Your rates are right for A and B. For C even 5e-4 is above what the curvature allows at "
        "the start, and it learns all the same: the first steps lead to where the error curves "
        "less. Without the half in front of the sum of squares every rate counts twice, and at "
        "1e-3 C is then lost within 60 batches, with right code: have the half, or halve the "
        "rates. Sum and mean are no more than that either: rate r for the sum of 20 images is "
        "20 r for their mean.",
        "Do not normalise the weights after an update. weights -= rate * gradient is all there is, "
        "for biases just the same: tiny-dnn updates them as well. Draw the weights at the start "
        "with standard deviation sqrt(2 / fan_in), and set the sums of gradients to zero after "
        "each update.",
        "A penalty is not what is missing: it is for networks that do well on what they have "
        "learned from, and badly on the rest. If you want one, add factor * (sum of all w^2 of all "
        "layers, not of biases) to the error, once per update, and 2 * factor * w to the gradient "
        "of each weight where that layer computes it; the derivative of the error at the output "
        "stays as it is.",
        "Part of an accuracy that is all over the place is the plot: steps of 5 % are looks at 20 "
        "images, and these have a standard deviation of 11 % for a network that does not change. "
        "Look at 1000 images that it has not learned from.",
        "Next steps: judge each layer, then two steps of a small network, then train; all three "
        "take minutes.",
    ),
    exhibits=(
        Exhibit(
            "with_stride",
            "The test that was copied lets most wrong convolutions pass; the suite sees all.",
            copied_test.with_stride_sees,
        ),
        Exhibit(
            "named",
            "Each mistake that may have been made is named from one small network.",
            suspects.named,
            f"python -m oracles validate posts/001_tiny {_ASKED}",
        ),
        Exhibit(
            "symptoms",
            "Most of them still learn: an accuracy that rises is not a test.",
            suspects.symptoms,
        ),
        Exhibit(
            "initial std",
            "A standard deviation without its root is a setting, and found as one.",
            initial_std.without_root,
            "python -m oracles learn examples/posts/post_001/digits_c_without_root.case.toml "
            "--data digits",
        ),
        Exhibit(
            "limits",
            "What the curvature allows at the start, beside the rates of the question.",
            stability.limits,
        ),
        Exhibit(
            "rates",
            "What right code does at these rates, and at twice the larger: 1e-3 without the half.",
            stability.rates,
        ),
        Exhibit(
            "verdicts",
            "The settings of the question let its deepest network learn, at both of its rates.",
            verdicts.of_c,
        ),
        Exhibit(
            "sum and mean",
            "Sum or mean over the batch is a factor of the learning rate, and nothing else.",
            sum_and_mean.one_factor,
        ),
        Exhibit(
            "penalty",
            "An L2 penalty adds factor * w^2 to the error, and 2 * factor * w to each gradient.",
            penalty.what_it_adds,
        ),
        Exhibit(
            "reading the plot",
            "An accuracy of 20 random images goes up and down by 11 % where nothing changes.",
            reading_the_plot.noise,
        ),
    ),
    with_mnist=(
        MnistExhibit(
            "one epoch",
            "The three networks of the question, as they should behave.",
            one_epoch.one_epoch,
        ),
        MnistExhibit(
            "limits with MNIST",
            "What the curvature allows at the start, on MNIST.",
            stability.limits_with_mnist,
        ),
        MnistExhibit(
            "verdicts with MNIST",
            "The settings of the question let all three networks learn.",
            verdicts.of_all,
        ),
    ),
)
