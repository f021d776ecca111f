"""A party of a call: scripts/lab has it, for the soak run as well."""

from lab.party import Party, both_ways, receive, received, relayed, waiting  # noqa: F401
