"""Starts the emulator, and stops it cleanly when our end of its input is closed, however we end."""
import fcntl
import os
import signal
import sys
import threading


def stop_with_parent():
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if lock := os.environ.get("CATENA_EMULATOR_LOCK"):
    held = open(lock, "w")
    fcntl.flock(held, fcntl.LOCK_EX)

threading.Thread(target=stop_with_parent, daemon=True).start()
sys.argv = ["ministack"]

from ministack.app import main  # noqa: E402

main()
