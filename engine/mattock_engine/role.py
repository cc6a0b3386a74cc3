"""Roles, and what each operation asks for: the one place that says who may do what, for REST and gRPC alike.

A role holds in one tenant, for a person (a membership) or a token. Each role may do all that those below it may.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, Self

from .core.error import Code, Refused

RoleName = Literal["OWNER", "ADMIN", "MEMBER", "VIEWER"]


class Role(IntEnum):
    """What somebody may do in a tenant.

    VIEWER looks; MEMBER runs and steers the work (workers need it); ADMIN rules over tokens, members and settings;
    OWNER also makes owners, and links that log in as one.
    """

    VIEWER = 1
    MEMBER = 2
    ADMIN = 3
    OWNER = 4

    @property
    def text(self) -> RoleName:
        """Its name, as the contract has it."""
        return _NAMES[self]

    @classmethod
    def parse(cls, text: str, field: str = "role") -> Self:
        """A role by its name.

        Raises:
            Refused: INVALID_ARGUMENT naming the field.
        """
        try:
            return cls[text.upper()]
        except KeyError:
            names = ", ".join(role.name for role in reversed(cls))
            raise Refused(Code.INVALID_ARGUMENT, f"{field}: {text!r} is none of {names}", field) from None


_NAMES: dict[Role, RoleName] = {
    Role.OWNER: "OWNER",
    Role.ADMIN: "ADMIN",
    Role.MEMBER: "MEMBER",
    Role.VIEWER: "VIEWER",
}
# What reads needs no entry: GET is a viewer's, unless it is named here.
_ADMIN = """
    list_tokens make_token revoke_token list_invitations make_invitation drop_invitation change_member drop_member
    list_audit change_tenant change_retention get_tenant_limits put_tenant_limits
    list_alert_channels get_alert_channel make_alert_channel change_alert_channel drop_alert_channel test_alert
    list_alert_rules get_alert_rule make_alert_rule change_alert_rule drop_alert_rule
"""
_OWNER = "make_login_link"
_MEMBER = """
    restore decide signal update fork cancel replay trigger push_event push_events replay_events
    make_filter drop_filter change_filter make_webhook delete_webhook change_webhook put_rate_limit drop_rate_limit
    make_cron drop_cron change_cron run_cron backfill_cron
    make_schedule make_schedules drop_schedule drop_schedules change_schedule change_schedules run_schedule
    change_worker change_workflow drop_workflow pause_runs resume_runs change_queue
    replay_dead_letters discard_dead_letters
    export_traces
"""
# They change nothing, or only what is the caller's own.
_VIEWER = "debug_expression log_out change_me change_password make_tenant accept_invitation"
ROLE_OF_OPERATION = {
    name: role
    for role, names in ((Role.VIEWER, _VIEWER), (Role.MEMBER, _MEMBER), (Role.ADMIN, _ADMIN), (Role.OWNER, _OWNER))
    for name in names.split()
}
# Methods of gRPC that only look; all others are a member's.
_VIEWER_METHODS = frozenset({"GetVersion", "GetRunDetails", "SubscribeToWorkflowRuns", "SubscribeToWorkflowEvents"})


def of_request(method: str, operation: str) -> Role:
    """What a request of REST asks for.

    Args:
        method: of HTTP.
        operation: the id that the contract gives it.
    """
    return ROLE_OF_OPERATION.get(operation, Role.VIEWER if method in ("GET", "HEAD") else Role.OWNER)


def of_call(path: str) -> Role:
    """What a call of gRPC asks for; `path` is `/service/method`."""
    return Role.VIEWER if path.rpartition("/")[2] in _VIEWER_METHODS else Role.MEMBER


def require(role: Role, needed: Role) -> None:
    """Lets those through whose role suffices.

    Raises:
        Refused: PERMISSION_DENIED that says which role it takes.
    """
    if role < needed:
        raise Refused(Code.PERMISSION_DENIED, f"role: this takes the role {needed.name}; yours is {role.name}", "role")
