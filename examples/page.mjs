// Serves `page.html`, and hands on what it asks for to `tizmor serve`, for Node 20 without packages.
//
//     tizmor serve --workspace work &
//     node examples/page.mjs 8080          # then open http://localhost:8080
//
// To the browser, page and API are of one origin, so nothing has to be allowed to others.

import { readFile } from "node:fs/promises";
import http from "node:http";

const SERVER = new URL(process.env.TIZMOR_SERVER ?? "http://localhost:3000");
const page = await readFile(new URL("page.html", import.meta.url));

const server = http.createServer((asked, answer) => {
  if (!asked.url.startsWith("/api/")) {
    answer.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(page);
    return;
  }
  const { hostname: host, port } = SERVER;
  const on = http.request({ host, port, path: asked.url, method: asked.method, headers: asked.headers });
  on.on("response", (told) => told.pipe(answer.writeHead(told.statusCode, told.headers)));
  on.on("error", () => answer.writeHead(502).end());
  answer.on("close", () => on.destroy());
  asked.pipe(on);
});
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () =>
  console.log(`http://localhost:${server.address().port}`),
);
