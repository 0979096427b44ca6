"""Time limit of a block of code that ends the process.

Neither a regular expression nor a C extension looks at a signal before it returns, so a handler of
Python's would hold only for code that cooperates; faulthandler's watchdog is a thread of C's.
"""

import faulthandler
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def process_ends_after(seconds: float) -> Iterator[None]:
    """Exit the process with status 1 where the block runs for longer.

    Where each thread stood is written to standard error. One limit at a time, in a process.
    """
    faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
