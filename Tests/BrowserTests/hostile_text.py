"""Stored attacks: hostile strings as posts, replies, titles, descriptions, addresses and searches are shown as the
text that they are, in pages that were open when they came and in pages that load them later."""

from urllib.error import HTTPError
from urllib.parse import quote, urlsplit

from hostile_strings import hostile_strings
from support import Account, expect, log_in, main, name, until_live

# Called in the page by nothing but an attack that worked.
HOOK = """
  window.alarms = [];
  window.alarm = () => window.alarms.push(new Error().stack);
  addEventListener('securitypolicyviolation', (event) => window.alarms.push(event.violatedDirective + ' ' + event.blockedURI));
"""

# What stands inside posts, heads and cards may be text, links and the elements that we build around them.
AUDIT = """
() => {
  const wrong = [];
  const allowed = new Set(['A', 'SPAN', 'STRONG', 'BUTTON', 'WBR', 'SMALL', 'TIME']);
  for (const place of document.querySelectorAll('.text, .about, h1, .channel-head .address, .texts')) {
    for (const element of place.querySelectorAll('*')) {
      if (!allowed.has(element.tagName)) wrong.push(element.outerHTML.slice(0, 200));
    }
  }
  for (const element of document.querySelectorAll('body *')) {
    for (const attribute of element.attributes) {
      const isOurs = /^height: \\w+(\\.\\d+)?(px)?;$/.test(attribute.value);
      if (attribute.name.startsWith('on') || attribute.name === 'style' && !isOurs) {
        wrong.push(element.outerHTML.slice(0, 200));
      }
    }
  }
  const links = [...document.querySelectorAll('a')].map((link) => [link.getAttribute('href'), link.href, link.rel]);
  return { wrong, links };
}
"""


def audit(run, page, label):
    """No element, attribute or address that we did not build."""
    result = page.evaluate(AUDIT)
    run.check(f"{label}: nothing has become markup", not result["wrong"], result["wrong"][:3])
    bad = []
    for attribute, address, rel in result["links"]:
        if attribute is None:
            continue
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or parts.username or parts.password:
            bad.append(address)
        elif parts.netloc != urlsplit(run.base).netloc and not ("noopener" in rel and "nofollow" in rel):
            bad.append(f"{address} rel={rel}")
    run.check(f"{label}: all links lead to web addresses, and give nothing away", not bad, bad[:3])
    alarms = page.evaluate("window.alarms")
    run.check(f"{label}: the alarm is silent", alarms == [], alarms[:3])


def shown(page, entry_id):
    return page.evaluate("""(id) => {
      const text = document.querySelector(`[data-entry="${CSS.escape(id)}"] .text`);
      return text && text.textContent;
    }""", entry_id)


def window(run, label):
    page = run.window(label)
    page.add_init_script(HOOK)
    return page


def test(run):
    corpus = hostile_strings()
    run.check(f"{len(corpus)} hostile strings are tried", len(corpus) >= 150)
    mallory = Account(run, name("mallory")).register()
    topic = mallory.create_topic(name("traps"))

    # Live: a stranger's page by its stream, a user's page by its own queue.
    stranger, user = window(run, "stranger"), window(run, "user")
    stranger.goto(f"{run.base}/{topic}")
    until_live(stranger)
    log_in(user, run.base, mallory.user)
    user.goto(f"{run.base}/{topic}")
    until_live(user)

    posted, refused = {}, 0
    root = mallory.post(topic, "Traps below")
    for number, text in enumerate(corpus):
        try:
            # Replies are shown by another path than roots.
            entry = mallory.post(topic, text, root["id"] if number % 4 == 3 else None)
        except HTTPError as error:
            run.check(f"a refused string gets a 4xx: {text[:30]!r}", 400 <= error.code < 500, error.code)
            refused += 1
            continue
        stored = mallory.call("GET", f"{topic}/content/posts/{entry['id']}")
        posted[entry["id"]] = stored["content"] or ""
    run.check("the server takes nearly all of them", refused <= 5, refused)

    last = list(posted)[-1]
    for label, page in (("stranger", stranger), ("user", user)):
        expect(page.locator(f'[data-entry="{last}"]')).to_be_attached()
        while page.locator(".earlier:visible").count() > 0:
            page.locator(".earlier:visible").first.click()
        compare(run, page, posted, f"{label}, live")
        audit(run, page, f"{label}, live")

    late = window(run, "late")
    late.goto(f"{run.base}/{topic}")
    until_live(late)
    older = late.get_by_role("button", name="Load older posts")
    while older.is_visible():
        count = late.locator(".conversation").count()
        older.click()
        expect(late.locator(".conversation").nth(count).or_(late.locator(".older[hidden]")).first).to_be_attached()
    while late.locator(".earlier:visible").count() > 0:
        late.locator(".earlier:visible").first.click()
    for button in late.locator(".rest").all():
        button.click()
    compare(run, late, posted, "later")
    audit(run, late, "later")

    heads(run, mallory, topic, corpus, late)
    addresses(run, corpus, late)
    run.calm()


