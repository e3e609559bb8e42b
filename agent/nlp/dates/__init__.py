"""When: day names, deadlines and periods in Chinese and English, resolved to a calendar day.

The rules are data (``zh.yaml``, ``en.yaml``), each with its own examples, which are its tests.
"""
