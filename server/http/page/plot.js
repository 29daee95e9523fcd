// plot - a figure that changes: its value now, and a line of its last minutes that can be read off by pointer and by
// arrow keys.
import {el, setText, svg} from './dom.js';
import {SPAN_S} from './history.js';
import {span} from './format.js';

const [HEIGHT, TOP, BOTTOM] = [120, 8, 20];
const SPAN_LEAST_S = 60;

// A round number at or above the value: 1, 2 or 5 times a power of ten.
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((round) => round >= value * 0.999);
}

export class Plot {
  // title; lines: [{key, name, shown}], keys of a sample; format of a value; least: the smallest top of the scale
  constructor({title, unit, lines, format, least}) {
    Object.assign(this, {title, lines, format, least, samples: [], now: 0, width: 0, pointed: null});
    this.value = el('p', {class: 'value'}, '–');
    this.sub = el('p', {class: 'sub'}, unit);
    this.paths = lines.map((_, i) => svg('path', {class: `line line-${i}`}));
    this.area = svg('path', {class: 'area'});
    this.grid = svg('g', {class: 'grid'});
    this.cursor = svg('g', {class: 'cursor'});
    this.svg = svg('svg', {class: 'plot', height: HEIGHT, role: 'img', tabindex: 0},
      this.grid, this.area, ...this.paths, this.cursor);
    this.readout = el('p', {class: 'readout', 'aria-live': 'off'});
    this.element = el('figure', {class: 'card'},
      el('figcaption', null, el('h3', null, title), this.legend()), this.value, this.sub,
      el('div', {class: 'drawing'}, this.svg, this.readout));
    this.listen();
  }

  legend() {
    if (this.lines.length < 2) return null;
    return el('span', {class: 'legend'}, this.lines.map(({name}, i) =>
      el('span', {class: `key key-${i}`}, name)));
  }

  listen() {
    this.svg.addEventListener('pointermove', (event) => {
      const x = event.clientX - this.svg.getBoundingClientRect().left;
      this.point(this.nearest(this.now - this.span + (x / this.width) * this.span), false);
    });
    for (const name of ['pointerleave', 'blur']) this.svg.addEventListener(name, () => this.point(null, false));
    this.svg.addEventListener('keydown', (event) => {
      const steps = {ArrowLeft: -1, ArrowRight: 1, PageUp: -60, PageDown: 60, Home: -Infinity, End: Infinity};
      const {samples} = this;
      if (event.key === 'Escape') this.point(null, true);
      if (!(event.key in steps) || samples.length === 0) return;
      event.preventDefault();
      const from = this.pointed ? samples.indexOf(this.pointed) : samples.length;
      this.point(samples[Math.min(Math.max(from + steps[event.key], 0), samples.length - 1)], true);
    });
    new ResizeObserver(([entry]) => {
      this.width = entry.contentRect.width;
      this.draw();
    }).observe(this.svg);
  }

  nearest(time) {
    return this.samples.reduce((best, sample) =>
      !best || Math.abs(sample.time - time) < Math.abs(best.time - time) ? sample : best, null);
  }

  // Show one sample; keys speak, the pointer does not.
  point(sample, speak) {
    this.pointed = sample;
    this.readout.setAttribute('aria-live', speak ? 'polite' : 'off');
    this.drawCursor();
  }

  update(samples, now, value, sub) {
    Object.assign(this, {samples, now});
    setText(this.value, value);
    setText(this.sub, sub);
    this.draw();
  }

  // What is drawn: as much as there is, at least a minute and at most all that is kept.
  get span() {
    const kept = this.now - (this.samples[0]?.time ?? this.now);
    return Math.min(SPAN_S, Math.max(SPAN_LEAST_S, Math.ceil(kept / 30) * 30));
  }

  x(time) { return this.width - ((this.now - time) / this.span) * this.width; }
  y(value) { return HEIGHT - BOTTOM - (value / this.top) * (HEIGHT - TOP - BOTTOM); }

  // The pieces of a line: a new one begins after a gap, and where there was no value.
  pieces(key) {
    const pieces = [];
    let piece = null;
    for (const sample of this.samples) {
      if (sample[key] == null || sample.gap) piece = null;
      if (sample[key] == null) continue;
      if (!piece) pieces.push(piece = []);
      piece.push([this.x(sample.time), this.y(sample[key])]);
    }
    return pieces;
  }

  draw() {
    if (this.width === 0) return;
    const keys = this.lines.map((line) => line.key);
    const highest = Math.max(this.least, ...this.samples.flatMap((sample) => keys.map((key) => sample[key] ?? 0)));
    this.top = roundUp(highest);
    this.svg.setAttribute('viewBox', `0 0 ${this.width} ${HEIGHT}`);
    const text = (points) => points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L');
    this.lines.forEach(({key}, i) => {
      const pieces = this.pieces(key);
      // A point alone is drawn as a dot, by a line to itself with round ends.
      this.paths[i].setAttribute('d', pieces.map((piece) => `M${text(piece)}${piece.length > 1 ? '' : 'h0'}`).join(''));
      if (i > 0) return;
      const floor = this.y(0);
      this.area.setAttribute('d', pieces.map((piece) =>
        `M${piece[0][0].toFixed(1)} ${floor}L${text(piece)}L${piece.at(-1)[0].toFixed(1)} ${floor}Z`).join(''));
    });
    this.drawGrid();
    this.drawCursor();
    this.svg.setAttribute('aria-label', this.describe());
  }

  drawGrid() {
    const {width} = this;
    const parts = [0, this.top / 2, this.top].map((value) => [
      svg('line', {x1: 0, x2: width, y1: this.y(value), y2: this.y(value)}),
      value ? svg('text', {x: 0, y: this.y(value) + 11}, this.format(value)) : null]);
    const times = [[0, 'start', `${span(this.span)} ago`], [width / 2, 'middle', span(this.span / 2)], [width, 'end', 'now']].map(
      ([x, anchor, label]) => svg('text', {x, y: HEIGHT - 5, 'text-anchor': anchor}, label));
    this.grid.replaceChildren(...parts.flat().filter(Boolean), ...times);
  }

  drawCursor() {
    const sample = this.pointed;
    if (!sample || !this.samples.includes(sample)) {
      this.cursor.replaceChildren();
      setText(this.readout, '');
      return;
    }
    const x = this.x(sample.time);
    const dots = this.lines.filter(({key}) => sample[key] != null).map(({key}) =>
      svg('circle', {cx: x, cy: this.y(sample[key]), r: 3.5}));
    this.cursor.replaceChildren(svg('line', {x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM}), ...dots);
    const values = this.lines.map(({key, name}) =>
      `${this.lines.length > 1 ? `${name} ` : ''}${sample[key] == null ? 'none' : this.format(sample[key])}`);
    setText(this.readout, `${values.join(', ')}, ${span(Math.round(this.now - sample.time))} ago`);
  }

  // The plot in words.
  describe() {
    const parts = this.lines.map(({key, name}) => {
      const values = this.samples.map((sample) => sample[key]).filter((value) => value != null);
      const label = this.lines.length > 1 ? `${name}: ` : '';
      return values.length ? `${label}from ${this.format(Math.min(...values))} to ${this.format(Math.max(...values))}`
        : `${label}nothing yet`;
    });
    return `${this.title} over the last ${span(this.span)}, ${parts.join('; ')}. Arrow keys read single values.`;
  }
}
