"""How yours is plugged in: an object, layer objects, functions; and how it is run."""
