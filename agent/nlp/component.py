"""The spaCy component: findings as ``doc.spans["tags"]``, with what was found on each span.

    nlp = pipeline()
    doc = nlp("今年预算紧张")
    [(span.label_, span._.status, span._.score) for span in doc.spans["tags"]]

Importing this module imports spaCy.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup
from spacy.vocab import Vocab

from agent.nlp.findings import Finding, Setting
from agent.nlp.fold import fold
from agent.nlp.lexicon import load, shipped
from agent.nlp.reader import Reader
from agent.nlp.tokenizer import MixedTokenizer, parts_token

SPANS = "tags"
FACTORY = "genjin_tags"
UNSAID = Setting("customer", "mail", date(1970, 1, 1))
"""Who speaks when nobody told; the day only matters for the due dates of promises."""

_FOUND = "genjin_found"
_SETTING = "genjin_setting"


def _found(span: Span) -> Finding | None:
    found: dict[tuple[int, int, str], Finding] = span.doc.user_data.get(_FOUND, {})
    return found.get((span.start_char, span.end_char, span.label_))


def _extend(name: str, default: object) -> None:
    """An attribute of spaCy is kept once for equal offsets, and two categories may share theirs; so
    what was found lies in the Doc under offsets *and* label."""
    Span.set_extension(
        name,
        getter=lambda span: default if (found := _found(span)) is None else getattr(found, name),
        force=True,
    )


_extend("status", "asserted")
_extend("score", 0.0)
_extend("owner", None)
_extend("due", None)
Span.set_extension("speaker", getter=lambda span: span.doc._.setting.speaker, force=True)
Doc.set_extension(
    "setting",
    getter=lambda doc: doc.user_data.get(_SETTING, UNSAID),
    setter=lambda doc, setting: doc.user_data.__setitem__(_SETTING, setting),
    force=True,
)


class TagComponent:
    """Annotates a Doc of any length. Set ``doc._.setting`` first to say who speaks, and when."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def __call__(self, doc: Doc) -> Doc:
        setting: Setting = doc._.setting
        found = self._reader.sentences(fold(doc.text), setting)
        return mark(doc, ((start, one) for start, _, its in found for one in its), setting)


class SentenceDocs:
    """The bulk path: a Doc for one sentence that was scanned already, plain findings back.

    spaCy says what the whole tokens around a finding are, and nothing else: making a Doc costs as
    much as all that goes before it, so that only a sentence gets one of which a finding begins or
    ends where a token may go on."""

    def __init__(self) -> None:
        self._tokenizer = MixedTokenizer(Vocab())

    def whole(self, sentence: str, found: list[Finding], setting: Setting) -> list[Finding]:
        """What was found in a sentence, as whole tokens and once each."""
        if not any(parts_token(sentence, one.start, one.end) for one in found):
            return list({(one.start, one.end, one.category): one for one in found}.values())
        doc = mark(self._tokenizer(sentence), ((0, finding) for finding in found), setting)
        kept: dict[tuple[int, int, str], Finding] = doc.user_data[_FOUND]
        return [
            finding
            if finding.start == start and finding.end == end
            else replace(finding, start=start, end=end)
            for (start, end, _), finding in kept.items()
        ]


def mark(doc: Doc, found: Iterable[tuple[int, Finding]], setting: Setting) -> Doc:
    """Put findings (each with the offset of its sentence) on the Doc as whole tokens."""
    spans: list[Span] = []
    kept: dict[tuple[int, int, str], Finding] = {}
    for offset, finding in found:
        span = doc.char_span(
            finding.start + offset,
            finding.end + offset,
            label=finding.category,
            alignment_mode="expand",
        )
        if span is None:  # outside the Doc: never, as offsets come from its own text
            continue
        spans.append(span)
        kept[span.start_char, span.end_char, finding.category] = finding
    doc.user_data[_SETTING] = setting
    doc.user_data[_FOUND] = kept
    doc.spans[SPANS] = SpanGroup(doc, name=SPANS, spans=spans)
    return doc


@Language.factory(FACTORY, default_config={"folder": None}, assigns=["doc.spans"])
def make_component(nlp: Language, name: str, folder: str | None) -> TagComponent:
    """``folder`` holds another lexicon; None is the shipped one."""
    del nlp, name
    return TagComponent(Reader(shipped() if folder is None else load(Path(folder))))


def pipeline(folder: Path | None = None) -> Language:
    """A spaCy pipeline for Chinese, English and mixed text with the tags component in it."""
    nlp = spacy.blank("xx")
    nlp.tokenizer = MixedTokenizer(nlp.vocab)
    nlp.add_pipe(FACTORY, config={"folder": None if folder is None else str(folder)})
    return nlp
