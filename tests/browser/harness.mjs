// harness - a service, a browser, and checks that say a line each. What the browser does that it should not (an error
// on its console, a request to another host, a breach of the policy) fails the check it happens in.
import {spawn} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

// The packages are under build/, where `make clean` finds them.
const installed = createRequire(`${process.cwd()}/build/browser/`);
const {chromium} = installed('playwright-core');
export const axeSource = readFileSync(installed.resolve('axe-core/axe.min.js'), 'utf8');
export const jsYaml = installed('js-yaml');
export const jsYamlFile = 'build/browser/node_modules/js-yaml/dist/js-yaml.min.js';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const PATIENCE_MS = 20_000; // liveness only: nothing here takes more than a second or two

// --- a service ---------------------------------------------------------------------------------

export class Service {
  constructor(primed) {
    this.primed = primed;
    this.directory = mkdtempSync(join(tmpdir(), 'primed-browser-'));
    this.address = '127.0.0.1:0';
  }

  // Start it, at the address it had before if it had one, and wait until it is ready.
  async start() {
    this.process = spawn(this.primed, ['--listen', this.address, '--workers', '2', '--log-format', 'text', '--log-requests', 'none',
      '--data-dir', join(this.directory, 'data')], {stdio: ['ignore', 'ignore', 'pipe']});
    this.ended = new Promise((resolve) => this.process.once('exit', resolve));
    let log = '';
    await new Promise((resolve, reject) => {
      this.process.stderr.on('data', (piece) => {
        log += piece;
        if (/ ready /.test(log)) resolve();
      });
      this.process.once('exit', () => reject(new Error(`the service does not start:\n${log}`)));
    });
    this.address = / listening address=(\S+)/.exec(log)[1];
    this.url = `http://${this.address}`;
  }

  async stop(signal) {
    this.process.kill(signal);
    return this.ended;
  }

  remove() {
    if (this.process.exitCode === null) this.process.kill('SIGKILL');
    rmSync(this.directory, {recursive: true, force: true});
  }

  async call(method, path, body) {
    const response = await fetch(this.url + path, {method, body: body && JSON.stringify(body),
      headers: body ? {'Content-Type': 'application/json'} : {}});
    const text = await response.text();
    return text ? JSON.parse(text) : null;
  }

  // Forget all batches.
  async clear() {
    for (const {id} of (await this.call('GET', '/v1/batches?limit=1000')).batches) await this.call('DELETE', `/v1/batches/${id}`);
  }
}

// --- a browser ---------------------------------------------------------------------------------

export class Browser {
  constructor(service) {
    this.service = service;
  }

  async start() {
    const executablePath = ['/usr/bin/chromium', process.env.CHROMIUM].find((path) => path && existsSync(path));
    this.chromium = await chromium.launch({executablePath, args: FLAGS}); // with a profile of its own, removed at the end
  }

  // A page, and what it did wrong so far. `expected` are the console's lines that do no harm. `prepare` gets the
  // context before anything is loaded.
  async open(path, options = {}, prepare = () => {}) {
    this.context = await this.chromium.newContext({viewport: {width: 1280, height: 900}, colorScheme: 'light', ...options});
    this.context.setDefaultTimeout(PATIENCE_MS);
    await prepare(this.context);
    this.mistakes = [];
    this.expected = [];
    const page = await this.context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.mistakes.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.mistakes.push(`error: ${error}`));
    page.on('request', (request) => {
      const {origin} = new URL(request.url()); // that of a blob is its page's
      if (origin !== this.service.url) this.mistakes.push(`request to another host: ${request.url()}`);
    });
    await page.addInitScript(() => document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)));
    await page.goto(this.service.url + path);
    return page;
  }

  // Let the console say that, once a check means it to.
  expect(pattern) { this.expected.push(pattern); }

  async close() {
    await this.context?.close();
    this.context = null;
    return (this.mistakes ?? []).filter((mistake) => !this.expected.some((pattern) => pattern.test(mistake)));
  }
}

// --- checks ------------------------------------------------------------------------------------

const counts = {passed: 0, failed: 0};

export function assert(condition, what) {
  if (!condition) throw new Error(`expected ${what}`);
}

export function equal(came, wanted, what) {
  assert(JSON.stringify(came) === JSON.stringify(wanted), `${what} ${JSON.stringify(wanted)}; came ${JSON.stringify(came)}`);
}

// Wait until what a function tells is true; no time is too long but one that no machine needs.
export async function until(ask, what) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!await ask()) {
    assert(Date.now() < deadline, what);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export async function check(browser, name, run) {
  const began = Date.now();
  let failure = null;
  try {
    await run();
  } catch (error) {
    failure = error.stack ?? String(error);
  }
  const mistakes = await browser.close().catch((error) => [String(error)]);
  if (!failure && mistakes.length) failure = mistakes.join('\n');
  counts[failure ? 'failed' : 'passed']++;
  console.log(`${failure ? 'FAIL' : 'ok  '} ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)${failure ? `: ${failure}` : ''}`);
}

export function finish() {
  console.log(`${counts.passed} passed, ${counts.failed} failed, 0 skipped`);
  process.exitCode = counts.failed ? 1 : 0;
}
