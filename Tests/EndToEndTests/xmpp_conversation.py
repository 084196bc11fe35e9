"""Plays a conversation with a channel server by slixmpp, and prints what came of it: for each step a line of `step` and JSON.

Standard input: {"port", "domain", "server", "authority": a PEM file, "users": […], "steps": […]}. A step is
  {"who", "type", "xml"}   a query; prints the answer
  {"who", "hears"}         waits for a message with that text, passing over others; prints it, or null
In a query $ID is the id of what was published last.
"""

import asyncio
import json
import os
import re
import sys
import traceback

import slixmpp
from slixmpp.xmlstream import ET
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

LIMIT = 20


class Client(slixmpp.ClientXMPP):
    def __init__(self, address, server, authority):
        super().__init__(address, "secret")
        self.channels = server
        self.enable_direct_tls = False
        self.ca_certs = authority
        self.is_there = asyncio.Event()
        self.messages = asyncio.Queue()
        self.answers = {}
        self.add_event_handler("session_start", self.started)
        for name, handler in [("message", self.messages.put_nowait), ("iq", self.answered)]:
            self.register_handler(Callback(name, MatchXPath("{jabber:client}" + name), handler))

    def started(self, _):
        self.send_presence()
        self.send_presence(pto=self.channels)
        self.is_there.set()

    def answered(self, answer):
        future = self.answers.pop(answer["id"], None)
        if future and answer["type"] in ("result", "error"):
            future.set_result(str(answer))

    async def ask(self, kind, text):
        # Not by Iq.send: slixmpp 1.17 has no word for policy-violation, and fails at answers that say it.
        query = self.make_iq(ito=self.channels, itype=kind)
        query.append(ET.fromstring(text))
        future = self.answers[query["id"]] = asyncio.get_running_loop().create_future()
        self.send(query)
        try:
            return await asyncio.wait_for(future, LIMIT)
        except asyncio.TimeoutError:
            return None

    async def hears(self, text):
        try:
            while True:
                message = str(await asyncio.wait_for(self.messages.get(), LIMIT))
                if text in message:
                    return message
        except asyncio.TimeoutError:
            return None


async def main():
    play = json.load(sys.stdin)
    clients = {}
    for user in play["users"]:
        client = clients[user] = Client(f"{user}@{play['domain']}/test", play["server"], play["authority"])
        client.connect("127.0.0.1", play["port"])
    for user, client in clients.items():
        try:
            await asyncio.wait_for(client.is_there.wait(), LIMIT)
        except asyncio.TimeoutError:
            raise RuntimeError(f"{user} could not log in")
    published = ""
    for step in play["steps"]:
        client = clients[step["who"]]
        if "hears" in step:
            result = await client.hears(step["hears"])
        else:
            result = await client.ask(step["type"], step["xml"].replace("$ID", published))
            found = re.search(r'<publish [^>]*><item id="[^"]*,([^",]+)"', result or "")
            if found:
                published = found.group(1)
        print("step", json.dumps(result), flush=True)


async def run():
    # slixmpp's tasks don't end when they are cancelled, and asyncio would wait for them.
    try:
        await main()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


asyncio.run(run())
