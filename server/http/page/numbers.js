// numbers - the form: text to a batch, and its verdicts as they come. Integers are strings throughout: JavaScript's
// numbers would round them.
import {byId, el, mark} from './dom.js';
import {call, events, Problem} from './api.js';
import {hasEnded} from './batches.js';
import {shortened, span, whole} from './format.js';

const RETRY_MS = 2000;
const SHOWN = 500; // verdicts; the rest is a link away
const EXAMPLE = ['2', '91', '18446744073709551557', '170141183460469231731687303715884105727', '-7', '1000000007'];

// The words of a text and where each is in it.
export const split = (text) => [...text.matchAll(/[^\s,;]+/g)].map((match) => ({text: match[0], at: match.index}));

// Which word a JSON pointer of a problem means, or -1.
export function wordOf(pointer) {
  const match = /^#\/numbers\/(\d+)$/.exec(pointer ?? '');
  return match ? parseInt(match[1], 10) : -1;
}

function verdictOf({prime, error}) {
  if (prime == null) return ['failed', error === 'timeout' ? 'timed out' : error];
  if (prime) return ['done', 'prime'];
  return ['idle', 'not prime'];
}

export class Numbers {
  constructor(onChange) {
    this.onChange = onChange;
    this.field = byId('numbers');
    this.error = byId('numbers-error');
    this.out = byId('verdicts');
    this.button = byId('try').querySelector('[type=submit]');
    byId('try').addEventListener('submit', (event) => {
      event.preventDefault();
      this.submit();
    });
    this.field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) byId('try').requestSubmit();
    });
    this.field.addEventListener('input', () => this.complain(null));
    byId('example').addEventListener('click', () => {
      this.field.value = EXAMPLE.join('\n');
      this.complain(null);
      this.field.focus();
    });
  }

  complain(text) {
    this.error.hidden = !text;
    this.error.textContent = text ?? '';
    if (text) this.field.setAttribute('aria-invalid', 'true');
    else this.field.removeAttribute('aria-invalid');
  }

  // Say what is wrong beside the field, and select the word it is about.
  refuse(problem, words) {
    const lines = problem.errors.map(({pointer, detail}) => {
      const word = words[wordOf(pointer)];
      return word ? `Number ${wordOf(pointer) + 1}: ${detail}` : detail;
    });
    const text = lines.length ? lines.join('. ') : problem.message;
    this.complain(`${text[0].toUpperCase()}${text.slice(1)}.`);
    const first = problem.errors.map(({pointer}) => words[wordOf(pointer)]).find(Boolean);
    this.field.focus();
    if (first) this.field.setSelectionRange(first.at, first.at + first.text.length);
  }

  async submit() {
    const words = split(this.field.value);
    this.complain(null);
    if (words.length === 0) {
      this.refuse(new Problem(0, {detail: 'there is no number yet'}), words);
      return;
    }
    this.stop();
    this.button.disabled = true;
    try {
      const batch = await call('POST', '/v1/batches', {
        numbers: words.map((word) => word.text), priority: byId('priority').selectedIndex});
      this.follow(batch);
      this.onChange();
    } catch (problem) {
      this.refuse(problem, words);
    } finally {
      this.button.disabled = false;
    }
  }

  // Follow no batch any more.
  stop() {
    this.watching?.abort();
    this.batch = null;
  }

  follow(batch) {
    this.batch = batch;
    this.next = `${batch.links.results}?limit=100`;
    this.count = 0;
    this.body = el('tbody');
    this.summary = el('p', {class: 'summary', 'aria-live': 'polite'}, 'Testing');
    this.out.replaceChildren(this.summary, el('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Verdicts'},
      el('table', {class: 'verdicts'}, el('caption', {class: 'unseen'}, 'Verdicts in the order of the input'),
        el('thead', null, el('tr', null, el('th', {scope: 'col'}, 'Number'), el('th', {scope: 'col'}, 'Verdict'),
          el('th', {scope: 'col', class: 'number'}, 'Time'))),
        this.body)));
    this.watching = new AbortController();
    this.watch(batch, this.watching.signal);
  }

  // Hear of the progress of a batch until its end, also where the connection breaks meanwhile.
  async watch(batch, signal) {
    for (let now = batch; ;) {
      try {
        for await (now of events(`${batch.links.self}/events`, signal)) this.take(batch, now);
        if (hasEnded(now)) return;
      } catch (problem) {
        if (signal.aborted) return;
        if (problem.status) {
          this.summary.textContent = problem.status === 410 ? 'The batch was deleted.' : 'The progress could not be read.';
          return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  // The batch has got on: read the verdicts there are. One reading at a time, and one more if news came meanwhile.
  async take(followed, news) {
    this.news = news;
    if (this.reading) return;
    this.reading = true;
    try {
      while (this.news && this.batch === followed) {
        const batch = this.news;
        this.news = null;
        await this.read(followed, batch);
      }
    } catch {
      this.summary.textContent = 'The verdicts could not be read.';
    } finally {
      this.reading = false;
    }
  }

  async read(followed, batch) {
    while (this.next && this.count < SHOWN) {
      const page = await call('GET', this.next);
      if (this.batch !== followed) return;
      for (const item of page.results) this.add(item);
      this.next = page.next;
      if (page.results.length === 0 || !page.next) break;
    }
    this.conclude(batch);
  }

  add(item) {
    this.count++;
    if (this.count > SHOWN) return;
    const [icon, text] = verdictOf(item);
    const long = item.n.length > 37 ? `${item.n.length} digits` : null;
    this.body.append(el('tr', null,
      el('th', {scope: 'row', class: 'digits', title: long}, shortened(item.n)),
      el('td', null, el('span', {class: 'badge', 'data-verdict': icon}, mark(icon), text),
        el('span', {class: 'sub'}, item.certainty ? `, ${item.certainty}` : '')),
      el('td', {class: 'number'}, item.elapsed == null ? '–' : span(item.elapsed))));
  }

  conclude(batch) {
    const {counts} = batch;
    const none = counts.failed + counts.canceled;
    const found = `${whole(counts.prime)} prime, ${whole(counts.composite)} not prime${none ? `, ${whole(none)} without a verdict` : ''}`;
    const rest = counts.total > SHOWN ? ` The first ${SHOWN} are shown.` : '';
    const text = hasEnded(batch) ? `${found}, in ${span(batch.elapsed_seconds)}.${rest} `
      : `${whole(counts.total - counts.pending)} of ${whole(counts.total)} done: ${found}. `;
    this.summary.replaceChildren(text, el('a', {href: `${batch.links.results}?format=csv`}, 'All as CSV'));
  }
}
