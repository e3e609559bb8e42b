"""Takes the items out of containers, a page at a time, and knows what each container holds."""

from collections import defaultdict
from collections.abc import Generator, Iterator

from agent.capture.base import Batch, Seen
from agent.capture.folders import known as known_files
from agent.capture.folders.containers import SUPERSEDED, ContainerReader, Inside
from agent.capture.folders.known import Items, Known
from agent.capture.folders.page import Page
from agent.capture.folders.scan import Found
from agent.errors import BadItem


def id_within(external_id: str, key: str) -> str:
    return f"{external_id}#{key}"


class Shelf:
    """What the containers of a folder hold, as of the last pass."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}
        self._ranks: defaultdict[str, dict[str, str]] = defaultdict(dict)

    def begin(self, known: dict[str, Known]) -> None:
        """A pass begins, and will bring ``known`` up to date."""
        self._known = known
        self._ranks.clear()
        for external_id, entry in known.items():
            for key, held in (entry.items or {}).items():
                self.rank(external_id, key, _split(held)[1])

    def rank(self, external_id: str, key: str, rank: str) -> None:
        if rank:
            self._ranks[key][external_id] = rank

    def is_superseded(self, external_id: str, inside: Inside) -> bool:
        """A later state of the item stands in another file."""
        if not inside.rank:
            return False
        others = self._ranks.get(inside.key, {})
        return any(rank > inside.rank for other, rank in others.items() if other != external_id)

    def outranked(self, external_id: str, inside: Inside) -> Iterator[str]:
        """External ids of earlier states of the item, in other files."""
        for other, rank in self._ranks.get(inside.key, {}).items() if inside.rank else ():
            if rank < inside.rank and other != external_id:
                yield id_within(other, inside.key)

    def inventory(self, reader: ContainerReader, found: Found) -> Iterator[str]:
        """External ids of what ``found`` holds now; its own when it cannot be opened."""
        entry = self._known.get(found.external_id)
        if entry is not None and entry.is_still(found, reader.epoch()):
            if entry.is_told_whole:
                yield found.external_id
            for key in entry.items or ():
                yield id_within(found.external_id, key)
            return
        try:
            for key in reader.keys(found):
                yield id_within(found.external_id, key)
        except FileNotFoundError:
            return  # gone since the scan
        except (BadItem, OSError):
            yield found.external_id


def take_from(
    reader: ContainerReader, found: Found, known: dict[str, Known], page: Page, shelf: Shelf
) -> Generator[Batch, None, None]:
    """The items of ``found`` onto ``page``; a batch whenever it is full."""
    before = known.get(found.external_id)
    items: Items = dict((before and before.items) or {})
    epoch = reader.epoch()
    seen: set[str] = set()
    code = ""
    try:
        contents = reader.open(found, {key: _split(held)[0] for key, held in items.items()})
        page.open(contents.total)
        if before is not None and before.is_told_whole:
            page.removed.append(found.external_id)
        known[found.external_id] = known_files.unfinished(items)
        for inside in contents.items:
            if inside.key in seen:
                continue
            seen.add(inside.key)
            _put(inside, found, items, page, shelf)
            page.done += page.done < page.total - 1
            if page.is_full:
                yield page.next(known_files.dump(known))
    except BadItem as bad:
        code = bad.code
    except FileNotFoundError:
        if not items:
            known.pop(found.external_id, None)
        return  # gone since the scan; the next pass knows
    except OSError:
        code = "item_unreadable"
    page.is_touched = True
    if code:
        page.set_aside(Seen(found.external_id, found.version, code), is_excluded=False)
        known[found.external_id] = known_files.broken(found, items)
        return
    for key in items.keys() - seen:
        if not reader.is_past(_split(items.pop(key))[0]):
            page.removed.append(id_within(found.external_id, key))
    known[found.external_id] = known_files.taken(found, epoch, items)


def _put(inside: Inside, found: Found, items: Items, page: Page, shelf: Shelf) -> None:
    held = f"{inside.version} {inside.rank}" if inside.rank else inside.version
    external_id = id_within(found.external_id, inside.key)
    if inside.capture is not None and shelf.is_superseded(found.external_id, inside):
        page.set_aside(Seen(external_id, inside.version, SUPERSEDED), is_excluded=True)
    elif inside.capture is not None:
        # Within one batch nobody minds the order.
        for earlier in shelf.outranked(found.external_id, inside):
            page.supersede(earlier, SUPERSEDED)
        page.take(inside.capture)
    elif inside.code:
        seen = Seen(external_id, inside.version, inside.code)
        page.set_aside(seen, is_excluded=inside.is_excluded)
    else:
        return
    items[inside.key] = held
    shelf.rank(found.external_id, inside.key, inside.rank)


def _split(held: str) -> tuple[str, str]:
    version, _, rank = held.partition(" ")
    return version, rank
