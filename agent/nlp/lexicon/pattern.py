"""The little language of the lexicon, and its translation to regular expressions.

    预算紧张            these characters; in Latin script whole words, a "-" also as space or nothing
    cancel*             a Latin word that goes on: cancels, cancelled
    {money}             one of the words of the class "money"
    …                   a short gap inside the clause (up to 6 words or characters); …… up to 14
    (a|b|c)  [a]        one of several; may be absent
    ^  $                at the start, at the end of a clause
    {number} {when} {name}   built in: a number, a date or time, a person by title

Matching is linear: words are atomic, gaps are bounded and never cross a clause.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from agent.nlp.dates.grammar import hints

CLAUSE_BREAKS: Final = "，,。！!？?；;：:\n"
WHEN: Final = "\ue000"
"""Stands for every character of a date in text prepared for a timed pattern."""
_GAP_UNIT: Final = rf"(?:[a-z0-9']++\s*+|{WHEN}++\s*+|[^a-z0-9'\s{CLAUSE_BREAKS}{WHEN}]\s*+)"
_NUMBER: Final = (
    r"(?:\d++(?:[.,]\d++)*+(?:%|[km](?![a-z0-9]))?|[零一二两三四五六七八九十百千万亿几半]++|"
    r"(?<![a-z])(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|"
    r"forty|fifty|sixty|ninety|hundred)(?![a-z]))"
)
_NAME: Final = (
    r"(?:[\u4e00-\u9fff]{1,3}(?:总|董|经理|主任|院长|校长|处长|局长|部长|科长|行长|老板|书记|厂长|工)|"
    r"(?:mr|mrs|ms|dr)\.?\s+[a-z]++)"
)
_TOKENS = re.compile(r"\{([a-z_]+)\}|(……|…)|([()\[\]|^$])|([^{}…()\[\]|^$]+)")
_LITERAL_TOKENS = re.compile(r"[a-z0-9]+(?:'[a-z]+)?\*?|[-'&/.]|\s+|.")
_LEFT: Final = "(?<![a-z0-9])"
_BEGUN: Final = "(?<![a-z0-9].)"
"""The left edge, asked for behind the first letter: an expression that begins with a letter, or
with one of several, is skipped through the text far quicker than one that begins with a question."""
_RIGHT: Final = "(?![a-z0-9])"
_CJK = re.compile(r"[^\x00-\u024f]+")
_LATIN = re.compile(r"[a-z0-9]+\*?")
_TOO_COMMON: Final = frozenset(
    (files("agent.nlp.lexicon") / "common_words.txt").read_text("utf-8").split()
)
"""Found in nearly every sentence: of no use to decide which patterns to try."""


class PatternError(ValueError):
    """The pattern cannot be read; ``args[0]`` is the reason's code."""


@dataclass(frozen=True, slots=True)
class Compiled:
    regex: str
    """Each gap is a group, so that a negation inside it can be told from one in the words."""
    needs: tuple[frozenset[str], ...]
    """Of each set, at least one word stands in every text the pattern matches."""
    timed: bool
    """It asks for a date: match it on text where ``WHEN`` hides the dates."""


@dataclass(frozen=True, slots=True)
class _Piece:
    regex: str
    words: frozenset[str] | None
    """What the automaton may look for; None when nothing of it is rare enough."""
    bare: str | None = None
    """For Latin words: the expression without word edges, which alternatives can share."""
    options: tuple[str, ...] = ()
    """For one of several: their expressions, which a wider choice can take over."""


class Vocabulary:
    """Word classes and phrases as patterns use them, each translated once."""

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        self._words = words
        self._pieces: dict[str, _Piece] = {}
        self._phrases: dict[str, _Piece] = {}

    def piece(self, name: str) -> _Piece:
        if name not in self._pieces:
            if name not in self._words:
                raise PatternError("unknown_class")
            self._pieces[name] = _class_piece(self._words[name])
        return self._pieces[name]

    def phrase(self, text: str) -> _Piece:
        if text not in self._phrases:
            self._phrases[text] = _phrase(text)
        return self._phrases[text]


def compile_pattern(source: str, vocabulary: Vocabulary, *, anchored: bool = True) -> Compiled:
    """Translate one pattern. Raises ``PatternError``, also when every word of it is so common that
    it would be tried on nearly every sentence (unless ``anchored`` is false)."""
    tokens = [_token(match) for match in _TOKENS.finditer(source.lower())]
    if "".join(raw for _, _, raw in tokens) != source.lower():
        raise PatternError("pattern_syntax")
    reader = _Reader(tokens, vocabulary)
    pieces = reader.sequence(closing=None)
    needs = tuple(piece.words for piece in pieces if piece.words)
    if anchored and not needs:
        raise PatternError("pattern_without_anchor")
    timed = any(token[:2] == ("class", "when") for token in tokens)
    return Compiled(_joined(pieces), (*needs, hints()) if timed else needs, timed)


def _token(match: re.Match[str]) -> tuple[str, str, str]:
    name, gap, sign, literal = match.groups()
    if name:
        return "class", name, match[0]
    if gap:
        return "gap", gap, match[0]
    if sign:
        return "sign", sign, match[0]
    return "literal", literal, match[0]


