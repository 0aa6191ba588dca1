// A client of `tizmor serve` for Node 20, without packages: start, watch, approve, show the result.
//
//     tizmor serve --workspace work &
//     node examples/http_client.mjs "set a meeting with Yoav tomorrow at 15:00"
//
// It goes on where it was cut off: the id of the last event is said when it asks again.

const SERVER = process.env.TIZMOR_SERVER ?? "http://localhost:3000";
const ENDS = new Set(["complete", "failed", "cancelled", "rejected"]);

/** What a route answers; throws the problem that it tells instead. */
async function call(method, path, body) {
  const response = await fetch(SERVER + path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const told = await response.json();
  if (!response.ok) throw new Error(`${told.title} ${told.detail ?? ""}`);
  return told;
}

/** The events of an execution to its end, over any cut. */
async function* stream(execution) {
  let last = "";
  for (;;) {
    try {
      const response = await fetch(`${SERVER}/api/orchestrate/stream/${execution}`, {
        headers: last ? { "Last-Event-ID": last } : {},
      });
      for await (const event of frames(response.body)) {
        last = event.id ?? last;
        yield event;
        if (ENDS.has(event.type)) return;
      }
    } catch {
      // cut off: it is asked for again
    }
    await new Promise((again) => setTimeout(again, 2000));
  }
}

/** Server-sent events, as they come (WHATWG HTML, section 9.2). */
async function* frames(body) {
  let held = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (held + text).split("\n\n");
    held = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: ?(.*)/s)));
      if (fields.data) yield { type: fields.event, id: fields.id, told: JSON.parse(fields.data) };
    }
  }
}

const { executionId } = await call("POST", "/api/orchestrate", {
  query: process.argv.slice(2).join(" "),
});
console.log(executionId);
for await (const { type, told } of stream(executionId)) {
  if (type === "step" || type === "log") console.log(told.step, told.state ?? told.message);
  if (type === "approval" && told.state === "open") {
    console.log("approving:", told.waiting.text);
    await call("POST", `/api/orchestrate/${executionId}/approvals/${told.waiting.id}/approve`);
  }
  if (ENDS.has(type)) console.log(type, JSON.stringify(told.result));
}
