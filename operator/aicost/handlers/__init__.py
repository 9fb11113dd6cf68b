"""The only package that imports kopf: it watches our four kinds and hands every event to the store. It decides nothing."""

from aicost.handlers.watch import ResourceWatch

__all__ = ["ResourceWatch"]