def compare(run, page, posted, label):
    """Every string stands there, letter by letter (long ones begin so)."""
    differ = []
    for entry_id, text in posted.items():
        actual = shown(page, entry_id)
        whole = actual is not None and actual.split("… Show all")[0]
        if actual is None or not (whole == text or (actual.endswith("Show all") and text.startswith(whole))
                                  or (text == "" and actual == "(no text)")):
            differ.append((text[:80], actual and actual[:80]))
    run.check(f"{label}: {len(posted)} strings are shown as they are", not differ, differ[:3])


def heads(run, mallory, topic, corpus, page):
    """As title and description, in the head, the window's title and the search."""
    tried = 0
    for text in corpus[::6]:
        try:
            mallory.call("POST", f"{topic}/metadata/posts", {"title": text[:100], "description": f"{text[:900]} and so on"})
        except HTTPError as error:
            run.check("a refused title gets a 4xx", 400 <= error.code < 500, error.code)
            continue
        stored = mallory.call("GET", f"{topic}/metadata/posts")
        page.goto(f"{run.base}/{topic}")
        expect(page.locator(".badges .badge").first).to_be_attached()
        actual = page.evaluate(
            "['h1', '.channel-head .about'].map((place) => document.querySelector(place).textContent)")
        about = "" if stored["description"] == stored["title"] else stored["description"] or ""
        wanted = [stored["title"] or topic.split("@")[0], about]
        if actual != wanted:
            run.check("a title is shown as it is", False, (actual, wanted))
        if page.evaluate("window.alarms.length") or page.evaluate(AUDIT)["wrong"]:
            audit(run, page, f"title {text[:40]!r}")
        tried += 1
    run.check(f"{tried} hostile titles and descriptions are shown as they are", tried >= 20)
    page.goto(f"{run.base}/search?q={quote(topic.split('@')[0])}")
    expect(page.locator(".channel-card").first).to_be_visible()
    audit(run, page, "search")


def addresses(run, corpus, page):
    """In the address of the page and in the search box."""
    for text in corpus[::10]:
        for path in (f"/{quote(text[:200], safe='')}", f"/{quote(text[:100], safe='')}@x", f"/search?q={quote(text[:200], safe='')}",
                     f"/login?to={quote(text[:200], safe='')}"):
            answer = page.goto(run.base + path, wait_until="commit")
            if not answer.headers.get("content-type", "").startswith("text/html"):
                # A path that looks like one of a file, or like no path at all, is refused in plain words.
                refused = 400 <= answer.status < 500 and answer.headers.get("content-type", "").startswith("text/plain")
                if not (refused and answer.headers.get("x-content-type-options") == "nosniff"):
                    run.check("a refused address gets plain text", False, (path, answer.status, answer.headers))
                continue
            expect(page.locator("h1").first).to_be_visible()
            if page.evaluate("window.alarms.length") or not page.url.startswith(run.base):
                audit(run, page, f"address {path[:60]}")
                run.check("the page stays where it is", page.url.startswith(run.base), page.url)
    run.check(f"{len(corpus[::10]) * 4} hostile addresses do nothing")


main(test)
