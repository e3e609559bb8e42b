"""The directory of identity keys: whole at first, then only what changed, never others'."""

from server.customers import service
from server.identity import service as identity


def names(delta):
    return sorted(customer["name"][:2] for customer in delta["customers"])


def test_a_rep_gets_own_customers_with_their_keys(world):
    delta = world.get("chen", "/directory?since=0")
    assert names(delta) == ["宁波", "苏州"]
    huarui = next(c for c in delta["customers"] if c["name"].startswith("苏州"))
    assert huarui["domains"] == ["huarui.example"]
    assert huarui["contacts"][0]["emails"] == ["zhao@huarui.example"]
    assert huarui["contacts"][0]["phones"] == ["+8613800138000"]
    assert names(world.get("xu", "/directory?since=0")) == ["宁波", "苏州"]
    assert names(world.get("boss", "/directory?since=0")) == ["宁波", "岭南", "苏州"]
    assert names(world.get("gu", "/directory?since=0")) == []


def test_nothing_new_is_nothing_sent(world):
    revision = world.get("chen", "/directory?since=0")["revision"]
    delta = world.get("chen", f"/directory?since={revision}")
    assert (delta["customers"], delta["removed"], delta["revision"]) == ([], [], revision)


def test_a_change_is_sent_alone(world):
    revision = world.get("chen", "/directory?since=0")["revision"]
    path = f"/customers/{world.customers['huarui']}"
    assert world.call("chen", "PATCH", path, json={"name": "华锐集团"}).status_code == 200
    assert names(world.get("chen", f"/directory?since={revision}")) == ["华锐"]


def test_a_customer_handed_over_leaves_the_old_devices_and_reaches_the_new(world):
    before = world.get("chen", "/directory?since=0")["revision"]
    with world.kernel.db.unit_of_work() as uow:
        customer = uow.session.get_one(service.Customer, world.customers["huarui"])
        service.hand_over(uow, customer, world.people["lin"], None)
    delta = world.get("chen", f"/directory?since={before}")
    assert delta["removed"] == [world.customers["huarui"]]
    assert names(delta) == []
    assert names(world.get("lin", f"/directory?since={before}")) == ["苏州"]
    assert world.get("xu", f"/directory?since={before}")["removed"] == [world.customers["huarui"]]


def test_an_unknown_revision_starts_over(world):
    delta = world.get("chen", "/directory?since=999999")
    assert delta["reset"] is True
    assert names(delta) == ["宁波", "苏州"]


def test_pages_cover_everything_once(world, monkeypatch):
    monkeypatch.setattr("server.customers.directory.PAGE", 2)
    with world.kernel.db.unit_of_work() as uow:
        for number in range(7):
            service.create_customer(
                uow, service.NewCustomer(name=f"客户{number}"), owner_id=world.people["chen"].id
            )
    since, seen, more = 0, [], True
    while more:
        delta = world.get("chen", f"/directory?since={since}")
        seen += [customer["id"] for customer in delta["customers"]]
        since, more = delta["revision"], delta["more"]
    assert len(seen) == len(set(seen)) == 9


def handed(world, to, customer="huarui"):
    with world.kernel.db.unit_of_work() as uow:
        row = uow.session.get_one(service.Customer, world.customers[customer])
        service.hand_over(uow, row, world.people[to], None)


def test_there_and_back_again(world):
    start = world.get("chen", "/directory")["revision"]
    handed(world, "lin")
    away = world.get("chen", f"/directory?since={start}")
    handed(world, "chen")
    for since in (start, away["revision"]):
        delta = world.get("chen", f"/directory?since={since}")
        assert (names(delta), delta["removed"]) == (["苏州"], [])
    gone = world.get("lin", f"/directory?since={away['revision']}")
    assert (names(gone), gone["removed"]) == ([], [world.customers["huarui"]])


def test_given_away_between_two_pages_it_is_removed(world, monkeypatch):
    monkeypatch.setattr("server.customers.directory.PAGE", 1)
    first = world.get("chen", "/directory?since=0")
    assert (names(first), first["more"]) == (["苏州"], True)
    handed(world, "lin")
    second = world.get("chen", f"/directory?since={first['revision']}")
    assert (names(second), second["removed"]) == (["宁波"], [world.customers["huarui"]])


def test_a_revision_of_many_customers_is_never_cut(world, monkeypatch):
    """One step of the counter may cover more customers than fit a page."""
    monkeypatch.setattr("server.customers.directory.PAGE", 2)
    with world.kernel.db.unit_of_work() as uow:
        revision = uow.bump("directory")
        for number in range(5):
            made = service.create_customer(
                uow, service.NewCustomer(name=f"客户{number}"), owner_id=world.people["chen"].id
            )
            made.revision = revision
    since, seen, more = 0, [], True
    while more:
        delta = world.get("chen", f"/directory?since={since}")
        assert delta["revision"] > since, "no standing still"
        seen += [customer["id"] for customer in delta["customers"]]
        since, more = delta["revision"], delta["more"]
    assert len(seen) == len(set(seen)) == 7


def test_a_since_that_is_no_revision_is_refused(world):
    for bad in ("-1", "x", str(2**63), "1.5"):
        assert world.call("chen", "GET", f"/directory?since={bad}").status_code == 422


def test_a_new_colleague_is_news_for_every_laptop(world):
    """Agents fetch the policy, which names our people, when the heartbeat tells of something new."""
    before = world.get("chen", "/directory")["revision"]
    with world.kernel.db.unit_of_work() as uow:
        identity.add_person(uow, name="新人", email="new@other.example", role="rep")
    assert world.get("chen", f"/directory?since={before}")["revision"] > before


def test_a_customer_is_given_to_somebody_who_can_have_one(world):
    path = f"/customers/{world.customers['huarui']}"
    to = {"owner_id": world.people["gu"].id}
    assert world.call("boss", "PATCH", path, json=to).status_code == 422
    to = {"owner_id": world.people["xu"].id}
    assert world.call("xu", "PATCH", path, json=to).status_code == 200, "to oneself"
    assert world.get("xu", path)["owner"] == "许文静"
