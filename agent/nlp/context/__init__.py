"""How something is said: asserted, negated, asked, supposed, past or reported."""
