"""The application object that servers run: `gunicorn -c api/gunicorn.py api.wsgi:app`."""

from __future__ import annotations

import logging
import os
import sys

from api.app import create_app
from api.auth import KeysError
from api.settings import SettingError, Settings
from corpus import CorpusError

# Other libraries' loggers stay at WARNING: what they might say of a request in passing is not wanted.
logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.WARNING)
for name in ("indexer", "thaw"):
    logging.getLogger(name).setLevel(logging.INFO)

try:
    app = create_app(Settings.from_env(os.environ))
except (SettingError, KeysError, CorpusError) as error:
    sys.exit(f"thaw: {error}")
