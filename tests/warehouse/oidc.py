"""A loopback workspace that issues OAuth tokens to service principals (client credentials)."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Workspace:
    """Discovery and token endpoints; each token it issues is passed to ``on_token``."""

    def __init__(self, *, client_id: str, client_secret: str, on_token: Any = None) -> None:
        self.credentials = f"{client_id}:{client_secret}"
        self.on_token = on_token or (lambda token: None)
        self.issued: list[str] = []
        self.expires_in = 3600
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def issue(self) -> str:
        token = f"m2m-{len(self.issued) + 1}"
        self.issued.append(token)
        self.on_token(token)
        return token


def _handler_for(workspace: Workspace) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Tokens are in ``workspace.issued``."""

        def do_GET(self) -> None:
            base = workspace.url
            if "oauth-authorization-server" in self.path:
                endpoints = {"authorization": "authorize", "token": "token"}
                self._send({f"{k}_endpoint": f"{base}/oidc/v1/{v}" for k, v in endpoints.items()})
            elif "databricks-config" in self.path:
                self._send({"oidc_endpoint": f"{base}/oidc"})
            else:
                self._send({}, 404)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            given = self.headers.get("Authorization", "").removeprefix("Basic ")
            if base64.b64decode(given).decode() != workspace.credentials:
                return self._send({"error": "invalid_client"}, 401)
            return self._send(
                {
                    "access_token": workspace.issue(),
                    "token_type": "Bearer",
                    "expires_in": workspace.expires_in,
                }
            )

        def _send(self, answer: dict[str, Any], status: int = 200) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
