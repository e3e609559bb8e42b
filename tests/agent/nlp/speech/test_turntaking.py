from agent.nlp.speech.audio import RATE
from agent.nlp.speech.turntaking import turns
from agent.nlp.speech.voice import MAX_TURN_S, Stretch


def _stretch(channel: int, start: float, end: float) -> Stretch:
    return Stretch(channel, int(start * RATE), int(end * RATE))


def test_a_short_pause_joins() -> None:
    assert turns([_stretch(0, 0, 2), _stretch(0, 2.5, 4)]) == [_stretch(0, 0, 4)]


def test_a_long_pause_parts() -> None:
    parts = [_stretch(0, 0, 2), _stretch(0, 3, 4)]
    assert turns(parts) == parts


def test_an_answer_parts() -> None:
    parts = [_stretch(0, 0, 2), _stretch(1, 2.1, 2.5), _stretch(0, 2.6, 4)]
    assert turns(parts) == parts


def test_a_word_thrown_in_does_not_part() -> None:
    spoken = [_stretch(0, 0, 2), _stretch(1, 1.5, 1.9), _stretch(0, 2.2, 4)]
    assert turns(spoken) == [_stretch(0, 0, 4), _stretch(1, 1.5, 1.9)]


def test_long_speech_is_cut_at_a_pause() -> None:
    spoken = [_stretch(0, at, at + 7.5) for at in (0, 8, 16, 24)]
    found = turns(spoken)
    assert [(t.start // RATE, t.end / RATE) for t in found] == [(0, 15.5), (16, 31.5)]
    assert all(t.seconds <= MAX_TURN_S for t in found)


def test_order_is_by_start_across_channels() -> None:
    right, left = [_stretch(1, 0, 1), _stretch(1, 6, 7)], [_stretch(0, 3, 4)]
    assert turns([*left, *right]) == [right[0], left[0], right[1]]


def test_clicks_are_no_turns() -> None:
    assert turns([_stretch(0, 0, 0.2), _stretch(1, 1, 2)]) == [_stretch(1, 1, 2)]
    assert turns([]) == []
