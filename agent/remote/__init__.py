"""The only HTTP client to the server: every outcome becomes an answer or a ``DeliveryError``."""
