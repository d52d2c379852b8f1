"""https://datascience.stackexchange.com/questions/10564, asked and answered."""

from examples.posts.post import Exhibit, MnistExhibit, Post
from examples.posts.post_000 import (
    decay,
    gradient_check,
    memorising,
    mnist,
    reshape,
    saturation,
    symptom,
    white,
)

_VALIDATE = "python -m oracles validate posts/000_tiny --implementation examples.posts.post_000"

POST = Post(
    number="000",
    title="Error with Convolutional Neural Network (SGD?)",
    link="https://datascience.stackexchange.com/questions/10564",
    author="author not named in our copy; Stack Exchange, CC BY-SA",
    question="A network of NumPy and SciPy, one convolution, mean pooling, one dense layer, "
    "sigmoids: a numerical gradient check passes. Trained by SGD it gives the same answer for the "
    "whole batch; trained by scipy.optimize.minimize it gives different ones. Why?",
    answer=(
        "Your gradients are right and your images are not: the pixels come as N rows of H * W, "
        "np.reshape(..., (H, W, N)) fills each image with pixels of all samples, and "
        "rows.reshape(N, H, W).transpose(1, 2, 0) is what you mean.",
        "SGD scrambles every batch in another way, so images and labels have nothing to do with "
        "each other, and the best that is left is one answer for all, how common each class is; "
        "minimize sees one batch that never changes, and learns it by heart.",
        "The gradient check cannot see this: it differentiates the cost of the images that you "
        "made, whatever they show; and with one sample at a time the reshape is right.",
        "Divide the penalty by the number of all samples: divided by the batch, it is stronger the "
        "smaller the batch is, and can bring everything to one answer by itself.",
        "Compute the cost from what goes into the last sigmoid, as the sum of t * log(1 + exp(-z)) "
        "and (1 - t) * log(1 + exp(z)): where the sigmoid rounds to 0 or 1, yours is 0 * log(0).",
        "Divide by the largest grey level that your data can have: grey levels of 0 to 16 over 255 "
        "all look alike to the network.",
    ),
    exhibits=(
        Exhibit(
            "reshape",
            "The first thing that is wrong is what goes into the network; all the rest is right.",
            reshape.found,
            f"{_VALIDATE}.asked",
        ),
        Exhibit(
            "without images",
            "Where the images are not shown, the output of the convolution gives the reshape away.",
            reshape.found_without_images,
            f"{_VALIDATE}.asked:without_input",
        ),
        Exhibit(
            "mended",
            "With the reshape mended, every array is PyTorch's.",
            reshape.mended_passes,
            f"{_VALIDATE}.mended",
        ),
        Exhibit(
            "gradient check",
            "The gradient check passes all the same: it sees the cost of the scrambled images.",
            gradient_check.gradient_check,
        ),
        Exhibit(
            "one sample",
            "In batches of one sample the reshape is right, and nobody can see it.",
            reshape.one_sample,
        ),
        Exhibit(
            "symptom",
            "Under SGD the scrambled images bring one answer for everything; mended, it learns.",
            symptom.symptom,
        ),
        Exhibit(
            "memorising",
            "scipy.optimize.minimize learns the scrambled batch by heart, and nothing else.",
            memorising.memorising,
        ),
        Exhibit(
            "duplicated",
            "A penalty divided by the batch is halved by showing every sample twice.",
            decay.duplicated,
        ),
        Exhibit(
            "decay",
            "Divided by the batch, the penalty alone brings one answer for everything.",
            decay.collapse,
        ),
        Exhibit(
            "saturation",
            "On a saturated sigmoid the cost is not a number.",
            saturation.saturation,
        ),
        Exhibit(
            "white",
            "Grey levels of 0 to 16 divided by 255 leave images that all look alike.",
            white.white,
        ),
    ),
    with_mnist=(MnistExhibit("mnist", "The same on the digits of MNIST.", mnist.trained),),
)
