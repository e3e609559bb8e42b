"""Read models: what the pages show, asked for with a fixed number of queries."""
