"""Rollback of an app to an earlier deployment, and its revert."""

from __future__ import annotations

from sandbox.app.answers import ApiError, Call, Json, not_found, post
from sandbox.app.apps import described, require_app
from sandbox.world.app_history import Deployment, identifier

# The platform keeps the ten newest successful deployments for rollback.
REVISIONS = 10


@post("/v2/apps/{app_id}/rollback/validate", "app:update")
def validate_rollback(call: Call) -> Json:
    require_app(call)
    wanted = call.body.get("deployment_id") if isinstance(call.body, dict) else None
    deployment = next((d for d in call.state.deployments if d.id == wanted), None)
    if deployment is None:
        raise not_found()
    good = [d for d in call.state.deployments if d.phase in {"ACTIVE", "SUPERSEDED"}]
    if deployment not in good:
        result = {"ERROR": "failed", "CANCELED": "canceled"}.get(deployment.phase)
        if result:
            return _invalid("incompatible_result", f'deployment result "{result}" is unsuitable for rollback')
        return _invalid(
            "incompatible_phase", f'deployment phase "{deployment.phase.lower()}" is unsuitable for rollback'
        )
    if deployment not in good[: REVISIONS + 1]:
        return _invalid(
            "exceeded_revision_limit", f"only the {REVISIONS} newest deployments can be rolled back to"
        )
    if call.state.rollback_error:
        return _invalid(*call.state.rollback_error)
    if call.state.rollback_warning:
        code, message = call.state.rollback_warning
        components = [component.name for component in call.state.components]
        return {"valid": True, "warnings": [{"code": code, "message": message, "components": components}]}
    return {"valid": True}


@post("/v2/apps/{app_id}/rollback", "app:update")
def roll_back(call: Call) -> Json:
    said = validate_rollback(call)
    if not said["valid"]:
        raise ApiError(400, "bad_request", said["error"]["message"])
    if call.state.pinned:
        raise ApiError(400, "bad_request", "the app is pinned to a previous deployment")
    earlier = next(d for d in call.state.deployments if d.id == call.body["deployment_id"])
    call.state.pinned = not call.body.get("skip_pin", False)
    cause = f"rollback to deployment {earlier.id}"
    made = _ordered(call, cause, "MANUAL_ROLLBACK", earlier.commit, call.state.rollback_ends)
    return {"deployment": described(call.state, made)}


@post("/v2/apps/{app_id}/rollback/revert", "app:update")
def revert_rollback(call: Call) -> Json:
    require_app(call)
    if not call.state.pinned:
        raise ApiError(400, "bad_request", "the app has no active rollback")
    call.state.pinned = False
    newest = next(d for d in call.state.deployments if d.cause_type != "MANUAL_ROLLBACK")
    made = _ordered(call, "manual", "MANUAL", newest.commit, call.state.revert_ends)
    return {"deployment": described(call.state, made)}


def _ordered(call: Call, cause: str, kind: str, commit: str, ends: str) -> Deployment:
    """A deployment that was just requested, and advances whenever it is read."""
    number = len(call.state.deployments)
    made = Deployment(identifier(f"ordered {number}"), "PENDING_DEPLOY", cause, kind, commit, call.now, None)
    call.state.deployments.insert(0, made)
    call.state.moving[made.id] = ["DEPLOYING", ends]
    return made


def _invalid(code: str, message: str) -> Json:
    return {"valid": False, "error": {"code": code, "message": message}}
