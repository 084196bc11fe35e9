"""A Django project in one file, with chat rooms and a clock: django-eventstream and django-grip as they come from PyPI.

`python3 django_site.py PORT GRIP_URL FOLDER` serves on a loopback port until it is killed, behind the proxy whose control
port GRIP_URL names. All channels are reliable: their events are kept in a database in FOLDER.

    GET  /rooms/NAME/events/     the events of a room
    POST /rooms/NAME/messages/   publishes the field `text` to it
    POST /rooms/NAME/lost/       the same, but the publish is lost: the event is only in the database
    GET  /time/                  a clock that ticks four times a second
"""

import json
import socketserver
import sys
import threading
import time
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from django.conf import settings

PORT, GRIP_URL, FOLDER = int(sys.argv[1]), sys.argv[2], sys.argv[3]

settings.configure(
    SECRET_KEY="only for a test",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django_eventstream"],
    MIDDLEWARE=["django_grip.GripMiddleware"],
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{FOLDER}/events.sqlite", "OPTIONS": {"timeout": 60}}
    },
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    EVENTSTREAM_STORAGE_CLASS="django_eventstream.storage.DjangoModelStorage",
    GRIP_URL=GRIP_URL,
    USE_TZ=True,
)

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from django_eventstream import send_event  # noqa: E402
from django_eventstream.utils import get_storage  # noqa: E402


def messages(request, room):
    send_event(f"room-{room}", "message", {"text": request.POST["text"]})
    return JsonResponse({})


def lost(request, room):
    get_storage().append_event(f"room-{room}", "message", json.dumps({"text": request.POST["text"]}))
    return JsonResponse({})


urlpatterns = [
    path("rooms/<room>/events/", include("django_eventstream.urls"), {"format-channels": ["room-{room}"]}),
    path("rooms/<room>/messages/", messages),
    path("rooms/<room>/lost/", lost),
    path("time/", include("django_eventstream.urls"), {"channels": ["time"]}),
]


def tick():
    number = 0
    while True:
        number += 1
        send_event("time", "message", {"tick": number})
        time.sleep(0.25)


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 1024


class Handler(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass

    def address_string(self):
        return self.client_address[0]


call_command("migrate", verbosity=0, run_syncdb=True)
server = Server(("127.0.0.1", PORT), Handler)
server.set_app(get_wsgi_application())
threading.Thread(target=tick, daemon=True).start()
print("ready", flush=True)
server.serve_forever()
