"""Gather, decide, act: the evaluation that turns declarations and observations into a ledger and into statuses.

`evaluation.py` is the page to read first. Imports ports, api and core only; wiring hands in the adapters.
"""
