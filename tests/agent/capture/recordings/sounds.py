"""Smallest whole files of each kind; nothing in them but structure."""

import io
import struct
import wave


def wav(seconds: float = 1.0, sample: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(8000)
        recording.writeframes(struct.pack("<h", sample) * int(8000 * seconds))
    return file.getvalue()


def mp3(sound: int = 4000) -> bytes:
    frame = b"\xff\xfb\x90\x00" + b"\x00" * 32
    body = frame + b"Xing" + struct.pack(">III", 0x3, 10, sound)
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 0, 20]) + b"\x00" * 20
    return tag + body.ljust(sound, b"\x55")


def mp4(sound: int = 4000) -> bytes:
    boxes = ((b"ftyp", b"M4A "), (b"mdat", b"\x55" * sound), (b"moov", b"\x00" * 40))
    return b"".join(struct.pack(">I", len(body) + 8) + kind + body for kind, body in boxes)


def ogg(pages: int = 3) -> bytes:
    out = b""
    for n in range(pages):
        flags = (0x02 if n == 0 else 0) | (0x04 if n == pages - 1 else 0)
        segments = bytes([255, 40])
        head = b"OggS" + struct.pack("<BBqIIIB", 0, flags, n, 1, n, 0, len(segments))
        out += head + segments + b"\x55" * 295
    return out
