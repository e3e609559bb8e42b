from agent.outbox.conversations import Conversations


def test_the_customer_with_most_items_has_the_conversation():
    held = Conversations([("t", "a", 7), ("t", "b", 3), ("t", "c", 7), ("u", "d", 3)])
    assert held.customer("t", "x") == 7
    assert held.customer("u", "x") == 3
    assert held.customer("v", "x") is None


def test_of_equals_the_one_known_longest_has_it():
    assert Conversations([("t", "a", 7), ("t", "b", 3)]).customer("t", "x") == 3


def test_an_item_is_no_evidence_for_itself():
    held = Conversations([("t", "guess", 7)])
    assert held.customer("t", "guess") is None
    held.add("t", "reply", 3)
    assert held.customer("t", "guess") == 3
    assert held.customer("t", "reply") == 7
