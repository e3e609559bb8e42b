"""What travels between agent, server and extension: frozen pydantic models, and nothing else.

A leaf: it imports neither part of the house. A reader who knows these files knows the wire.
"""
