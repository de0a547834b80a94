// The figures, the chart and the sweeps, anew every other second while the page is visible.
import { Away } from './api.js';
import { describe, draw } from './chart.js';
import { bytes, count, duration, milliseconds, percent, time } from './format.js';

const period = 2000;
const slow = 4000;
const element = (id) => document.getElementById(id);

export async function start(session) {
  await refresh(session);
  if (!session.isOver) setTimeout(() => start(session), document.hidden ? period * 5 : period);
}

export async function refresh(session) {
  const late = setTimeout(() => connection('The service is slow to answer. Waiting …', true), slow);
  await look(session).finally(() => clearTimeout(late));
}

async function look(session) {
  const health = await session.health().catch(() => null);
  if (session.isOver) return;
  showHealth(health);
  try {
    show(await session.call('GET', '/admin/cache/live'));
    connection('Live');
  } catch (error) {
    if (!session.isOver) connection(`${error instanceof Away ? error.message : 'The figures could not be read.'} Trying again …`, true);
  }
}

function connection(text, away = false) {
  const status = element('connection');
  if (status.textContent !== text) status.textContent = text;
  status.classList.toggle('away', away);
}

function showHealth(health) {
  const status = health?.status ?? '';
  element('health').textContent = status ? status[0].toUpperCase() + status.slice(1) : '–';
  element('health').className = `state ${status}`;
  const { database, redis, solid_cache: cache } = health?.services ?? {};
  const ill = [[database?.healthy === false, 'the database'], [redis?.status === 'unhealthy', 'Redis'], [cache && cache.status !== 'healthy', 'the cache']];
  const names = ill.filter(([isIll]) => isIll).map(([, name]) => name).join(', ');
  const detail = names && `Not healthy: ${names}. The log says why.`;
  if (element('health-detail').textContent !== detail) element('health-detail').textContent = detail;
}

function show(live) {
  element('table').textContent = live.table;
  const about = live.is_estimate ? '≈ ' : '';
  element('entries').textContent = about + count(live.total_entries);
  element('expired').textContent = about + count(live.expired_entries);
  element('size').textContent = bytes(live.total_size_bytes);
  element('live-size').textContent = about + bytes(live.live_bytes);
  element('hit-ratio').textContent = percent(live.hit_ratio);
  element('estimate').hidden = !live.is_estimate;

  const last = live.seconds.at(-1);
  element('activity-now').textContent = last ? count(last.hits + last.misses + last.writes) : '–';
  const top = draw(element('chart'), live.seconds);
  element('chart-top').textContent = count(top);
  element('chart-middle').textContent = count(top / 2);
  element('chart-text').textContent = describe(live.seconds);

  element('last-sweep').textContent = live.last_sweep_age_seconds === null
    ? `No sweep of ${live.table} has ended yet.`
    : `The last sweep of ${live.table}, by whichever instance, ended ${duration(live.last_sweep_age_seconds)} ago.`;
  if (live.sweeps.length > 0) element('sweeps').replaceChildren(...live.sweeps.map(row));
}

function row(sweep) {
  const line = document.createElement('tr');
  for (const text of [time(sweep.finished_at), count(sweep.deleted_count), milliseconds(sweep.milliseconds)]) {
    line.insertCell().textContent = text;
  }
  return line;
}
