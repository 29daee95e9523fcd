// api - calling the service that served the page.

const PATIENCE_MS = 10_000;

// What went wrong: a problem document (RFC 9457), or no answer at all (status 0).
export class Problem extends Error {
  constructor(status, document) {
    super(document.detail ?? document.title ?? `status ${status}`);
    this.status = status;
    this.errors = document.errors ?? [];
  }
}

// Send a request; the answer's document, null if it has none. Throws a Problem.
export async function call(method, path, body) {
  let response;
  let text;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : {'Content-Type': 'application/json'},
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    text = await response.text();
  } catch {
    throw new Problem(0, {detail: 'the service does not answer'});
  }
  let document = null;
  try {
    document = text ? JSON.parse(text) : null;
  } catch {
    throw new Problem(response.status, {detail: 'the answer is no JSON'});
  }
  if (!response.ok) throw new Problem(response.status, document ?? {});
  return document;
}

// Ask again and again, `interval` apart, while the page is seen. A hidden page asks nothing.
// The returned function asks at once, and so begins a new interval.
export function poll(ask, interval) {
  let timer = null;
  let asking = false;
  let again = false;
  const next = async () => {
    clearTimeout(timer);
    again = asking;
    if (asking || document.visibilityState === 'hidden') return;
    asking = true;
    await ask();
    asking = false;
    if (again) next();
    else timer = setTimeout(next, interval);
  };
  document.addEventListener('visibilitychange', next);
  next();
  return next;
}
