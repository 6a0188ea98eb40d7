"""The stream: from the log to the lake, in pure steps."""
