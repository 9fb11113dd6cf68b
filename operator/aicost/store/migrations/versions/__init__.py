"""One migration per file; a file says all it needs and imports nothing of aicost, for the tables move on."""
