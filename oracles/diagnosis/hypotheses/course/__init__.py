"""What happens when in a step."""
