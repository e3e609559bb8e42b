"""Outlook's data files, ``.pst`` and ``.ost``: read by libpff, in a process of its own."""
