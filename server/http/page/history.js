// history - the last ten minutes of /v1/status, as rates and quantiles.
//
// The service counts totals; what happened in between is their difference. A service that was started anew
// counts from zero again: then there is no difference to take.

export const SPAN_S = 600;
const GAP_S = 5; // no line is drawn across a longer time without an answer
const STORED = 'history';

// The q-quantile of a histogram whose bucket i holds `counts[i]` spans up to bounds[i] seconds, by linear
// interpolation within its bucket; null if it is empty. The last bucket has no bound: its lower one must do.
export function quantile(bounds, counts, q) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let rank = q * total;
  for (let i = 0; i < bounds.length; i++) {
    const low = i ? bounds[i - 1] : 0;
    if (counts[i] > 0 && rank <= counts[i]) return low + (bounds[i] - low) * (rank / counts[i]);
    rank -= counts[i];
  }
  return bounds[bounds.length - 1];
}

export class History {
  constructor() {
    this.samples = []; // {time (s), gap, throughput, queue, p50, p99}, oldest first
    this.last = null;
    this.lastTime = 0;
  }

  // Add a status that came at `time` (seconds); the sample made of it.
  add(status, time) {
    const {last} = this;
    const known = last && last.started_at === status.started_at;
    const elapsed = known ? status.uptime_seconds - last.uptime_seconds : 0;
    const sample = {time, gap: time - this.lastTime > GAP_S, queue: status.queue.numbers,
      throughput: null, p50: null, p99: null};
    if (elapsed > 0) {
      sample.throughput = (status.totals.numbers_done - last.totals.numbers_done) / elapsed;
      const {bounds_seconds: bounds, small_batches: now} = status.durations;
      const counts = now.map((count, i) => count - last.durations.small_batches[i]);
      sample.p50 = quantile(bounds, counts, 0.5);
      sample.p99 = quantile(bounds, counts, 0.99);
    }
    this.last = status;
    this.lastTime = time;
    this.samples.push(sample);
    while (this.samples[0].time < time - SPAN_S) this.samples.shift();
    return sample;
  }

  // Keep it while the page is loaded anew.
  save() {
    try {
      sessionStorage.setItem(STORED, JSON.stringify(this));
    } catch { /* then it begins anew */ }
  }

  static restore(time) {
    const history = new History();
    try {
      Object.assign(history, JSON.parse(sessionStorage.getItem(STORED)));
      history.samples = history.samples.filter((sample) => sample.time >= time - SPAN_S);
    } catch { /* nothing is stored, or it is damaged */ }
    return history;
  }
}
