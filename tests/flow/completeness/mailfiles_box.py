"""Mails as files in folders, as Outlook and Thunderbird let people drop them."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.flow.completeness import account
from tests.flow.completeness.account import Thing

_NAMES = {
    account.INBOX: "收件箱",
    account.SENT: "已发送",
    account.DRAFTS: "草稿",
    account.PROJECT: "收件箱/项目A",
    account.RENAMED: "收件箱/项目B",
    account.PASSING: "收件箱/临时",
}
_BROKEN = ("empty", "dangling")


class MailFilesBox:
    type = "mailfiles"
    has_window = False
    password = ""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / "Mail"
        self._away = root / "unplugged"
        self._paths: dict[int, Path] = {}
        """Below the folder, or below that of what is away."""
        self._broken = 0
        self._is_gone = False
        self.faults = 0
        (self._folder).mkdir()

    def settings(self) -> Mapping[str, Any]:
        return {"type": self.type, "path": str(self._folder)}

    def put(self, thing: Thing) -> None:
        assert thing.letter is not None
        path = self._path(thing, thing.folder)
        fresh = path.with_name(f".{path.name}.part")
        fresh.write_bytes(thing.letter.raw())
        moment = thing.letter.at.timestamp()
        os.utime(fresh, (moment, moment))
        fresh.replace(path)

    def put_broken(self, thing: Thing) -> str:
        path = self._path(thing, thing.folder)
        self._broken += 1
        if self._broken % 2:
            path.touch()
            os.utime(path, (1_700_000_000, 1_700_000_000))
            return "item_empty"
        path.symlink_to(self._root / "nothing")
        return "item_unreadable"

    def move(self, thing: Thing, folder: str) -> None:
        before = self._paths[thing.key]
        before.rename(self._path(thing, folder))

    def copy(self, thing: Thing, new: Thing) -> None:
        shutil.copy2(self._paths[thing.key], self._path(new, new.folder))

    def remove(self, thing: Thing) -> None:
        self._paths.pop(thing.key).unlink()

    def rename(self, folder: str, to: str) -> None:
        before, after = self._place(folder), self._place(to)
        before.rename(after)
        for key, path in self._paths.items():
            if path.parent == before:
                self._paths[key] = after / path.name

    def delete_folder(self, folder: str) -> None:
        shutil.rmtree(self._place(folder))

    def forget(self) -> None:
        """A drive unplugged and plugged in again, copied to anew: no file is as it was."""
        copied = self._root / "copied"
        shutil.copytree(self._folder, copied, symlinks=True)
        shutil.rmtree(self._folder)
        copied.rename(self._folder)

    def fail(self, request: int) -> None:
        del request
        self._folder.rename(self._away)
        self._is_gone = True
        self.faults += 1

    def recover(self) -> None:
        if self._is_gone:
            self._away.rename(self._folder)
            self._is_gone = False

    def listing(self) -> Mapping[str, int]:
        keys = {path: key for key, path in self._paths.items()}
        files = list(self._folder.rglob("*.eml"))
        return {path.relative_to(self._folder).as_posix(): keys[path] for path in files}

    def close(self) -> None:
        pass

    def _place(self, folder: str) -> Path:
        if folder == account.AWAY:
            return self._root / folder
        return self._folder / _NAMES.get(folder, folder)

    def _path(self, thing: Thing, folder: str) -> Path:
        path = self._place(folder) / f"{thing.key:05}.eml"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._paths[thing.key] = path
        return path
