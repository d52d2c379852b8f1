"""How good the judge is: false alarms of correct implementations, tiny mistakes that it sees."""
