// batches - the list of batches: filter, pages, progress, canceling and deleting.
import {announce, byId, el, mark, setText} from './dom.js';
import {call} from './api.js';
import {ago, short, span, whole} from './format.js';

const LIMIT = 12;
const COLUMNS = ['Batch', 'Status', 'Progress', 'Prime', 'Composite', 'No verdict', 'Time', 'Results', 'Actions'];
const FORMATS = [['json', 'JSON'], ['ndjson', 'NDJSON'], ['csv', 'CSV'], ['text', 'Text']];
const MARKS = {queued: 'pending', running: 'running', canceling: 'stopped', completed: 'done', canceled: 'stopped'};

export const hasEnded = (batch) => batch.status === 'completed' || batch.status === 'canceled';

// Ask in the dialog of the page; true if the answer is yes.
function confirm(title, text, yes) {
  const dialog = byId('confirm');
  byId('confirm-title').textContent = title;
  byId('confirm-text').textContent = text;
  byId('confirm-yes').textContent = yes;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), {once: true});
  });
}

export class Batches {
  constructor(element, onChange) {
    this.element = element;
    this.onChange = onChange;
    this.cursors = ['']; // where each page up to this one begins
    this.next = null;
    this.rows = new Map(); // by id
    this.body = el('tbody', {role: 'rowgroup'});
    // The roles are those the elements have anyway, and keep when a narrow screen lays them out as cards.
    this.table = el('table', {class: 'cards', role: 'table'}, el('caption', {class: 'unseen'}, 'Batches, newest first'),
      el('thead', {role: 'rowgroup'}, el('tr', {role: 'row'}, COLUMNS.map((name) =>
        el('th', {scope: 'col', role: 'columnheader'}, name)))), this.body);
    byId('status').addEventListener('change', () => this.turn(['']));
    byId('older').addEventListener('click', () => this.turn([...this.cursors, this.next]));
    byId('newer').addEventListener('click', () => this.turn(this.cursors.slice(0, -1)));
  }

  turn(cursors) {
    this.cursors = cursors;
    setText(byId('page'), `Page ${cursors.length}`);
    this.refresh();
  }

  // Ask for the page that is shown. False if there was no answer.
  async refresh() {
    const asked = this.asked = {};
    const query = new URLSearchParams({limit: LIMIT});
    if (byId('status').value) query.set('status', byId('status').value);
    if (this.cursors.at(-1)) query.set('after', this.cursors.at(-1));
    try {
      const page = await call('GET', `/v1/batches?${query}`);
      if (this.asked === asked) this.show(page); // else another page is wanted by now
      return true;
    } catch {
      return false; // the header says so
    }
  }

  // Is there something on this page that will change by itself?
  isLive() { return this.shown?.some((batch) => !hasEnded(batch)) ?? true; }

  show({batches, next}) {
    this.shown = batches;
    this.next = next && new URLSearchParams(next.split('?')[1]).get('after');
    byId('newer').disabled = this.cursors.length === 1;
    byId('older').disabled = !this.next;
    if (batches.length === 0) {
      const filter = byId('status').value;
      this.element.replaceChildren(el('p', {class: 'empty'}, filter ? `No batch is ${filter}.`
        : this.cursors.length > 1 ? 'No batches are older.' : 'No batches yet. The form above makes one, and so does ',
      filter || this.cursors.length > 1 ? null : el('code', null, `seq 1 100 | curl --data-binary @- ${location.origin}/v1/batches`)));
      return;
    }
    if (this.table.parentNode !== this.element) this.element.replaceChildren(this.table);
    const rows = batches.map((batch) => this.row(batch));
    // Rows that stay are left where they are, so that the focus in them stays as well.
    for (const row of [...this.body.children]) if (!rows.includes(row)) row.remove();
    rows.forEach((row, i) => { if (this.body.children[i] !== row) this.body.insertBefore(row, this.body.children[i] ?? null); });
    for (const id of this.rows.keys()) if (!batches.some((batch) => batch.id === id)) this.rows.delete(id);
  }

