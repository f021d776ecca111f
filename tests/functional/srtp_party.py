"""Parties that speak SRTP: scripts/lab has them, for the soak run as well."""

from lab.net import introduce  # noqa: F401
from lab.srtp_party import (CM_80, EitherKey, SrtpParty, connect, half_encrypted, leg,  # noqa: F401
                            params)
