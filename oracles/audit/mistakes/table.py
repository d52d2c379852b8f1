"""Every row of the table of tiny mistakes."""

from __future__ import annotations

from oracles.audit.mistakes import batch_norms, convolutions, losses, updates
from oracles.audit.mistakes.row import Row

ROWS: tuple[Row, ...] = (*convolutions.ROWS, *batch_norms.ROWS, *losses.ROWS, *updates.ROWS)
