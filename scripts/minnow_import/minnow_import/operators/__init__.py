"""The operators in double precision and in exact integers."""
