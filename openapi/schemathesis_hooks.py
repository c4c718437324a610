"""What every client does, and made-up requests cannot know: a new key for each write, and no cursors of one's own."""

from itertools import count

import schemathesis

keys = count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    key = (case.headers or {}).get("Idempotency-Key")
    # One that is refused anyway stays as it is.
    if isinstance(key, str) and 8 <= len(key) <= 128 and all("!" <= letter <= "~" for letter in key):
        case.headers["Idempotency-Key"] = f"made-up-{next(keys):08}"
    positive = case.meta is None or case.meta.generation.mode.is_positive
    if positive and "cursor" in (case.query or {}):
        # Only the service makes them, for one list and one viewer; any other is refused.
        del case.query["cursor"]
