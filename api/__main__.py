"""Commands for whoever runs the service: python -m api keys add|list|revoke."""

from __future__ import annotations

from pathlib import Path

import click

from api import auth


@click.group()
def main() -> None:
    """Run the API of Thaw: manage the keys that apps call it with."""


@main.group()
@click.option(
    "--file",
    "path",
    envvar="THAW_API_KEYS_FILE",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The keys file; THAW_API_KEYS_FILE where left out.",
)
@click.pass_context
def keys(context: click.Context, path: Path) -> None:
    """Keys are followed by a running server within a second; no restart is needed.

    To rotate a key, add another, give it to the app, and revoke the old one.
    """
    context.obj = path


@keys.command()
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(auth.GRANTABLE), help="Repeatable; all where left out."
)
@click.pass_obj
def add(path: Path, name: str, scopes: tuple[str, ...]) -> None:
    """Make a key for the app NAME and print it, once."""
    try:
        key, secret = auth.add_key(path, name, scopes or auth.GRANTABLE)
    except auth.KeysError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{key.id}  {key.name}  {','.join(key.scopes)}", err=True)
    click.echo("Keep this key; it cannot be shown again:", err=True)
    click.echo(secret)


@keys.command("list")
@click.pass_obj
def list_keys(path: Path) -> None:
    """Show all keys: id, name, scopes, since when, and whether revoked."""
    try:
        found = auth.read_keys(path)
    except auth.KeysError as error:
        raise click.ClickException(str(error)) from None
    for key in found:
        state = f"revoked {key.revoked_at}" if key.revoked_at else "valid"
        click.echo(f"{key.id}  {key.name}  {','.join(key.scopes)}  {key.created_at}  {state}")


@keys.command()
@click.argument("key_id")
@click.pass_obj
def revoke(path: Path, key_id: str) -> None:
    """Make a key invalid, for good."""
    try:
        key = auth.revoke_key(path, key_id)
    except auth.KeysError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{key.id}  {key.name}  revoked {key.revoked_at}")


if __name__ == "__main__":
    main(prog_name="python -m api")
