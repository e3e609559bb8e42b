"""What is learned from labelled sentences: a linear model over words, concepts and patterns."""
