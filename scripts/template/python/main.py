import json, os, signal, threading, time, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CORE = os.environ.get("CORE_URL", "http://127.0.0.1:9000")
KEY = os.environ.get("CORE_API_KEY", "")
PORT = int(os.environ.get("PORT", "3199"))
URL = f"http://127.0.0.1:{PORT}"


def greet(request):
    parameters = request.get("capability_parameters") or {}
    return f"Hello, {parameters.get('who') or request['user_name']}!"


CAPABILITIES = {"greet": greet}
PLUGIN = {
    "plugin_id": "python",
    "name": "Python",
    "description": "Says hello.",
    "type": "http",
    "health_check_url": f"{URL}/health",
    "config": {"base_url": URL, "path": "/run", "timeout_sec": 10},
    "capabilities": [
        {
            "id": "greet",
            "name": "Greet",
            "description": "Says hello to somebody.",
            "parameters": [{"name": "who", "required": False, "description": "Whom to greet"}],
        }
    ],
}


class Handler(BaseHTTPRequestHandler):
    timeout = 2

    def do_GET(self):
        self.answer(200 if self.path == "/health" else 404, {})

    def do_POST(self):
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            return self.answer(401, {"error": "Only Core may call this plugin"})
        try:
            request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            text = CAPABILITIES[request.get("capability_id") or "greet"](request)
            result = {"request_id": request["request_id"], "success": True, "text": text}
        except Exception as error:
            return self.answer(422, {"error": f"Not a request: {type(error).__name__}"})
        self.answer(200, result)

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = False  # answers what it has begun before it ends


def register():
    global KEY
    headers = {"Content-Type": "application/json", "X-API-Key": KEY}
    request = urllib.request.Request(f"{CORE}/api/plugins/register", json.dumps(PLUGIN).encode(), headers)
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                KEY = json.load(answer).get("token", KEY)
            return print("registered at Core")
        except OSError as error:
            print(f"not registered yet: {error}")
            time.sleep(1)


server = Server(("127.0.0.1", PORT), Handler)
for name in (signal.SIGTERM, signal.SIGINT):
    signal.signal(name, lambda *_: threading.Thread(target=server.shutdown).start())
threading.Thread(target=register, daemon=True).start()
server.serve_forever()
server.server_close()
