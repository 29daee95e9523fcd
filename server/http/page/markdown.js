// markdown - as much of it as the contract is written in: paragraphs, headings, lists, tables, fenced code, and within a
// line `code`, *emphasis* and **strong**. It makes elements, never markup.
import {el} from './dom.js';

// The text of one line or paragraph.
export function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)/).map((part) => {
    if (/^`.+`$/s.test(part)) return el('code', null, part.slice(1, -1));
    if (/^\*\*.+\*\*$/s.test(part)) return el('strong', null, part.slice(2, -2));
    if (/^\*.+\*$/s.test(part)) return el('em', null, part.slice(1, -1));
    return part;
  });
}

const cells = (line) => line.trim().replace(/^\||\|$/g, '').split(/(?<!\\)\|/).map((cell) => cell.trim());

function table(lines) {
  const [head, , ...rows] = lines.map(cells);
  return el('div', {class: 'wide', tabindex: 0, role: 'region', 'aria-label': `Table: ${head.join(', ').replaceAll('`', '')}`},
    el('table', null, el('thead', null, el('tr', null, head.map((cell) => el('th', {scope: 'col'}, inline(cell))))),
      el('tbody', null, rows.map((row) => el('tr', null, row.map((cell) => el('td', null, inline(cell))))))));
}

// Each item begins with "- "; the lines between belong to the one before.
function list(lines) {
  const items = [];
  for (const line of lines) {
    if (line.startsWith('- ')) items.push(line.slice(2));
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  return el('ul', null, items.map((item) => el('li', null, inline(item))));
}

const fence = (lines) => el('pre', {tabindex: 0}, el('code', null, lines.slice(1, -1).join('\n')));

function block(lines) {
  if (lines[0].startsWith('```')) return fence(lines);
  if (lines[0].startsWith('#')) return el('h3', null, inline(lines.join(' ').replace(/^#+ /, '')));
  if (lines[0].startsWith('|')) return table(lines);
  if (lines[0].startsWith('- ')) return list(lines);
  return el('p', null, inline(lines.join('\n')));
}

// The blocks of a text, as elements.
export function markdown(text) {
  const blocks = [];
  let lines = [];
  let fenced = false;
  const end = () => {
    if (lines.length) blocks.push(block(lines));
    lines = [];
  };
  for (const line of (text ?? '').split('\n')) {
    if (!fenced && line.trim() === '') {
      end();
      continue;
    }
    lines.push(line);
    if (line.startsWith('```')) {
      fenced = !fenced;
      if (!fenced) end();
    }
  }
  end();
  return blocks;
}
