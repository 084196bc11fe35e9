"""What the browser tests share: a browser, the HTTP API without a browser, and checks that say what they check.

Each test is a script: `python3 NAME.py BASE_URL OUTPUT_DIR`. It exits with 0 when all its checks held, with 1 and a
screenshot of every open page in OUTPUT_DIR when one did not. Nothing here sleeps: every wait is for a condition.
"""

import base64
import json
import os
import secrets
import shutil
import sys
import traceback
import urllib.error
import urllib.request
from urllib.parse import quote, urlsplit

from playwright.sync_api import expect, sync_playwright

PASSWORD = "correct horse battery"
# Loaded machines are slow; a condition that holds is seen at once all the same.
expect.set_options(timeout=20_000)


class Run:
    """One script's run: the server's address, the folder for pictures, the browser, and the checks so far."""

    def __init__(self, browser, base, output):
        self.browser = browser
        self.base = base.rstrip("/")
        self.output = output
        self.pages = []
        self.alarms = []
        self.checks = 0

    def check(self, claim, holds=True, detail=""):
        """States what was checked; ends the test if it does not hold."""
        if not holds:
            raise AssertionError(f"{claim}: {detail}" if detail else claim)
        self.checks += 1
        print(f"ok {self.checks} - {claim}", flush=True)

    def window(self, name, **options):
        """A window of its own: nothing of another one's storage. Off-origin requests and dialogs are alarms."""
        options.setdefault("viewport", {"width": 1280, "height": 800})
        context = self.browser.new_context(locale="en-GB", timezone_id="UTC", **options)
        page = context.new_page()
        page.set_default_timeout(20_000)
        origin = urlsplit(self.base).netloc
        page.on("request", lambda request: urlsplit(request.url).netloc in (origin, "")
                or self.alarms.append(f"{name}: request to {request.url}"))
        page.on("dialog", lambda dialog: (self.alarms.append(f"{name}: dialog {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: self.alarms.append(f"{name}: {error}"))
        page.on("console", lambda message: self._console(name, message))
        self.pages.append((name, page))
        return page

    def _console(self, name, message):
        # The browser reports every answer that is not a success; those are part of the tests.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.alarms.append(f"{name}: console: {message.text}")

    def picture(self, page, name, **options):
        path = os.path.join(self.output, f"{name}.png")
        page.screenshot(path=path, **options)
        return path

    def calm(self):
        """Nothing has raised an alarm."""
        self.check("no dialog, script error, blocked content or request to anybody else", not self.alarms, self.alarms[:5])


def name(stem):
    """A user or channel name that no other run has."""
    return f"{stem}{secrets.token_hex(3)}"


class Account:
    """A user who speaks to the API without a browser."""

    def __init__(self, run, user=None):
        self.base = f"{run.base}/api"
        self.user = user

    def call(self, method, path, body=None):
        """The JSON of the answer, its text where it is no JSON. Raises `urllib.error.HTTPError`."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self.user:
            token = base64.b64encode(f"{self.user}:{PASSWORD}".encode()).decode()
            headers["Authorization"] = f"Basic {token}"
        request = urllib.request.Request(f"{self.base}/{path}", data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read().decode()
        try:
            return json.loads(text)
        except ValueError:
            return text

    def register(self):
        """Creates the account and learns its full name."""
        Account.call(_anonymous(self), "POST", "account",
                     {"username": self.user, "password": PASSWORD, "email": f"{self.user}@mail.example"})
        owned = [key.split("/")[0] for key, role in self.call("GET", "subscribed").items() if role == "owner"]
        self.channel = next(each for each in owned if each.split("@")[0] == self.user)
        self.domain = self.channel.split("@")[1]
        return self

    def post(self, channel, content, reply_to=None):
        body = {"content": content} | ({"replyTo": reply_to} if reply_to else {})
        return self.call("POST", f"{quote(channel, safe='@')}/content/posts", body)

    def follow(self, channel):
        self.call("POST", "subscribed", {f"{channel}/posts": "publisher"})

    def create_topic(self, stem, title="", description=""):
        channel = f"{stem}@topics.{self.domain}"
        self.call("POST", channel)
        if title or description:
            self.call("POST", f"{channel}/metadata/posts", {"title": title, "description": description})
        return channel


def _anonymous(account):
    other = Account.__new__(Account)
    other.base, other.user = account.base, None
    return other


def log_in(page, base, user, stay=False):
    page.goto(f"{base}/login")
    page.get_by_label("Name", exact=True).fill(user)
    page.get_by_label("Password").fill(PASSWORD)
    if stay:
        page.get_by_label("Stay signed in").check()
    page.get_by_role("button", name="Log in").click()
    expect(page.locator(".account .me")).to_be_visible()


def until_live(page):
    """The page hears the server: what is posted from now on must appear by itself."""
    expect(page.locator(".connection")).to_have_attribute("data-state", "live")
    expect(page.locator(".stream")).to_be_attached()


def write(page, text):
    """Posts to the channel on show."""
    page.locator(".composer-place textarea").fill(text)
    page.locator(".composer-place").get_by_role("button", name="Post").click()


def main(test):
    """Runs `test(run)` with the arguments of the command line."""
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} BASE_URL OUTPUT_DIR")
    os.makedirs(sys.argv[2], exist_ok=True)
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        run = Run(browser, sys.argv[1], sys.argv[2])
        try:
            test(run)
            print(f"all {run.checks} checks held", flush=True)
            code = 0
        except BaseException:
            traceback.print_exc()
            for alarm in run.alarms[:10]:
                print("alarm:", alarm)
            script = os.path.splitext(os.path.basename(sys.argv[0]))[0]
            for label, page in run.pages:
                try:
                    run.picture(page, f"failed-{script}-{label}")
                except Exception as error:
                    print("no picture of", label, error)
            code = 1
        browser.close()
    sys.exit(code)
