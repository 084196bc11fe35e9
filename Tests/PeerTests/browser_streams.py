"""The edge's streams in Chromium: `python3 browser_streams.py EDGE_URL OUTPUT_DIR`, with the control port in CONTROL_URL.

The origin behind the edge serves an empty page at /, events at /events and lines at /lines, both held on the channel news.
"""

import json
import os
import sys
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "BrowserTests"))

from support import main  # noqa: E402


def publish(identity, previous, content):
    item = {"channel": "news", "id": identity, "formats": {"http-stream": {"content": content}}}
    if previous:
        item["prev-id"] = previous
    body = json.dumps({"items": [item]}).encode()
    request = urllib.request.Request(os.environ["CONTROL_URL"] + "/publish/", data=body, method="POST")
    urllib.request.urlopen(request, timeout=30).read()


def test(run):
    page = run.window("page")
    page.goto(run.base + "/")
    page.evaluate("""() => {
        window.events = [];
        window.opened = new Promise(resolve => {
            const source = new EventSource("/events");
            source.addEventListener("open", () => resolve(true));
            source.addEventListener("message", event => window.events.push([event.lastEventId, event.data]));
        });
        window.lines = "";
        window.reading = (async () => {
            const response = await fetch("/lines");
            const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
            for (;;) {
                const { done, value } = await reader.read();
                if (done) return window.lines;
                window.lines += value;
            }
        })();
    }""")
    run.check("an EventSource opens", page.evaluate("() => window.opened"))
    page.wait_for_function("() => window.events.length == 1 && window.lines == 'welcome\\n'")
    run.check("both have what the origin sent first")
    publish("1", None, "id: 1\ndata: one\n\n")
    publish("2", "1", "id: 2\ndata: zw\u00f6lf \U0001F600\n\n")
    page.wait_for_function("() => window.events.length == 3")
    run.check("an EventSource gets what is published", page.evaluate("() => window.events") == [
        ["0", "welcome"], ["1", "one"], ["2", "zw\u00f6lf \U0001F600"]], page.evaluate("() => window.events"))
    page.wait_for_function("() => window.lines.endsWith('\U0001F600\\n\\n')")
    run.check("a fetch reads the same as it comes")
    request = urllib.request.Request(
        os.environ["CONTROL_URL"] + "/publish/", method="POST",
        data=json.dumps({"items": [{"channel": "news", "formats": {"http-stream": {"action": "close"}}}]}).encode())
    urllib.request.urlopen(request, timeout=30).read()
    text = page.evaluate("() => window.reading")
    run.check("a close ends the fetch", text.startswith("welcome\nid: 1\n"), text)
    run.calm()


main(test)
