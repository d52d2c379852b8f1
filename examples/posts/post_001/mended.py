"""The network of the question as it should be.

python -m oracles learn posts/001_tiny --implementation examples.posts.post_001.mended
pytest cases/posts --implementation examples.posts.post_001.mended
"""

from examples.posts.post_001.plugged import Plugged

implementation = Plugged("mended")
