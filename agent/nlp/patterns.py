"""What the lexicon's patterns find in single sentences."""

from dataclasses import replace

from agent.nlp.findings import Finding, Setting, analyse
from agent.nlp.lexicon.model import Lexicon
from agent.nlp.scan import Scanner


class Patterns:
    """The lexicon alone, without what was learned: for training and for the lexicon's own tests."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._scanner = Scanner(lexicon)

    def findings(self, folded: str, setting: Setting) -> list[Finding]:
        return [
            replace(finding, start=finding.start + start, end=finding.end + start)
            for start, end, trial in self._scanner.candidates(folded)
            for finding in analyse(folded[start:end], trial, setting)
        ]
