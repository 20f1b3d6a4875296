// The ledger: every target of one's areas, whose turn it is, and what is overdue.
import { get, latest } from './api.js';
import { $, el } from './dom.js';
import { count, dateTime, kindTitle, placeName, score, span } from './format.js';
import { t, word } from './i18n.js';
import { kinds } from './palette.js';
import { failed, fine, follow, startShell } from './shell.js';

const PHASES = ['', 'review', 'send', 'sent', 'verify', 'done', 'overdue'];
const SORTS = { score: 'ledger.byScore', since: 'ledger.bySince', deadline: 'ledger.byDeadline' };
const PAGE = 200, MOST = 20000; // rows at first, and the most that one answer holds

const ui = { phase: '', kind: '', area: '', q: '', sort: 'score', limit: PAGE, doc: null, areas: [] };
for (const [k, v] of new URLSearchParams(location.hash.slice(1))) if (typeof ui[k] === 'string') ui[k] = v;

const filters = () => new URLSearchParams(['phase', 'kind', 'area', 'q', 'sort'].filter((k) => ui[k] && (k !== 'sort' || ui.sort !== 'score')).map((k) => [k, ui[k]]));

const ask = latest((signal) => get(`/api/ledger?${filters()}&limit=${ui.limit}`, signal));

async function load() {
  try {
    const doc = await ask();
    if (!doc) return;
    ui.doc = doc;
    fine();
    draw();
  } catch (err) {
    failed(err);
  }
}

function draw() {
  if (!ui.doc) return;
  const total = Object.entries(ui.doc.phases).reduce((n, [name, k]) => (name === 'overdue' ? n : n + k), 0);
  $('phases').replaceChildren(...PHASES.map((name) => {
    const n = name ? ui.doc.phases[name] ?? 0 : total;
    return el('button', { type: 'button', 'data-name': name || 'all', 'aria-pressed': String(ui.phase === name), onclick: () => set('phase', name) },
      el('b', { class: n ? 'num some' : 'num' }, count(n)), el('span', {}, word('phase', name || 'all')));
  }));
  options('kind', [['', t('ledger.allKinds')], ...Object.keys(kinds).filter((k) => ['bare-soil', 'sand-pile', 'emission', 'water'].includes(k)).map((k) => [k, word('kind', k)])]);
  options('area', [['', t('ledger.allAreas')], ...ui.areas]);
  options('sort', Object.entries(SORTS).map(([k, name]) => [k, t(name)]));
  $('count').textContent = t('ledger.count', { n: count(ui.doc.total) });
  $('csv').href = `/api/ledger?${filters()}&format=csv`;
  $('rows').replaceChildren(...ui.doc.rows.map(row));
  $('none').hidden = ui.doc.total > 0;
  const rest = ui.doc.total - ui.doc.rows.length;
  $('more').hidden = rest <= 0;
  $('more').textContent = t('ledger.more', { n: count(Math.min(rest, ui.limit)) });
}

function options(id, list) {
  const box = $(id);
  if (document.activeElement === box) return;
  box.replaceChildren(...list.map(([value, text]) => el('option', { value }, text)));
  box.value = ui[id];
}

function row(r) {
  const left = r.deadline ? (new Date(r.deadline) - new Date(ui.doc.at)) / 1000 : 0;
  const open = r.deadline && ['dispatched', 'accepted', 'inspected', 'rectifying'].includes(r.state);
  return el('tr', { '--mark': kinds[r.kind] ?? '#777777' },
    el('td', {}, el('span', { class: 'rank num' }, String(r.rank))),
    el('td', {}, el('a', { href: `/#${encodeURIComponent(r.id)}` }, kindTitle(r)), r.site_name ? el('small', {}, r.site_name) : null),
    el('td', {}, placeName(r), el('small', { class: 'num' }, r.grid_code)),
    el('td', {}, r.officer || r.officer_id || t('list.noOfficer'), r.unit ? el('small', {}, r.unit) : null),
    el('td', {}, word('state', r.state), el('small', { class: 'num' }, t('ledger.since', { when: dateTime(r.since) })), r.measure ? el('small', {}, r.measure) : null),
    el('td', {}, open ? el('span', { class: r.overdue ? 'late' : '' }, t(r.overdue ? 'ledger.late' : 'ledger.days', { span: span(left) })) : '', r.deadline ? el('small', { class: 'num' }, dateTime(r.deadline)) : null),
    el('td', { class: 'to-right num' }, score(r.score)));
}

function set(name, value) {
  ui[name] = value;
  ui.limit = PAGE;
  history.replaceState(null, '', `#${filters()}`);
  load();
}

async function start() {
  startShell(draw);
  $('search').value = ui.q;
  let timer = 0;
  $('search').addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(() => set('q', $('search').value.trim()), 200); });
  for (const id of ['kind', 'area', 'sort']) $(id).addEventListener('change', () => { const v = $(id).value; $(id).blur(); set(id, v); });
  $('more').addEventListener('click', () => { ui.limit = Math.min(MOST, 2 * ui.limit); load(); });
  try {
    ui.areas = (await get('/api/grid?level=2')).features.map((f) => [f.properties.code, f.properties.name]);
  } catch (err) {
    failed(err);
  }
  await load();
  follow(['candidates', 'grid'], load);
  document.body.dataset.ready = 'yes';
}

start();
