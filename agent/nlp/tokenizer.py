"""The tokenizer of the spaCy pipeline: a Latin word, a number, one Chinese character, one sign.

spaCy's Chinese one splits English into letters, its English one keeps a Chinese run as one token.
"""

import re

from spacy.tokens import Doc
from spacy.vocab import Vocab

_LONE = re.compile("[\ud800-\udfff]")
_TOKEN = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’][A-Za-z]+)?|\d+(?:[.,]\d+)*|\s|.", re.DOTALL)


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
