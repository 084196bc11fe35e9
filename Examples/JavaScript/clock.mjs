// A clock in JavaScript. No library is needed: to hold is two headers, to publish is one request.
//
//     fanout edge --port 7999 --route '* localhost:9004' &
//     node clock.mjs &
//     curl -N http://localhost:7999/

import { createServer } from "node:http";

// What stands behind a question mark is for those who check the proxy's signature, which a clock need not.
const proxy = (process.env.GRIP_URL ?? "http://localhost:5561").split("?")[0];
const port = Number(process.env.PORT ?? 9004);

createServer((request, response) => {
  response.writeHead(200, {
    "Content-Type": "text/event-stream",
    "Grip-Hold": "stream",
    "Grip-Channel": "time",
  });
  response.end();
}).listen(port, "127.0.0.1");

setInterval(async () => {
  const content = `data: ${new Date().toISOString()}\n\n`;
  const answer = await fetch(`${proxy}/publish/`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ items: [{ channel: "time", formats: { "http-stream": { content } } }] }),
  }).catch((error) => error);
  if (!answer.ok) console.error(`not published: ${answer.status ?? answer.message}`);
}, 1000);
