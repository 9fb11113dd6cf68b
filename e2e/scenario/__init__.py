"""Scenarios: a cluster, what its pods did and what its providers billed, as data; and the history that follows."""
