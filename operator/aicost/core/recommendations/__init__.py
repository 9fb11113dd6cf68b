"""Right-sizing: what to change so that the same work costs less, how sure that is, and what speaks against it.

One module for each lever, registered in `table`; evidence in, advice or a refusal out. Pure, as all of the core.
"""
