"""The tokenizer of the spaCy pipeline: a Latin word, a number, one Chinese character, one sign.

spaCy's Chinese one splits English into letters, its English one keeps a Chinese run as one token.
"""

import re

from spacy.tokens import Doc
from spacy.vocab import Vocab

_LONE = re.compile("[\ud800-\udfff]")
_TOKEN = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’][A-Za-z]+)?|\d+(?:[.,]\d+)*|\s|.", re.DOTALL)
_TOGETHER = re.compile(r"[A-Za-zÀ-ɏ'’\d.,]{2}")
"""Two characters that may stand in one token."""


class MixedTokenizer:
    """Callable as spaCy wants it. ``doc.text`` is the text that went in, with lone surrogates (which
    spaCy cannot store) replaced one for one."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        words: list[str] = []
        spaces: list[bool] = []
        for word in _TOKEN.findall(_LONE.sub("\ufffd", text)):
            if word == " " and words and not spaces[-1]:
                spaces[-1] = True
            else:
                words.append(word)
                spaces.append(False)
        return Doc(self.vocab, words=words, spaces=spaces)


def parts_token(text: str, start: int, end: int) -> bool:
    """Whether the edges of a span may lie within tokens (or at a space, which is none); False is
    certain: the span consists of whole tokens."""
    return (
        start >= end
        or text[start] == " "
        or text[end - 1] == " "
        or _TOGETHER.match(text, max(start - 1, 0), start + 1) is not None
        or _TOGETHER.match(text, end - 1, end + 1) is not None
    )
