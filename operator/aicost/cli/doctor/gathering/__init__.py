"""Gathers facts: thin, every question bounded in time, and each apart from the others."""
