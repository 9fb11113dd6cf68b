"""Adapters for the Kubernetes API. Raw HTTP on one connection; foreign errors stop here and become those of ports."""
