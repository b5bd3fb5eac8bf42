"""Puts the application together."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from werkzeug.middleware.proxy_fix import ProxyFix

from api import auth, compression, headers, index, limits, privacy, problems
from api import support as help_for_people
from api.resources import docs, documents, health, pages, passages, search, support, topics
from api.settings import Settings
from api.spec import Api
from indexer.engines import open_engine
from indexer.search import SearchEngine

MAX_BODY_BYTES = 64 * 1024
"""The largest valid search in a body, every character escaped, has about 40 KiB."""

OPERATIONS = (documents.blp, passages.blp, search.blp, support.blp, topics.blp)


class PlainJSON(DefaultJSONProvider):
    """UTF-8 as it is, members in the order of the schemas, dates as ISO 8601."""

    ensure_ascii = False
    sort_keys = False
    compact = True

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """Lone surrogates, which no UTF-8 can carry, become U+FFFD."""
        text = super().dumps(obj, **kwargs)
        try:
            text.encode()
        except UnicodeEncodeError:
            return re.sub("[\ud800-\udfff]", "\ufffd", text)
        return text


def create_app(settings: Settings, engine: SearchEngine | None = None) -> Flask:
    """The WSGI application. Without an `engine` the one of the settings is opened at the first request."""
    app = privacy.PrivateFlask("api", static_folder=None)
    app.json = PlainJSON(app)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    # A redirect would repeat the query string in its Location.
    app.url_map.merge_slashes = False
    index.attach(app, engine or index.LazyEngine(lambda: open_engine(settings.index)))
    compression.register(app)
    headers.register(app, settings)
    privacy.register(app)
    help_for_people.register(app, settings.corpus, settings.default_country)
    auth.register(app, Path(settings.api_keys_file) if settings.api_keys_file else None)
    limits.register(app, settings.rate_limit, settings.rate_limit_storage)
    problems.register(app)
    api = Api(app)
    for blueprint in OPERATIONS:
        api.register_blueprint(blueprint)
    app.register_blueprint(health.blp)
    app.register_blueprint(pages.blp)
    app.register_blueprint(docs.blp)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app
