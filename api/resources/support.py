"""Support: what is kept of what people ask."""

from __future__ import annotations

from api import privacy
from api.auth import Scope
from api.blueprint import Blueprint
from api.caching import Cache
from api.schemas.support import PrivacyStatement
from indexer.serialize import Record

blp = Blueprint("Support", __name__, url_prefix="/v1", description="Help for people in distress, and their privacy.")


@blp.operation("/privacy", returns=PrivacyStatement, cache=Cache.STATIC, scope=Scope.OPEN)
def get_privacy_statement() -> Record:
    """Get the privacy statement

    What this service writes down of a request, completely, and what it never does; machine readable.
    """
    return privacy.STATEMENT
