// format - figures as people read them.

const grouped = new Intl.NumberFormat('en', {maximumFractionDigits: 0});

// 1234567 -> "1,234,567"
export const whole = (value) => grouped.format(value);

// Three digits and a prefix: 1234567 -> "1.23 M"
export function short(value) {
  const steps = [[1e12, ' T'], [1e9, ' G'], [1e6, ' M'], [1e3, ' k']];
  for (const [size, suffix] of steps) {
    if (value >= size * 0.9995) return digits(value / size) + suffix;
  }
  return value > 0 && value < 10 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value));
}

function digits(value) {
  const text = value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

// A span of time: "1.1 µs", "12 ms", "3.4 s", "2 min 5 s", "3 h 12 min", "4 d 2 h"
export function span(seconds) {
  if (seconds === 0) return '0 s';
  if (seconds < 1e-6) return `${digits(seconds * 1e9)} ns`;
  if (seconds < 1e-3) return `${digits(seconds * 1e6)} µs`;
  if (seconds < 1) return `${digits(seconds * 1e3)} ms`;
  if (seconds < 60) return `${digits(seconds)} s`;
  const [size, big, small, rest] = seconds < 3600 ? [60, 'min', 's', 1]
    : seconds < 86400 ? [3600, 'h', 'min', 60] : [86400, 'd', 'h', 3600];
  const first = Math.floor(seconds / size);
  const second = Math.floor((seconds - first * size) / rest);
  return second ? `${first} ${big} ${second} ${small}` : `${first} ${big}`;
}

export function bytes(value) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  for (; value >= 1023.5 && unit < units.length - 1; unit++) value /= 1024;
  return `${digits(value)} ${units[unit]}`;
}

// How long ago an RFC 3339 time was, by this machine's clock.
export function ago(time) {
  const seconds = Math.max(0, (Date.now() - Date.parse(time)) / 1000);
  return seconds < 2 ? 'now' : `${span(Math.floor(seconds))} ago`;
}

// A long number shortened in its middle; it is a string and stays one.
export const shortened = (digits_, keep = 18) =>
  digits_.length <= 2 * keep + 1 ? digits_ : `${digits_.slice(0, keep)}…${digits_.slice(-keep)}`;
