"""One migration per file; a file imports nothing of aicost but the columns of old, for the tables move on."""
