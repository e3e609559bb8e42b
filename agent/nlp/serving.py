"""The tagger for another process: a line of JSON in, a line of JSON out, until the input ends.

    python -m agent.nlp.serving [FILE]

A request is ``{"text", "kind", "speaker", "on"}`` or, for a call, ``{"turns", "on"}``; the answer
``{"tags", "commitments"}``, or ``{"failed": TYPE}`` where a text upsets the tagger. FILE holds what
the company has taught; whenever it changes, the next text is read by what it says then.
"""

import json
import os
import signal
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import IO, Any

from agent.contract.tag import Turn
from agent.nlp.following import FollowingTagger
from agent.nlp.tagger import Tagger, Tagging


def serve(requests: IO[bytes], answers: IO[bytes], taught: Path | None = None) -> None:
    following = FollowingTagger(taught)
    for line in requests:
        request = json.loads(line)
        try:
            answer = _plain(_tagged(following.current(), request))
        except (ImportError, OSError, MemoryError):
            raise  # not the text's fault: whoever asked finds us gone
        except Exception as error:  # noqa: BLE001 - told to whoever asked, without its message
            answer = {"failed": type(error).__name__}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _tagged(tagger: Tagger, request: Mapping[str, Any]) -> Tagging:
    on = date.fromisoformat(request["on"])
    if "turns" in request:
        turns = [Turn.model_validate(turn) for turn in request["turns"]]
        return tagger.tag_turns(turns, on=on)
    return tagger.tag(request["text"], kind=request["kind"], speaker=request["speaker"], on=on)


def _plain(found: Tagging) -> dict[str, Any]:
    return {
        "tags": [tag.model_dump(mode="json") for tag in found.tags],
        "commitments": [one.model_dump(mode="json") for one in found.commitments],
    }


def main() -> None:
    # Ctrl-C reaches the whole group of processes: whoever started us says when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever a library prints is no answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    taught = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    serve(sys.stdin.buffer, answers, taught)


if __name__ == "__main__":
    main()
