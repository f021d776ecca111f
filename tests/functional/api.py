"""Short words for what the tests ask of polluxd over gRPC: scripts/lab has them, for the soak run as well."""

from lab.api import (Api, EventLog, error_details, leg_state, local_rtcp, local_rtp,  # noqa: F401
                     wait_until)
