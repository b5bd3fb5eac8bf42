"""How gunicorn runs the API: threads over one index, nothing of a query in any log."""

from __future__ import annotations

import os
from typing import Any

bind = f"0.0.0.0:{os.environ.get('PORT') or '8000'}"  # Procfile hosts reach the app from outside
workers = int(os.environ.get("WEB_CONCURRENCY") or "1")
worker_class = "api.server.PrivateWorker"
"""gunicorn's gthread worker; broken requests get a problem instead of a page, and no line in the log about them."""
logger_class = "api.server.PrivateLogger"
threads = 8
"""Searches are a few milliseconds of numpy; eight threads keep slow readers from blocking quick ones."""

timeout = 30
graceful_timeout = 10
keepalive = 5
# A worker opens the index after the fork: a reader shared over a fork shares its file offset.
preload_app = False

limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190

# No second way in: whoever runs the service has signals.
control_socket_disable = True

# gunicorn's access log would carry the query string; api/privacy.py writes one without.
accesslog = None
errorlog = "-"
loglevel = "info"


def post_worker_init(worker: Any) -> None:
    """Opens the index before the first request comes."""
    from api import index  # gunicorn reads this file before the project is on the path

    index.warm(worker.wsgi)
