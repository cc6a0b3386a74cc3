"""`mattock tokens`: make, list and revoke API tokens."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from .option import TEXT, AsJson, parse_span
from .output import age, from_now, print_json, print_table
from .rest import Rest

app = typer.Typer(help="API tokens of the tenant; takes an administrator's token.", no_args_is_help=True)


class Role(StrEnum):
    """What the one who shows a token may do."""

    viewer = "viewer"
    member = "member"
    admin = "admin"
    owner = "owner"


@app.command("list")
def list_tokens(as_json: AsJson = TEXT) -> None:
    """List tokens (not their texts: the server does not have them)."""
    rest = Rest()
    rows = rest.rows(f"{rest.tenant}/api-tokens")
    if as_json:
        print_json(rows)
        return
    table = [
        (
            row["metadata"]["id"],
            row["name"],
            row["role"].lower(),
            age(row["metadata"]["createdAt"]),
            from_now(row["expiresAt"]) if row.get("expiresAt") else "never",
        )
        for row in rows
    ]
    print_table(("TOKEN", "NAME", "ROLE", "AGE", "EXPIRES IN"), table, "No tokens.")


@app.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    role: Annotated[Role, typer.Option(help="What it may do; workers need member.")] = Role.member,
    expires_in: Annotated[str, typer.Option(help="Until it expires: 30d, 24h.")] = "90d",
    as_json: AsJson = TEXT,
) -> None:
    """Make a token; it is printed this once."""
    seconds = parse_span("--expires-in", expires_in).total_seconds()
    body = {"name": name, "role": role.value.upper(), "expiresIn": f"{seconds:.0f}s"}
    rest = Rest()
    made = rest.post(f"{rest.tenant}/api-tokens", body)
    print_json(made) if as_json else print(made["token"])


@app.command("revoke")
def revoke_token(
    token_id: Annotated[str, typer.Argument(help="Id of the token, as `tokens list` shows it.", metavar="TOKEN")],
    as_json: AsJson = TEXT,
) -> None:
    """Revoke a token, at once and everywhere."""
    rest = Rest()
    rest.post(f"/api/v1/api-tokens/{token_id}", {})
    print_json({"revoked": token_id}) if as_json else print("Revoked.")
