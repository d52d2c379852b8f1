"""What of an accuracy that jumps is the network, and what the images it is looked at with."""

from __future__ import annotations

import numpy as np

from examples.posts.post import Shown
from examples.posts.post_001.data import small
from examples.posts.post_001.mended import implementation as mended
from examples.posts.post_001.suspects import symptom

STEPS = 90
"""Until it is about half right."""

LOOKS = 2000
SIZES = (20, 100, 1000)


def noise() -> Shown:
    """One network that stays as it is, looked at with random images again and again."""
    learned, held_out = small()
    trained = symptom(mended, learned, STEPS)
    right = trained.outputs(held_out).argmax(axis=1) == held_out.labels
    share = float(np.mean(right))
    generator = np.random.default_rng(0)
    lines = [
        f"one network, {share:.3f} of all held-out images right; {LOOKS} looks at random images",
        "images   standard deviation   sqrt(p (1 - p) / n)   least   most",
    ]
    figures = {"share": share}
    for size in SIZES:
        seen = generator.choice(right, size=(LOOKS, size)).mean(axis=1)
        predicted = float(np.sqrt(share * (1 - share) / size))
        std, least, most = float(np.std(seen)), float(seen.min()), float(seen.max())
        lines.append(f"{size:<8} {std:<20.3f} {predicted:<21.3f} {least:<7.2f} {most:.2f}")
        figures |= {f"std of {size}": std, f"predicted of {size}": predicted}
        figures |= {f"least of {size}": least, f"most of {size}": most}
    return Shown(tuple(lines), figures)
