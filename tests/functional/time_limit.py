"""How long a test may take."""

import contextlib
import signal


@contextlib.contextmanager
def within(seconds):
    """What hangs fails where it stands, when the time is over. Main thread only; not nested."""
    def too_long(*_):
        raise TimeoutError(f"the test took more than {seconds} s")
    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
