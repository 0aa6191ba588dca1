"""The example: a small consultancy, Orot, and what it did for its customers, Tevuot above all."""
