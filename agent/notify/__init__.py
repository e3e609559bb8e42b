"""Desktop notices, and the truth about whether they were shown."""
