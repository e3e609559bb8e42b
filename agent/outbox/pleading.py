"""Ask the server to forget what was forgotten here, until it has obeyed."""

import logging

from agent.clock import Clock
from agent.errors import DeliveryRefused, DeliveryRetryable, DeliveryUnauthorized
from agent.outbox import retry
from agent.outbox.forgetting import Forgetting
from agent.remote.base import Remote

log = logging.getLogger(__name__)


def plead(
    forgetting: Forgetting, remote: Remote, clock: Clock, *, all_due: bool = False
) -> float | None:
    """Send every request that is due; returns in how many seconds to come again, None: never.

    Not while this store's items are on their way: what the server takes after it has forgotten
    would stay there. A refusal is final and kept as such; the rest waits.
    """
    while (pending := forgetting.next_due(now=clock.now(), all_due=all_due)) is not None:
        try:
            reply = remote.forget(pending.request)
        except DeliveryRefused as error:
            log.warning("forget %s refused: %s", pending.id, error.code)
            forgetting.refused(pending, error.code, now=clock.now())
        except DeliveryRetryable as error:
            decision = retry.decide(
                pending.attempts + 1,
                key=pending.id,
                now=clock.now(),
                retry_after=error.retry_after,
            )
            forgetting.later(pending, error.code, at=decision.at)
            return decision.wait_s
        except DeliveryUnauthorized as error:
            at = retry.decide(16, key=pending.id, now=clock.now())
            forgetting.later(pending, error.code, at=at.at)
            return at.wait_s
        else:
            log.info("forget %s: %d erased, %d kept", pending.id, reply.erased, reply.kept)
            forgetting.obeyed(pending, reply, now=clock.now())
    return retry.CAP_S if forgetting.standing().pending else None
