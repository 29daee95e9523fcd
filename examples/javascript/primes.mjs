// primes FILE - have primed test the integers in a file, one a line, and print the primes.
//
// Needs nothing but node. PRIMED_URL says where the service is, PRIMED_TOKEN holds its token, if it asks for one.
import {randomUUID} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';

const URL = process.env.PRIMED_URL ?? 'http://127.0.0.1:8080';
const TOKEN = process.env.PRIMED_TOKEN;
const PATIENCE_MS = 60_000; // how long to try again

class Refused extends Error {}

// What an answer with an error says, in one line.
async function explain(response) {
  try {
    const {title, detail, errors = []} = await response.json();
    return `${title}: ${errors.map((error) => `${error.pointer ?? ''} ${error.detail}`.trim()).join('; ') || detail}`;
  } catch {
    return `status ${response.status}`;
  }
}

// The answer to a call, which is made again while nobody answers or the service is busy.
async function call(method, path, {headers = {}, body} = {}) {
  if (TOKEN) headers = {...headers, Authorization: `Bearer ${TOKEN}`};
  const deadline = Date.now() + PATIENCE_MS;
  for (let pause = 100; ; pause = Math.min(2 * pause, 5000)) {
    let failure;
    let after = null;
    try {
      const response = await fetch(URL + path, {method, headers, body});
      if (response.ok) return response;
      after = response.headers.get('Retry-After');
      failure = new Refused(await explain(response));
      // 409 with Retry-After: the first request with this key is still being worked on.
      if (![429, 502, 503, 504].includes(response.status) && !(response.status === 409 && after)) throw failure;
    } catch (error) {
      if (error === failure) throw error;
      failure = new Error(`${URL}: ${error.cause?.message ?? error.message}`);
    }
    const wait = Math.max(1000 * Number(after), pause * (0.5 + Math.random() / 2));
    if (Date.now() + wait > deadline) throw failure;
    await sleep(wait);
  }
}

// The lines of an answer, as they come.
async function* lines(response) {
  let rest = '';
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + piece).split('\n');
    rest = parts.pop();
    yield* parts;
  }
}

// Hand in a file. The key makes sure that it is one batch, however often it is sent.
async function submit(path) {
  const body = await readFile(path);
  const response = await call('POST', '/v1/batches', {body, headers: {'Content-Type': 'text/plain', 'Idempotency-Key': randomUUID()}});
  return response.json();
}

// Show the progress of a batch until it has ended, by its server-sent events.
async function follow(batch) {
  for await (const line of lines(await call('GET', `${batch.links.self}/events`))) {
    if (!line.startsWith('data: ')) continue;
    const {progress, counts} = JSON.parse(line.slice('data: '.length));
    process.stderr.write(`\r${Math.floor(100 * progress).toString().padStart(3)}% of ${counts.total} numbers`);
  }
  process.stderr.write('\n');
}

async function main([path, ...others]) {
  if (!path || others.length) throw new Refused('usage: primes.mjs FILE');
  const batch = await submit(path);
  await follow(batch);
  let count = 0;
  let largest = 0n;
  for await (const line of lines(await call('GET', `${batch.links.results}?format=ndjson&only=prime`))) {
    const n = BigInt(JSON.parse(line).n); // a string there: JSON.parse would round a number of this size
    console.log(n.toString());
    count++;
    if (n > largest) largest = n;
  }
  console.error(`${count} primes, the largest ${count ? largest : 'none'}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`primes: ${error.message}`);
  process.exitCode = 1;
}
