"""What every test stands on."""

import signal

# A shell gives its background jobs Ctrl-C ignored, and so to every process that a test starts and then interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
