"""The application object that servers run: `gunicorn -c api/gunicorn.py api.wsgi:app`."""

from __future__ import annotations

import logging
import os
import sys

from api.app import create_app
from api.settings import SettingError, Settings

_handler = logging.StreamHandler()
_handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
_thaw = logging.getLogger("thaw")
_thaw.addHandler(_handler)
_thaw.setLevel(logging.INFO)
_thaw.propagate = False

try:
    app = create_app(Settings.from_env(os.environ))
except SettingError as error:
    sys.exit(f"thaw: {error}")
