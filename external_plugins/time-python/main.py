"""Tells the time anywhere: a plugin in Python (3.9 or newer), with the standard library only."""

import hmac
import json
import os
import signal
import threading
import time
import urllib.request
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from zoneinfo import ZoneInfo, available_timezones

CORE_URL = os.environ.get("CORE_URL", "http://127.0.0.1:9000")
PORT = int(os.environ.get("PORT", "3102"))
URL = f"http://127.0.0.1:{PORT}"
MAX_BODY = 16 * 1024 * 1024

PLUGIN = {
    "plugin_id": "time-python",
    "name": "World clock",
    "description": "Tells the time in any city or time zone.",
    "type": "http",
    "health_check_url": f"{URL}/health",
    "config": {"base_url": URL, "path": "/run", "timeout_sec": 10},
    "capabilities": [
        {
            "id": "get_time",
            "name": "Get the time",
            "description": "What time it is now, here or in a city or time zone.",
            "parameters": [
                {
                    "name": "timezone",
                    "type": "string",
                    "required": False,
                    "description": "A city (Tokyo) or a time zone (Asia/Tokyo). Without it: here.",
                }
            ],
        },
        {
            "id": "list_timezones",
            "name": "List time zones",
            "description": "The time zones of a part of the world.",
            "parameters": [
                {"name": "region", "type": "string", "default": "Europe", "required": False}
            ],
        },
    ],
}

ZONES = sorted(available_timezones())


def get_time(timezone=""):
    wanted = str(timezone).strip().replace(" ", "_").lower()
    if not wanted:
        return datetime.now().astimezone().strftime("It is %H:%M on %A, %d %B %Y (%Z).")
    zone = next((z for z in ZONES if wanted in (z.lower(), z.lower().rsplit("/", 1)[-1])), None)
    if zone is None:
        raise ValueError(f'There is no time zone "{timezone}"')
    return datetime.now(ZoneInfo(zone)).strftime(f"It is %H:%M on %A, %d %B %Y in {zone}.")


def list_timezones(region="Europe"):
    found = [z for z in ZONES if z.lower().startswith(f"{str(region).lower()}/")]
    if not found:
        raise ValueError(f'There is no region "{region}"')
    return ", ".join(found)


CAPABILITIES = {"get_time": get_time, "list_timezones": list_timezones}


class Handler(BaseHTTPRequestHandler):
    timeout = 2  # a caller that stops in the middle does not keep us from ending

    def do_GET(self):
        if self.path == "/health":
            return self.answer(200, {"status": "ok"})
        self.answer(404, {"error": f"There is no {self.path}"})

    def do_POST(self):
        if self.path != "/run":
            return self.answer(404, {"error": f"There is no {self.path}"})
        given = self.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {token}".encode()):
            return self.answer(401, {"error": "Only Core may call this plugin"})
        try:
            length = min(int(self.headers.get("Content-Length", 0)), MAX_BODY)
            request = json.loads(self.rfile.read(length))
            capability = CAPABILITIES[request.get("capability_id") or "get_time"]
            parameters = request.get("capability_parameters") or {}
            frame = {"request_id": str(request["request_id"]), "plugin_id": "time-python"}
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
            return self.answer(422, {"error": f"Not a request: {type(error).__name__}"})
        try:
            self.answer(200, {**frame, "success": True, "text": capability(**parameters)})
        except (ValueError, TypeError) as error:
            self.answer(200, {**frame, "success": False, "text": "", "error": str(error)})

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Core notes every call; a line for each would say the same again."""


class Server(ThreadingHTTPServer):
    daemon_threads = False  # whoever is being answered gets the answer before we end


def register():
    """Tells Core where we are, as soon as it is there. Started by hand, it gets its token by this."""
    global token
    request = urllib.request.Request(
        f"{CORE_URL}/api/plugins/register",
        data=json.dumps(PLUGIN).encode(),
        headers={"Content-Type": "application/json", "X-API-Key": token},
    )
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                token = json.load(answer).get("token", token)
            return print("registered at Core")
        except (OSError, ValueError) as error:
            print(f"not registered yet: {error}")
            time.sleep(1)


token = os.environ.get("CORE_API_KEY", "")
server = Server(("127.0.0.1", PORT), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
threading.Thread(target=register, daemon=True).start()
print(f"listens on {URL}")
server.serve_forever()
server.server_close()
