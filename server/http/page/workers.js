// workers - the table of worker processes.
import {el, mark, setText} from './dom.js';
import {span, whole} from './format.js';

const COLUMNS = ['Worker', 'State', 'Current block', 'Blocks', 'Numbers', 'Restarts', 'Process'];

export class Workers {
  constructor(element) {
    this.element = element;
    this.body = el('tbody');
    this.table = el('table', null, el('caption', {class: 'unseen'}, 'Worker processes'),
      el('thead', null, el('tr', null, COLUMNS.map((name, i) =>
        el('th', {scope: 'col', class: i === 0 || i === 1 ? null : 'number'}, name)))), this.body);
    this.rows = new Map(); // by the worker's number
  }

  update(workers) {
    if (workers.length === 0) {
      this.element.replaceChildren(el('p', {class: 'empty'}, 'No worker is running. The supervisor starts one in a moment.'));
      return;
    }
    if (this.table.parentNode !== this.element) this.element.replaceChildren(this.table);
    const rows = workers.map((worker) => this.row(worker));
    if (rows.length !== this.body.children.length || rows.some((row, i) => row !== this.body.children[i]))
      this.body.replaceChildren(...rows);
    const numbers = new Set(workers.map((worker) => worker.worker));
    for (const number of this.rows.keys()) if (!numbers.has(number)) this.rows.delete(number);
  }

  row(worker) {
    let row = this.rows.get(worker.worker);
    if (!row) {
      row = el('tr', null, el('th', {scope: 'row'}, String(worker.worker)), el('td'),
        [2, 3, 4, 5, 6].map(() => el('td', {class: 'number'})));
      this.rows.set(worker.worker, row);
    }
    const [, state, age, blocks, numbers, restarts, pid] = row.children;
    if (row.dataset.state !== worker.state) {
      row.dataset.state = worker.state;
      state.replaceChildren(el('span', {class: 'badge', 'data-state': worker.state}, mark(worker.state), worker.state));
    }
    setText(age, worker.block_age_seconds == null ? '–' : span(worker.block_age_seconds));
    setText(blocks, whole(worker.blocks));
    setText(numbers, whole(worker.numbers));
    setText(restarts, whole(worker.restarts));
    setText(pid, String(worker.pid));
    return row;
  }
}
