"""Same or different, and where: bounds, comparison, localisation."""
