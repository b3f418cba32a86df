"""The fast step: from a prediction's scores to class sums."""
