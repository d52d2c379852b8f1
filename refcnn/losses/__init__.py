"""Losses, one per file, under torch.nn's names, and penalties."""

from refcnn.losses.bce import BCELoss
from refcnn.losses.bce_with_logits import BCEWithLogitsLoss
from refcnn.losses.cross_entropy import CrossEntropyLoss
from refcnn.losses.loss import Loss
from refcnn.losses.mse import MSELoss
from refcnn.losses.penalty import L1Penalty, L2Penalty, Penalty

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "L1Penalty",
    "L2Penalty",
    "Loss",
    "MSELoss",
    "Penalty",
]
