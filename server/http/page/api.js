// api - calling the service that served the page.
import {authorization, refuse} from './token.js';

const PATIENCE_MS = 10_000;

// What went wrong: a problem document (RFC 9457), or no answer at all (status 0).
export class Problem extends Error {
  constructor(status, document) {
    super(document.detail ?? document.title ?? `status ${status}`);
    this.status = status;
    this.errors = document.errors ?? [];
  }
}

// Send a request, with the token if there is one; the response as it is.
export async function request(path, options = {}) {
  const headers = {...options.headers, ...authorization()};
  const response = await fetch(path, {cache: 'no-store', ...options, headers});
  if (response.status === 401) refuse(headers.Authorization);
  return response;
}

// Send a request; the answer's document, null if it has none. Throws a Problem.
export async function call(method, path, body) {
  let response;
  let text;
  try {
    response = await request(path, {
      method,
      headers: body === undefined ? {} : {'Content-Type': 'application/json'},
      body: body === undefined ? undefined : JSON.stringify(body),
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

// What the server-sent events of a path hold, one by one as they come. (EventSource can show no token.) Throws a Problem.
export async function* events(path, signal) {
  const response = await request(path, {signal});
  if (!response.ok) throw new Problem(response.status, {});
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (let piece; !(piece = await reader.read()).done;) {
    const lines = (rest + piece.value).split('\n');
    rest = lines.pop();
    for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice('data: '.length));
  }
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
