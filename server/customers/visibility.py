"""Which rows a person may see: one function, used by every query on customers."""

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy.orm import Session

from server.customers.models import Activity, ActivityCustomer, Customer
from server.kernel.auth import Principal
from server.kernel.errors import NotFound


def may_see(who: Principal) -> ColumnElement[bool]:
    """The condition on ``customer``: a rep's own, a manager's teams', all for an admin, none else.

    One that was merged into another is nobody's to see: all it had stands with the other."""
    return and_(Customer.merged_into_id.is_(None), _of(who))


def _of(who: Principal) -> ColumnElement[bool]:
    if who.role == "admin":
        return true()
    mine = Customer.owner_id == who.user_id
    if who.role == "manager":
        return or_(mine, Customer.team_id.in_(who.team_ids))
    return mine if who.role == "rep" else false()


def visible_customers(who: Principal) -> Select[Customer]:
    return select(Customer).where(may_see(who))


def get_customer(
    session: Session, who: Principal, customer_id: int, *, lock: bool = False
) -> Customer:
    """The customer, or NotFound: what is not yours does not exist for you. With ``lock`` nobody
    else changes it before this transaction ends."""
    query = visible_customers(who).where(Customer.id == customer_id)
    found = session.scalar(query.with_for_update(key_share=True) if lock else query)
    if found is None:
        raise NotFound("customer_not_found")
    return found


def visible_activities(who: Principal) -> Select[Activity]:
    """Activities that stand on the timeline of at least one customer this person may see."""
    return select(Activity).where(
        select(ActivityCustomer.activity_id)
        .join(Customer, Customer.id == ActivityCustomer.customer_id)
        .where(ActivityCustomer.activity_id == Activity.id, may_see(who))
        .exists()
    )