class _Reader:
    def __init__(self, tokens: list[tuple[str, str, str]], vocabulary: Vocabulary) -> None:
        self._tokens = tokens
        self._vocabulary = vocabulary
        self._at = 0

    def sequence(self, closing: str | None) -> list[_Piece]:
        """Pieces up to ``closing`` or ``|``; the caller consumes what stopped it."""
        pieces: list[_Piece] = []
        while self._at < len(self._tokens):
            kind, text, _ = self._tokens[self._at]
            if kind == "sign" and text in {")", "]", "|"}:
                if closing is None or (text not in {"|", closing}):
                    raise PatternError("pattern_syntax")
                return pieces
            self._at += 1
            piece = self._piece(kind, text)
            if piece is not None:
                pieces.append(piece)
        if closing is not None:
            raise PatternError("pattern_syntax")
        return pieces

    def _piece(self, kind: str, text: str) -> _Piece | None:
        if kind == "gap":
            return _Piece(f"({_GAP_UNIT}{{0,{14 if text == '……' else 6}}}?)", None)
        if kind == "class":
            return self._class(text)
        if kind == "literal":
            return self._vocabulary.phrase(text) if text.strip() else None
        if text == "^":
            return _Piece(rf"(?:^|(?<=[{CLAUSE_BREAKS}])|(?<=[{CLAUSE_BREAKS}]\s))", None)
        if text == "$":
            return _Piece(rf"(?=\s*+(?:$|[{CLAUSE_BREAKS}.]))", None)
        return self._choice(")" if text == "(" else "]")

    def _choice(self, closing: str) -> _Piece:
        options: list[list[_Piece]] = []
        while True:
            options.append(self.sequence(closing))
            sign = self._tokens[self._at][1]
            self._at += 1
            if sign == closing:
                break
        choice = _alternatives(
            option[0] if len(option) == 1 else _Piece(_joined(option), None) for option in options
        )
        if closing == "]":
            return _Piece(f"{_one_of(choice)}?", None)
        words: frozenset[str] = frozenset()
        for option in options:
            found = [piece.words for piece in option if piece.words]
            if not found:
                return _Piece(_one_of(choice), None, options=choice)
            words |= max(found, key=_rarity)
        return _Piece(_one_of(choice), words, options=choice)

    def _class(self, name: str) -> _Piece:
        if name == "number":
            return _Piece(_NUMBER, None)
        if name == "name":
            return _Piece(_NAME, None)
        if name == "when":
            return _Piece(f"{WHEN}++", None)
        return self._vocabulary.piece(name)


def _class_piece(words: Sequence[str]) -> _Piece:
    phrases = [_phrase(word) for word in sorted(map(str.lower, words), key=len, reverse=True)]
    anchors: frozenset[str] | None = frozenset()
    for phrase in phrases:
        anchors = anchors | phrase.words if anchors is not None and phrase.words else None
    choice = _alternatives(phrases)
    return _Piece(_one_of(choice), anchors, options=choice)


def _rarity(words: AbstractSet[str]) -> int:
    return min(len(word) * (2 if word[0] > "\u024f" else 1) for word in words)


def _anchors(literal: str) -> frozenset[str] | None:
    """The rarest single word of a phrase: phrases may be broken by spaces and line ends."""
    found = [run for run in _CJK.findall(literal) if len(run) > 1 or run not in _TOO_COMMON]
    if not found:
        found = [
            word
            for word in _LATIN.findall(literal)
            if len(word) > 1 and word not in _TOO_COMMON and not word.isdigit()
        ]
    return frozenset((max(found, key=len),)) if found else None


def _joined(pieces: Sequence[_Piece]) -> str:
    return r"\s*+".join(piece.regex for piece in pieces)


def _alternatives(pieces: Iterable[_Piece]) -> tuple[str, ...]:
    """The expressions of all; Latin words with the same first letter share their edges, which
    compiles far quicker."""
    others: list[str] = []
    latin: list[str] = []
    for piece in pieces:
        if piece.bare is not None:
            latin.append(piece.bare)
        else:
            others.extend(piece.options or (piece.regex,))
    by_letter: dict[str, list[str]] = {}
    for word in sorted(latin, key=len, reverse=True):
        by_letter.setdefault(word[0], []).append(word[1:])
    others.extend(f"{letter}{_BEGUN}{_one_of(rest)}{_RIGHT}" for letter, rest in by_letter.items())
    return tuple(others)


def _one_of(expressions: Sequence[str]) -> str:
    return f"(?:{'|'.join(expressions)})"


def _phrase(text: str) -> _Piece:
    """One phrase, word for word. Where it begins and ends with a Latin word, alternatives can take
    its expression without these edges."""
    text = text.strip()
    bare = "".join(_parts(text))
    starts = text[0].isascii() and text[0].isalnum()
    ends = text[-1].isascii() and (text[-1].isalnum() or text[-1] == "*")
    regex = (bare[0] + _BEGUN + bare[1:] if starts else bare) + (_RIGHT if ends else "")
    return _Piece(regex, _anchors(text), bare if starts and ends else None)


def _parts(text: str) -> Iterator[str]:
    tokens = _LITERAL_TOKENS.findall(text)
    for index, token in enumerate(tokens):
        if token.isspace():
            yield r"\s*+"
        elif token[0].isascii() and token[0].isalnum():
            # Inside a phrase only the seams with Chinese need an edge.
            before = tokens[index - 1] if index else ""
            if before and not before.isascii():
                yield _LEFT
            yield re.escape(token.rstrip("*")).replace("'", "'?")
            if token.endswith("*"):
                yield "[a-z]*+"
            if index + 1 < len(tokens) and tokens[index + 1] != "-":
                yield _RIGHT
        elif token == "-":  # noqa: S105 - a hyphen, not a password
            yield r"[-\s]*+"
        else:
            yield re.escape(token)
