"""The Kubernetes API of aicost: the four kinds as pydantic models, and the generator of their CRDs.

Models mirror the wire: camelCase there, snake_case here. Nothing here talks to a cluster.
"""
