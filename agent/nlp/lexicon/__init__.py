"""What the tagger knows: one YAML file per category, each group with its own examples.

Managers extend it as data; ``pattern`` explains the little language of the patterns. The examples
of a group are its tests.
"""

from agent.nlp.lexicon.load import LexiconBroken, load, parse, shipped
from agent.nlp.lexicon.model import Example, Group, Lexicon

__all__ = ["Example", "Group", "Lexicon", "LexiconBroken", "load", "parse", "shipped"]
