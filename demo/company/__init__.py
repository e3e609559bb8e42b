"""The sample company 远山科技: its people, customers and deals, and what was said to whom."""

from demo.company.loading import load, load_expected
from demo.company.model import Company, Contact, Customer, Deal, Expected, Person

__all__ = ["Company", "Contact", "Customer", "Deal", "Expected", "Person", "load", "load_expected"]
