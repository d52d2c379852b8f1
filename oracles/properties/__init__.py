"""What any implementation must keep to beyond its values: one file for each property."""
