"""Measurements for `make bench`: the sizes that a large cluster brings, one row each. They judge nothing."""
