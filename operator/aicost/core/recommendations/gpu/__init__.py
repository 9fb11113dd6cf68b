"""Right-sizing of GPUs: one module for each lever over the evidence of one server; `ladder` asks them in order."""
