"""Whose is it? One answer for the laptop and the server, from what they know of the customers."""
