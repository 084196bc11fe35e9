"""The server goes away and comes back: open pages say so, try again, and catch up by themselves.

The test that runs this script restarts the server. They speak over standard input and output: we print
`please: stop`, then `please: start`, and read one line after each when it is done (an empty line or `done`). While the
server is down nothing can be posted; what is posted after it is back, before a page has noticed, must not be missed.
"""

import sys

from support import Account, expect, log_in, main, name, until_live, write


def please(what):
    print(f"please: {what}", flush=True)
    if not sys.stdin.readline():
        raise AssertionError(f"nobody answered the request to {what} the server")


def texts(page):
    return page.locator(".post .text").all_inner_texts()


def test(run):
    alice = Account(run, name("alice")).register()
    bob = Account(run, name("bob")).register()
    alice.call("POST", f"{alice.channel}/metadata/posts", {"default_affiliation": "publisher"})
    bob.follow(alice.channel)
    topic = alice.create_topic(name("news"))

    # One page of each kind: a stranger's stream, the queue of a follower, and a user who reads what they don't follow.
    stranger, follower, visitor = run.window("stranger"), run.window("follower"), run.window("visitor")
    stranger.goto(f"{run.base}/{alice.channel}")
    log_in(follower, run.base, bob.user)
    follower.goto(f"{run.base}/{alice.channel}")
    log_in(visitor, run.base, bob.user)
    visitor.goto(f"{run.base}/{topic}")
    pages = (stranger, follower, visitor)
    for page in pages:
        until_live(page)
        page.evaluate("window.sameDocument = true")
    first = alice.post(alice.channel, "Before the restart")
    alice.post(topic, "News before the restart")
    for page in pages:
        expect(page.locator(".post.root")).to_have_count(1)
    run.check("three pages hear the server")

    follower.locator(".conversation").get_by_role("button", name="Reply").click()
    follower.locator(".composer.reply textarea").fill("Half a sentence that must")

    please("stop")
    for page in pages:
        expect(page.locator(".connection")).to_have_attribute("data-state", "reconnecting")
    run.check("all of them say that the connection is lost")
    follower.locator(".composer.reply textarea").press("Control+Enter")
    expect(follower.locator(".composer.reply .problem")).to_contain_text("Your text is still here")
    run.check("a reply that can't be sent is kept, and the reader is told",
              follower.locator(".composer.reply textarea").input_value() == "Half a sentence that must")

    please("start")
    alice.post(alice.channel, "After the restart")
    alice.post(alice.channel, "And an answer", first["id"])
    alice.post(topic, "News after the restart")
    for page in pages:
        expect(page.locator(".connection")).to_have_attribute("data-state", "live", timeout=60_000)
    run.check("all of them find the server again by themselves")
    for page in (stranger, follower):
        expect(page.locator(".answer")).to_have_count(1, timeout=60_000)
    expect(visitor.locator(".post.root .text").first).to_have_text("News after the restart", timeout=60_000)
    expect(stranger.locator(".post.root .text")).to_have_text(["After the restart", "Before the restart"])
    # Whoever writes a reply sees new posts behind a note, so that the text does not move away from the pen.
    expect(follower.get_by_role("button", name="1 new post")).to_be_visible()
    run.check("they show what was posted meanwhile, each post once, replies in their place")

    follower.locator(".composer.reply textarea").press("Control+Enter")
    expect(stranger.locator(".answer .text")).to_have_text(["And an answer", "Half a sentence that must"])
    run.check("the reply that was kept can be sent now")
    follower.get_by_role("button", name="1 new post").click()
    expect(follower.locator(".post.root .text")).to_have_text(["After the restart", "Before the restart"])
    write(follower, "Back again")
    expect(stranger.locator(".post.root .text").first).to_have_text("Back again")
    run.check("and live it goes on")
    same = [page.evaluate("window.sameDocument === true") for page in pages]
    run.check("no page was loaded again", all(same), same)
    run.calm()


main(test)