  row(batch) {
    let row = this.rows.get(batch.id);
    if (!row) {
      row = this.newRow(batch);
      this.rows.set(batch.id, row);
    }
    const {parts} = row;
    const {counts} = batch;
    if (row.dataset.state !== batch.status) {
      row.dataset.state = batch.status;
      parts.status.replaceChildren(el('span', {class: 'badge', 'data-state': batch.status},
        mark(MARKS[batch.status]), batch.status));
      parts.progress.hidden = hasEnded(batch);
      parts.cancel.hidden = hasEnded(batch);
      parts.cancel.disabled = batch.status === 'canceling';
    }
    setText(parts.created, ago(batch.created_at));
    parts.progress.value = batch.progress;
    const done = counts.total - counts.pending;
    setText(parts.done, batch.status === 'completed' ? `${whole(counts.total)} numbers`
      : batch.status === 'canceled' ? `${whole(done - counts.canceled)} of ${whole(counts.total)} numbers` : `${(batch.progress * 100).toFixed(1)} %, ${short(done)} of ${short(counts.total)}`);
    setText(parts.prime, whole(counts.prime));
    setText(parts.composite, whole(counts.composite));
    setText(parts.none, whole(counts.failed + counts.canceled));
    const left = batch.eta_seconds == null || hasEnded(batch) ? '' : `, ${span(batch.eta_seconds)} to go`;
    setText(parts.time, span(batch.elapsed_seconds) + left);
    return row;
  }

  newRow(batch) {
    const name = batch.id.slice(-6);
    const parts = {
      created: el('span', {class: 'sub'}),
      status: el('td', {role: 'cell', 'data-label': 'Status'}),
      progress: el('progress', {max: 1, 'aria-label': `Progress of batch ${name}`}),
      done: el('span', {class: 'sub'}),
      cancel: el('button', {type: 'button', class: 'small', 'aria-label': `Cancel batch ${name}`,
        onclick: () => this.cancel(batch.id, name)}, 'Cancel'),
    };
    for (const column of ['prime', 'composite', 'none', 'time']) parts[column] = el('td', {role: 'cell',
      class: 'number', 'data-label': {prime: 'Prime', composite: 'Composite', none: 'No verdict', time: 'Time'}[column]});
    const links = FORMATS.map(([format, label]) => el('a', {href: `${batch.links.results}?format=${format}`,
      'aria-label': `${label}, results of batch ${name}`}, label));
    const row = el('tr', {role: 'row'},
      el('th', {scope: 'row', role: 'rowheader', 'data-label': 'Batch'},
        el('a', {href: batch.links.self, class: 'id', title: batch.id, 'aria-label': `Batch ${name}`}, name),
        batch.priority === 5 ? null : el('span', {class: 'sub'}, ` priority ${batch.priority},`), ' ', parts.created),
      parts.status,
      el('td', {role: 'cell', class: 'progress', 'data-label': 'Progress'}, parts.progress, parts.done),
      parts.prime, parts.composite, parts.none, parts.time,
      el('td', {role: 'cell', class: 'links', 'data-label': 'Results'}, links),
      el('td', {role: 'cell', class: 'buttons', 'data-label': 'Actions'}, parts.cancel,
        el('button', {type: 'button', class: 'small', 'aria-label': `Delete batch ${name}`,
          onclick: () => this.delete(batch.id, name)}, 'Delete')));
    row.parts = parts;
    return row;
  }

  async cancel(id, name) {
    if (await confirm(`Cancel batch ${name}?`, 'Its numbers that have a verdict keep it; the others get none.', 'Cancel the batch'))
      await this.act('POST', `/v1/batches/${id}/cancel`, `Batch ${name} is being canceled.`);
  }

  async delete(id, name) {
    if (!await confirm(`Delete batch ${name}?`, 'It is canceled if need be, and forgotten with all its verdicts.', 'Delete the batch')) return;
    await this.act('DELETE', `/v1/batches/${id}`, `Batch ${name} is deleted.`);
    byId('status').focus(); // the button that had the focus is gone
  }

  async act(method, path, done) {
    try {
      await call(method, path);
      announce(done);
    } catch (problem) {
      announce(`That failed: ${problem.message}.`);
    }
    await this.refresh();
    this.onChange();
  }
}
