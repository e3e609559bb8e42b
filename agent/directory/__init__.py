"""Whose is this? Answered on the laptop from the rep's own customers, never over the network."""
