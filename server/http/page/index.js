// index - the live page: asks for the state once a second, and hands it to the parts.
import {byId, el, mark, setText} from './dom.js';
import {call, poll} from './api.js';
import {Batches} from './batches.js';
import {bytes, short, span, whole} from './format.js';
import {History} from './history.js';
import {Numbers} from './numbers.js';
import {Plot} from './plot.js';
import {isLocked, offerForm, onToken} from './token.js';
import {Workers} from './workers.js';

const INTERVAL_MS = 1000;
const STATES = {
  ready: ['Running', 'running'], draining: ['Draining', 'stopped'], starting: ['Starting', 'pending'],
  unreachable: ['Unreachable', 'failed'], locked: ['Token needed', 'stopped'],
};

const history = History.restore(Date.now() / 1000);
const plots = {
  throughput: new Plot({title: 'Throughput', unit: 'numbers a second', least: 10,
    lines: [{key: 'throughput', name: 'numbers a second'}], format: short}),
  queue: new Plot({title: 'Queue', unit: 'numbers pending', least: 10,
    lines: [{key: 'queue', name: 'numbers pending'}], format: short}),
  latency: new Plot({title: 'Latency of small batches', unit: 'of up to 1,000 numbers', least: 0.001,
    lines: [{key: 'p50', name: 'p50'}, {key: 'p99', name: 'p99'}], format: span}),
};
byId('plots').append(...Object.values(plots).map((plot) => plot.element));

const figures = new Map();
function figure(name, value, warn = false) {
  if (!figures.has(name)) {
    const element = el('dd');
    byId('figures').append(el('div', null, el('dt', null, name), element));
    figures.set(name, element);
  }
  setText(figures.get(name), value);
  figures.get(name).classList.toggle('warn', warn);
}

const workers = new Workers(byId('workers'));
const batches = new Batches(byId('batches'), () => ask());
new Numbers(() => ask());

function showState(state) {
  const element = byId('state');
  if (element.dataset.state === state) return;
  const [text, icon] = STATES[state];
  element.dataset.state = state;
  element.replaceChildren(mark(icon), el('span', null, text));
  document.title = state === 'ready' ? 'primed' : `${text} – primed`;
}

let lostAt = null;
function lose() {
  lostAt ??= new Date();
  showState('unreachable');
  document.body.classList.add('lost');
  byId('unreachable').hidden = false;
  setText(byId('unreachable'), `The service has not answered since ${lostAt.toLocaleTimeString()}. `
    + 'What is shown is from before; asking again every second.');
}

// The service asks for a token: what was shown is no longer anybody's who looks at it now.
function lock() {
  lostAt = null;
  listed = '';
  showState('locked');
  document.body.classList.add('locked');
  byId('unreachable').hidden = true;
}

function regain() {
  lostAt = null;
  document.body.classList.remove('lost', 'locked');
  byId('unreachable').hidden = true;
}

function showPlots(status, time) {
  const {samples} = history;
  const latest = samples.at(-1);
  const peak = Math.max(0, ...samples.map((sample) => sample.throughput ?? 0));
  plots.throughput.update(samples, time, latest.throughput == null ? '–' : short(latest.throughput),
    `numbers a second, at most ${short(peak)}`);
  const {queued, running} = status.batches;
  plots.queue.update(samples, time, short(status.queue.numbers),
    `numbers pending, ${whole(queued)} batches queued, ${whole(running)} running`);
  const timed = samples.findLast((sample) => sample.p50 != null);
  plots.latency.update(samples, time, timed ? span(timed.p50) : '–', timed
    ? `for half of them, ${span(timed.p99)} for 99 %; up to 1,000 numbers` : 'none has ended meanwhile');
}

function showFigures(status) {
  const {totals, store} = status;
  figure('Numbers done', short(totals.numbers_done));
  figure('Batches ended', whole(totals.batches_ended));
  figure('Oldest waiting', span(status.queue.oldest_age_seconds));
  figure('Refused', whole(totals.batches_refused), totals.batches_refused > 0);
  // Workers that were ended on purpose, by a time limit say, are no cause for alarm.
  figure('Restarts', whole(totals.worker_restarts + totals.front_restarts), totals.worker_crashes + totals.front_restarts > 0);
  figure(store.durable ? 'Store, on disk' : 'Store, in memory', `${bytes(store.bytes)} of ${bytes(store.bytes_max)}`,
    store.bytes > 0.9 * store.bytes_max);
  figure('Up for', span(Math.floor(status.uptime_seconds)));
  setText(byId('build'), `primed ${status.version}, kernel ${status.kernel}`);
}

// The list changes when a batch came or ended, or while one of those shown is under way.
let listed = '';
async function showBatches(status) {
  const {totals, started_at: started, batches: kept} = status;
  const state = JSON.stringify([started, totals.batches_accepted, totals.batches_ended, kept]);
  if (state === listed && !batches.isLive()) return;
  listed = await batches.refresh() ? state : '';
}

const ask = poll(async () => {
  if (isLocked()) return; // it would only be refused again
  try {
    const status = await call('GET', '/v1/status');
    const time = Date.now() / 1000;
    history.add(status, time);
    regain();
    showState(status.status);
    showPlots(status, time);
    showFigures(status);
    workers.update(status.workers);
    await showBatches(status);
  } catch (problem) {
    if (problem.status === undefined) throw problem; // a mistake of ours
    if (problem.status === 401) lock();
    else lose();
  }
}, INTERVAL_MS);

offerForm();
onToken(() => {
  if (isLocked()) lock();
  ask();
});

addEventListener('pagehide', () => history.save());
