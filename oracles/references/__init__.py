"""The oracles, one framework per file. None imports another."""
