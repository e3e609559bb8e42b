"""Which rows a person may see: one function, used by every query on customers."""

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.orm import Session

from server.customers.models import Activity, ActivityCustomer, Customer
from server.kernel.auth import Principal
from server.kernel.errors import NotFound


def may_see(who: Principal) -> ColumnElement[bool]:
    """The condition on ``customer``: a rep's own, a manager's teams', all for an admin, none else."""
    if who.role == "admin":
        return true()
    mine = Customer.owner_id == who.user_id
    if who.role == "manager":
        return or_(mine, Customer.team_id.in_(who.team_ids))
    return mine if who.role == "rep" else false()


def visible_customers(who: Principal) -> Select[Customer]:
    return select(Customer).where(may_see(who))


def get_customer(session: Session, who: Principal, customer_id: int) -> Customer:
    """The customer, or NotFound: what is not yours does not exist for you."""
    found = session.scalar(visible_customers(who).where(Customer.id == customer_id))
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
