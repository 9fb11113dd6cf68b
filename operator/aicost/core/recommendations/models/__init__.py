"""Right-sizing of models: which one, in which tier, with or without a cache, by which server.

A lever is one module, registered in `table`: usage of one model by one workload in, advice or a refusal out.
"""
