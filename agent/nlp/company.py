"""The tagger as a company has taught it: its vocabulary and its corrections on the shipped one.

What is shipped is made once and shared; only the company's own part is made anew when it changes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache, cached_property

from agent.contract.tagger import Adaptation, TaggerData, Term
from agent.nlp.findings import Finding, Setting
from agent.nlp.fold import fold
from agent.nlp.learn import adapt
from agent.nlp.learn import model as learned
from agent.nlp.learn.model import Model
from agent.nlp.learn.thesaurus import Mention, Thesaurus
from agent.nlp.lexicon import Lexicon, company, shipped
from agent.nlp.reader import Reader
from agent.nlp.scan import Pattern, Scanner, Trial
from agent.nlp.sentences import sentences
from agent.nlp.tagger import Tagger


class CompanyTagger(Tagger):
    """Raises ``PatternError`` when a term has a pattern that cannot be read."""

    def __init__(
        self,
        terms: Sequence[Term],
        adaptation: Adaptation | None = None,
        *,
        suggesting: bool = False,
    ) -> None:
        super().__init__()
        model = company_model(terms, adaptation, suggesting=suggesting)
        self._company = CompanyReader(model, terms)

    @cached_property
    def _reader(self) -> Reader:
        return self._company


def company_tagger(data: TaggerData, *, suggesting: bool = False) -> Tagger:
    """With ``suggesting`` it finds also what the corrections may only suggest."""
    if not data.terms and data.adaptation is None:
        return Tagger()
    return CompanyTagger(data.terms, data.adaptation, suggesting=suggesting)


def company_model(
    terms: Sequence[Term], adaptation: Adaptation | None, *, suggesting: bool = False
) -> Model:
    """The shipped model, moved by the corrections, knowing the company's names."""
    model = learned.shipped()
    extra = company.forms(model.thesaurus.forms, terms)
    if extra:
        model = replace(model, thesaurus=WiderThesaurus(model.thesaurus, extra))
    return adapt.apply(model, adaptation, suggesting=suggesting) if adaptation else model


class WiderThesaurus(Thesaurus):
    """Another thesaurus with a few forms more, or with other concepts for some of its own."""

    def __init__(self, base: Thesaurus, extra: dict[str, tuple[str, ...]]) -> None:
        self._base = base
        self._extra = Thesaurus(extra)
        self.forms = {**base.forms, **extra}

    def all_mentions(self, folded: str) -> Iterator[Mention]:
        extra = self._extra.forms
        for mention in self._base.all_mentions(folded):
            if mention.form not in extra:
                yield mention
        yield from self._extra.all_mentions(folded)


class CompanyReader(Reader):
    """Reads with the shipped patterns and the company's own. What would be another vendor by the
    name of one's own product alone is left out."""

    def __init__(self, model: Model, terms: Sequence[Term]) -> None:
        base = shipped()
        super().__init__(base, model)
        self._products = tuple(
            fold(word) for term in terms if term.kind == "product" for word in term.words
        )
        own = Lexicon(company.groups(base, terms), base.shared, base.words)
        self._own = _OwnScanner(own) if own.groups else None

    @cached_property
    def _scanner(self) -> Scanner:
        return _shipped_scanner() if self._own is None else _Both(_shipped_scanner(), self._own)

    def sentences(self, folded: str, setting: Setting) -> Iterator[tuple[int, int, list[Finding]]]:
        for start, end, found in super().sentences(folded, setting):
            kept = [one for one in found if not self._is_own(folded[start:end], one)]
            if kept:
                yield start, end, kept

    def _is_own(self, sentence: str, found: Finding) -> bool:
        """Does only a product of ours speak for another vendor here?"""
        if found.category != "competitor" or found.certain:
            return False
        said = sentence[found.start : found.end]
        rest = said
        for product in self._products:
            rest = rest.replace(product, " " * len(product))
        return rest != said and not any(
            concept.startswith(("brand_", "other_"))
            for mention in self._model.thesaurus.mentions(rest)
            for concept in mention.concepts
        )


class _ShippedReader(Reader):
    @property
    def scanner(self) -> Scanner:
        return self._scanner


@cache
def _shipped_scanner() -> Scanner:
    return _ShippedReader(shipped()).scanner


class _OwnScanner(Scanner):
    """Its trials can be joined to another scanner's: that one's bits mean other words, so the
    exceptions of a pattern are tried whatever words stand there."""

    def candidates(self, folded: str) -> Iterator[tuple[int, int, Trial]]:
        for start, end, trial in super().candidates(folded):
            yield start, end, Trial(tuple(map(_always_excepted, trial.patterns)), 0)


@cache
def _always_excepted(pattern: Pattern) -> Pattern:
    return replace(pattern, unless=tuple(replace(one, needs=0) for one in pattern.unless))


class _Both(Scanner):
    def __init__(self, base: Scanner, own: Scanner) -> None:
        self._base = base
        self._more = own

    def candidates(self, folded: str) -> Iterator[tuple[int, int, Trial]]:
        own = {(start, end): trial for start, end, trial in self._more.candidates(folded)}
        if not own:
            yield from self._base.candidates(folded)
            return
        base = {(start, end): trial for start, end, trial in self._base.candidates(folded)}
        for span in sentences(folded):
            ours, theirs = own.get(span), base.get(span)
            if ours is not None:
                patterns = (*(theirs.patterns if theirs else ()), *ours.patterns)
                yield *span, Trial(patterns, theirs.words if theirs else 0)
            elif theirs is not None:
                yield *span, theirs
