"""What the agent knows and owes: cursors, the ledger of every item, and what is yet to be sent.

One SQLite file. Whatever belongs together is written in one transaction, so that a kill at any
moment leaves either all of a page or none of it.
"""
