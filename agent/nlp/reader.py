"""One straight way from folded text to findings: scan, patterns, model, one opinion.

The model has seen how people speak and says what a sentence is about; the patterns of the lexicon
are exact about words and promises, so that where both agree the pattern's words are shown. A
company's own patterns stand whatever the model says.
"""

from collections.abc import Iterator
from functools import cached_property

from agent.nlp.findings import Finding, Setting, analyse, promise
from agent.nlp.learn import model as learned
from agent.nlp.learn.features import Said
from agent.nlp.learn.model import Model, Reading
from agent.nlp.lexicon.model import Lexicon
from agent.nlp.scan import Scanner


class Reader:
    """``model`` None is the shipped one, read when the first text comes."""

    def __init__(self, lexicon: Lexicon, model: Model | None = None) -> None:
        self._lexicon = lexicon
        self._given = model

    @cached_property
    def _model(self) -> Model:
        return self._given if self._given is not None else learned.shipped()

    @cached_property
    def _scanner(self) -> Scanner:
        gate = self._model.gate
        forms = self._model.thesaurus.forms.items()
        weights = {form: gate.of(concepts) for form, concepts in forms}
        return Scanner(self._lexicon, weights, gate.least)

    def sentences(self, folded: str, setting: Setting) -> Iterator[tuple[int, int, list[Finding]]]:
        """Sentences that hold something: their span in ``folded``, and findings with offsets in
        the sentence."""
        for start, end, trial in self._scanner.candidates(folded):
            sentence = folded[start:end].replace("\n", " ")
            said = Said(sentence, setting.speaker, setting.kind)
            readings = self._model.read(said)
            # A rep's own words make promises the patterns know best, above all in notes.
            asked = {reading.category for reading in readings}
            tried = trial.of(asked | {"next_step"} if said.by_rep else asked)
            found = analyse(sentence, tried, setting) if tried.patterns else []
            agreed = _agreed(found, readings, said, setting)
            if agreed:
                yield start, end, agreed


def _agreed(
    found: list[Finding], readings: list[Reading], said: Said, setting: Setting
) -> list[Finding]:
    result = [
        finding
        for finding in found
        if finding.certain
        or (said.by_rep and finding.due is not None and finding.status == "asserted")
    ]
    settled = {finding.category for finding in result}
    for reading in readings:
        if reading.category in settled:
            continue
        same = [finding for finding in found if finding.category == reading.category]
        alike = [finding for finding in same if finding.status == reading.status]
        if alike:
            result.extend(finding.scored(reading.score) for finding in alike)
        elif reading.category == "next_step":
            made = promise(said.sentence, reading.evidence, reading.status, reading.score, setting)
            result.extend([made] if made is not None else [])
        else:
            start, end = (same[0].start, same[0].end) if same else reading.evidence
            result.append(Finding(reading.category, reading.status, start, end, reading.score))
    return sorted(result, key=lambda finding: (finding.start, finding.category))
