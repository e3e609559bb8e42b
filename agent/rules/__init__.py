"""Decisions as pure functions: no I/O, time is an argument. Shared by agent and server."""
