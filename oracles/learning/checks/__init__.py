"""What settings can be wrong: one check per file."""
