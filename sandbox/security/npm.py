"""A registry on loopback that answers ``npm audit`` and ``npm outdated``, and the project's files."""

from __future__ import annotations

import asyncio
import gzip
import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from sandbox.serving.service import Context, HttpService
from sandbox.world.npm import Advisory, NpmState

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from sandbox.world import World

Json = dict[str, Any]
# Known to every registry with advisories; used to test whether it has any.
KNOWN = Advisory("minimist", "critical", "Prototype pollution", "<0.2.4", 1097677)
STAND_IN = Path(__file__).with_name("npm_stand_in.py")


class NpmService(HttpService):
    """Registry, project and program. If ``npm`` is gone, nothing listens at the registry's address."""

    name: ClassVar[str] = "npm"
    tls: ClassVar[bool] = False

    @property
    def state(self) -> NpmState:
        """Current state."""
        return self.world.npm

    @property
    def project(self) -> Path:
        """Folder of the project."""
        return self._folder / "portfolio"

    async def start(self, context: Context) -> None:
        """Write the files and listen."""
        self._folder = context.folder / "npm"
        await super().start(context)
        await asyncio.to_thread(self._write)

    async def apply(self, world: World) -> None:
        """Rewrite the files: they are small."""
        await super().apply(world)
        await asyncio.to_thread(self._write)

    def settings(self) -> dict[str, Any]:
        """Project, program and registry."""
        command = str(self._folder / "bin" / "npm")
        return {"npm": {"project": str(self.project), "command": command, "registry": f"{self.url}/"}}

    def app(self) -> ASGIApp:
        """The two requests that npm sends."""
        return Starlette(
            routes=[
                Route("/-/npm/v1/security/advisories/bulk", self._bulk, methods=["POST"]),
                Route("/{name:path}", self._packument, methods=["GET", "HEAD"]),
            ]
        )

    async def _bulk(self, request: Request) -> Response:
        """Advisories for the named packages, whatever their versions: npm compares those itself."""
        refusal = self._refusal()
        if refusal:
            return refusal
        body = await request.body()
        asked = json.loads(gzip.decompress(body) if request.headers.get("content-encoding") == "gzip" else body)
        found: dict[str, list[Json]] = {}
        for advisory in () if self.state.blind else (*self.state.advisories, KNOWN):
            if advisory.package in asked:
                found.setdefault(advisory.package, []).append(
                    {
                        "id": advisory.number,
                        "url": f"https://github.com/advisories/GHSA-{advisory.number:07x}",
                        "title": advisory.title,
                        "severity": advisory.severity,
                        "vulnerable_versions": advisory.vulnerable,
                        "cwe": ["CWE-1333"],
                        "cvss": {"score": 7.5, "vectorString": None},
                    }
                )
        return JSONResponse(found)

    async def _packument(self, request: Request) -> Response:
        refusal = self._refusal()
        if refusal:
            return refusal
        name = request.path_params["name"]
        package = self.state.packages.get(name) if name not in self.state.unlisted else None
        if package is None:
            return JSONResponse({"error": "Not found"}, status_code=404)
        versions = {
            version: {
                "name": name,
                "version": version,
                "dist": {"tarball": f"{self.url}/{name}/-/{name}-{version}.tgz", "shasum": "0" * 40},
                **({"dependencies": {package.uses: "*"}} if package.uses else {}),
            }
            for version in dict.fromkeys((package.locked, package.latest))
        }
        return JSONResponse(
            {"name": name, "dist-tags": {"latest": package.latest}, "versions": versions, "modified": "2026-01-05"}
        )

    def _refusal(self) -> Response | None:
        if self.state.refuses:
            return JSONResponse({"error": "Unauthorized"}, status_code=401)
        return HTMLResponse("<!doctype html><title>Sign in to the Wi-Fi</title>") if self.state.garbage else None

    def _write(self) -> None:
        self.project.mkdir(parents=True, exist_ok=True)
        state, named = self.state, self.state.named
        wanted: dict[str, dict[str, str]] = {"dependencies": {}, "devDependencies": {}}
        for name, package in named.items():
            wanted["devDependencies" if package.developing else "dependencies"][name] = f"^{package.locked}"
        manifest = {"name": "portfolio", "version": "3.4.0", "private": True, **wanted}
        _write_json(self.project / "package.json", manifest)
        lock = self.project / "package-lock.json"
        lock.unlink(missing_ok=True)
        if state.locked:
            _write_json(lock, self._lock(manifest))
        self._write_program()

    def _lock(self, manifest: Json) -> Json:
        packages: dict[str, Json] = {"": {key: manifest[key] for key in manifest if key != "private"}}
        for name, package in self.state.packages.items():
            packages[f"node_modules/{name}"] = {
                "version": package.locked,
                "resolved": f"{self.url}/{name}/-/{name}-{package.locked}.tgz",
                **({"dev": True} if package.developing else {}),
                **({"dependencies": {package.uses: "*"}} if package.uses else {}),
            }
        return {
            "name": "portfolio",
            "version": "3.4.0",
            "lockfileVersion": 3,
            "requires": True,
            "packages": packages,
        }

    def _write_program(self) -> None:
        """A shell script, as a ``#!`` line limits the length of a path and allows no spaces."""
        program = self._folder / "bin" / "npm"
        program.parent.mkdir(exist_ok=True)
        program.unlink(missing_ok=True)
        if self.state.installed:
            command = shlex.join([sys.executable, "-I", "-S", str(STAND_IN)])
            program.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
            program.chmod(0o700)


def _write_json(file: Path, content: Json) -> None:
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
