"""Starts the emulator, has it write down its state as it goes, and stops it cleanly when our end of its input is closed."""
import asyncio
import fcntl
import json
import os
import signal
import sys
import threading
import time

# Queues are kept under this port whichever one is listened on: their URLs carry a port, each start may take another one,
# and what was queued under the old one would never be asked for again. Answers name the host that the caller used.
QUEUES_PORT = "4566"


def stop_with_parent():
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def keep_queues():
    from ministack.services import sqs

    restore = sqs.load_persisted_state
    sqs.DEFAULT_PORT = QUEUES_PORT
    sqs._CANONICAL_NETLOC = f"{sqs.DEFAULT_HOST}:{QUEUES_PORT}"

    def restored(data):
        restore(data)
        for (account, region, url), queue in list(sqs._queues.all_items()):
            kept_under = sqs._queue_url_for_account(account, queue["name"])
            if url != kept_under:
                # Written down by a version that kept it under its port of the day.
                sqs._queues.pop_scoped(account, region, url, None)
                kept = sqs._queues.get_scoped(account, region, kept_under)
                if kept is None:
                    kept = queue | {"url": kept_under}
                    sqs._queues.set_scoped(account, region, kept_under, kept)
                else:
                    kept["messages"].extend(queue["messages"])
        sqs._rebuild_queue_name_index()
        if os.environ.get("CATENA_CONSUMERS_ENDED"):
            # Whoever had received a message ended without deleting it: it is not worked on any more.
            for _, queue in sqs._queues.all_items():
                for message in queue["messages"]:
                    if message["receive_count"]:
                        message["visible_at"] = min(message["visible_at"], time.time())

    sqs.load_persisted_state = restored


def keep_saving():
    """Unasked, it saves when it stops cleanly only. So a kill loses what came after the last save: of one second, or longer
    where much is queued, as saving holds everything else up."""
    from ministack import app
    from ministack.core import persistence

    saved = {}

    def save():
        for name, state in app._build_persistence_save_dict().items():
            state = state()
            text = json.dumps(state, default=persistence._json_default)
            if state is not None and saved.get(name) != hash(text):
                persistence.save_state(name, state)
                saved[name] = hash(text)

    async def save_on():
        while True:
            began = time.monotonic()
            try:
                save()
            except Exception as error:
                persistence.logger.error("state was not saved: %s", error)
            await asyncio.sleep(max(1, 20 * (time.monotonic() - began)))

    load = app._load_persisted_state

    def loaded():
        load()
        loaded.saver = asyncio.get_running_loop().create_task(save_on())

    app._load_persisted_state = loaded


if lock := os.environ.get("CATENA_EMULATOR_LOCK"):
    held = open(lock, "w")
    fcntl.flock(held, fcntl.LOCK_EX)

threading.Thread(target=stop_with_parent, daemon=True).start()
sys.argv = ["ministack"]

from ministack.app import main  # noqa: E402

keep_queues()
keep_saving()
main()
