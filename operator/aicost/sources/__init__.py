"""Adapters that read the outside world; foreign errors stop here."""
