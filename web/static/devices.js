// The device doctor: which devices are ill, of what, and since when. The server puts the worst first.
import { get } from './api.js';
import { clock, ailing, sentence } from './ailments.js';
import { $, el } from './dom.js';
import { count, dateTime, span } from './format.js';
import { language, t, word } from './i18n.js';
import { failed, fine, follow, startShell } from './shell.js';

const LATE_S = 900; // the shortest silence that the doctor notes; below it a device may just be slow
const STALE_MS = 5 * 60e3; // of the listener itself
const GRADES = ['well', 'form', 'doubt', 'lost'];
export const marks = { well: 'var(--ok)', form: '#6d8794', doubt: 'var(--warn)', lost: 'var(--bad)' };
const KINDS = ['air-standard', 'air-micro', 'dust', 'stack', 'river', 'weather'];

const ui = { doc: null, show: '', ailment: '', kind: '', text: '', sort: 'worst', down: false };
const rows = new Map(); // by number and station, the nodes that are kept between readings

// ---- what is shown

const SORTS = {
  name: (a, b) => (a.name ?? '').localeCompare(b.name ?? '', language()) || a.mn.localeCompare(b.mn),
  town: (a, b) => (a.town ?? '').localeCompare(b.town ?? '') || SORTS.name(a, b),
  last: (a, b) => (a.last_utc ?? '').localeCompare(b.last_utc ?? ''),
  frames: (a, b) => a.frames - b.frames,
  skew: (a, b) => Math.abs(a.skew_s) - Math.abs(b.skew_s),
};

const searched = (d) => [d.name, d.mn, d.station_id, d.address, d.town, ...(d.place ?? [])].filter(Boolean).join('\n').toLowerCase();

function matches(d) {
  const grade = GRADES[d.grade];
  return (!ui.show || (ui.show === 'ill' ? d.grade > 0 : ui.show === grade))
    && (!ui.ailment || d.findings.some((f) => f.ailment === ui.ailment))
    && (!ui.kind || d.kind === ui.kind)
    && (!ui.text || searched(d).includes(ui.text));
}

function draw() {
  if (!ui.doc) return;
  const all = ui.doc.devices, own = all.filter((d) => d.registered);
  const strangers = all.filter((d) => !d.registered && (!ui.text || searched(d).includes(ui.text)));
  const list = own.filter(matches);
  if (ui.sort !== 'worst') list.sort((a, b) => (ui.down ? -1 : 1) * SORTS[ui.sort](a, b));
  const keep = new Set();
  const nodes = (of) => of.map((d) => {
    const key = `${d.registered} ${d.station_id ?? ''} ${d.mn}`;
    keep.add(key);
    return row(key, d);
  });
  place($('rows'), nodes(list));
  place($('stranger-rows'), nodes(strangers));
  for (const d of own) keep.add(`true ${d.station_id ?? ''} ${d.mn}`);
  for (const key of rows.keys()) if (!keep.has(key)) rows.delete(key);
  $('strangers').hidden = !strangers.length;
  $('none').hidden = list.length > 0;
  $('none').textContent = t(own.length ? 'devices.noMatch' : 'devices.none');
  drawTiles(own, all.length - own.length);
  drawAilments(own);
  drawHeads();
  drawTime();
}

// place puts nodes into a box and leaves it alone where they are there already, so that nothing jumps under a reader.
function place(box, nodes) {
  if (nodes.length !== box.children.length || nodes.some((n, i) => box.children[i] !== n)) box.replaceChildren(...nodes);
}

// ---- a row

function row(key, d) {
  let r = rows.get(key);
  if (!r) {
    r = { node: el('div', { class: 'device', role: 'row' }), of: '' };
    rows.set(key, r);
  }
  const now = JSON.stringify([language(), ui.doc.at, d]);
  if (r.of === now) return r.node;
  r.of = now;
  r.node.style.setProperty('--mark', d.grade ? marks[GRADES[d.grade]] : 'transparent');
  r.node.replaceChildren(...(d.registered ? registered(d) : stranger(d)).map((c) => { c.setAttribute('role', 'cell'); return c; }));
  return r.node;
}

const registered = (d) => [
  el('div', { class: 'who' }, el('b', {}, d.name || d.station_id), el('span', { class: 'kind' }, word('station', d.kind)), el('small', {}, el('code', {}, d.mn), d.name ? ` · ${d.station_id}` : '')),
  el('div', { class: 'town' }, d.place?.[1] ?? '—', el('small', {}, ` ${d.place?.[0] ?? ''}`)),
  heard(d),
  el('div', { class: 'num to-right' }, el('span', { class: 'labels' }, `${t('devices.frames')} `), count(d.frames)),
  skew(d),
  findings(d),
];

const stranger = (d) => [
  el('div', { class: 'who' }, el('code', {}, d.mn)),
  el('div', { class: 'town num' }, d.address || '—'),
  heard(d),
  findings(d),
];

function heard(d) {
  if (!d.last_utc) return el('div', { class: `heard${d.registered && ui.doc.at ? ' never' : ' late'}` }, t('devices.never'));
  const age = Math.max(0, (Date.parse(ui.doc.at) - Date.parse(d.last_utc)) / 1000);
  const lost = d.findings.some((f) => f.ailment === 'silent');
  return el('div', { class: `heard num${lost ? ' lost' : age > LATE_S ? ' late' : ''}`, title: `${dateTime(d.last_utc)} ${t('time.zone')}` }, t('devices.ago', { span: span(age) }));
}

function skew(d) {
  const off = d.findings.some((f) => f.ailment === 'clock-skew');
  return el('div', { class: 'num to-right' }, el('span', { class: 'labels' }, `${t('devices.skew')} `), el('span', { class: off ? 'off' : '' }, d.frames ? clock(d.skew_s) : '—'));
}

function findings(d) {
  if (!d.findings.length) return el('div', { class: 'findings' }, el('span', { class: 'well' }, t(d.last_utc ? 'devices.nothing' : 'devices.unheard')));
  return el('div', { class: 'findings' }, el('ul', {}, d.findings.map((f) => el('li', { '--mark': marks[GRADES[f.grade]] },
    el('i', {}, ailing(f.ailment, d.registered)), el('span', { title: f.text }, sentence(f, ui.doc.at, d.registered)),
    f.since_utc ? el('small', { class: 'num' }, t('devices.since', { time: dateTime(f.since_utc) })) : null))));
}

// ---- counts and filters

function button(pressed, set, ...rest) {
  return el('button', { type: 'button', 'aria-pressed': String(pressed), onclick: () => { set(); remember(); draw(); }, ...rest[0] }, ...rest.slice(1));
}

// again draws a group of buttons and leaves the keyboard where it was.
function again(box, buttons) {
  const held = box.contains(document.activeElement) ? document.activeElement.dataset.name : undefined;
  box.replaceChildren(...buttons);
  if (held !== undefined) box.querySelector(`[data-name="${held}"]`)?.focus();
}

function drawTiles(own, strangers) {
  const n = GRADES.map((_, g) => own.filter((d) => d.grade === g).length);
  const tile = (show, many, label, note, mark) => button(ui.show === show, () => { ui.show = ui.show === show ? '' : show; }, { 'data-name': show, '--mark': mark },
    el('b', { class: 'num' }, count(many)), el('span', {}, label), el('small', {}, note));
  again($('tiles'), [
    tile('', own.length, t('devices.all'), t('devices.andStrangers', { n: count(strangers) }), 'var(--line)'),
    tile('ill', own.length - n[0], t('devices.ill'), own.length ? t('devices.share', { n: Math.round(100 * (own.length - n[0]) / own.length) }) : '', 'var(--accent)'),
    ...['lost', 'doubt', 'form', 'well'].map((g) => tile(g, n[GRADES.indexOf(g)], t(`devices.${g}`), t(`devices.${g}Note`), marks[g]))]);
}

function drawAilments(own) {
  const by = new Map();
  for (const d of own) for (const a of new Set(d.findings.map((f) => f.ailment))) by.set(a, { n: (by.get(a)?.n ?? 0) + 1, grade: d.findings.find((f) => f.ailment === a).grade });
  if (ui.ailment && !by.has(ui.ailment)) by.set(ui.ailment, { n: 0, grade: 2 });
  const list = [...by].sort(([x, a], [y, b]) => b.grade - a.grade || b.n - a.n || x.localeCompare(y));
  again($('ailments'), list.map(([a, { n, grade }]) => button(ui.ailment === a, () => { ui.ailment = ui.ailment === a ? '' : a; }, { 'data-name': a, '--mark': marks[GRADES[grade]] },
    el('i', { class: 'dot' }), ailing(a), el('span', { class: 'num' }, count(n)))));
}

function drawKinds() {
  $('kind').replaceChildren(el('option', { value: '' }, t('devices.anyKind')), ...KINDS.map((k) => el('option', { value: k }, word('station', k))));
  $('kind').value = ui.kind;
}

function drawHeads() {
  const head = (key, label, cls) => el('span', { role: 'columnheader', class: cls, 'aria-sort': ui.sort === key ? (ui.down ? 'descending' : 'ascending') : 'none' },
    el('button', { type: 'button', 'data-name': key, onclick: () => { sortBy(key); draw(); } }, label));
  again($('heads'), [head('name', t('devices.station')), head('town', t('devices.town')), head('last', t('devices.last')), head('frames', t('devices.frames'), 'to-right'), head('skew', t('devices.skew'), 'to-right'), head('worst', t('devices.findings'))]);
}

function sortBy(key) {
  if (key === 'worst') { ui.sort = key; ui.down = false; return; }
  ui.down = ui.sort === key ? !ui.down : key === 'skew' || key === 'frames';
  ui.sort = key;
}

// drawTime says when the listener spoke. Ages are counted from then: a listener that is silent itself makes no device silent.
function drawTime() {
  const at = ui.doc?.at;
  $('as-of').textContent = at ? t('devices.asOf', { time: `${dateTime(at)} ${t('time.zone')}` }) : '';
  const late = at ? Date.now() - Date.parse(at) : 0;
  $('stale').hidden = Boolean(at) && late < STALE_MS;
  $('stale').textContent = at ? t('devices.stale', { span: span(late / 1000) }) : t('devices.noListener');
}

// ---- filters live in the address, so that a view can be sent to a colleague

function remember() {
  const q = new URLSearchParams(Object.entries({ show: ui.show, ailment: ui.ailment, kind: ui.kind, q: ui.text }).filter(([, v]) => v));
  history.replaceState(null, '', q.size ? `#${q}` : location.pathname);
}

function recall() {
  const q = new URLSearchParams(location.hash.slice(1));
  Object.assign(ui, { show: ['ill', ...GRADES].includes(q.get('show')) ? q.get('show') : '', ailment: q.get('ailment') ?? '', kind: KINDS.includes(q.get('kind')) ? q.get('kind') : '', text: (q.get('q') ?? '').toLowerCase() });
  $('search').value = ui.text;
}

async function load() {
  try {
    ui.doc = await get('/api/devices');
    fine();
    draw();
  } catch (err) { failed(err); }
}

let typing = 0;
function wire() {
  $('search').addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => { ui.text = $('search').value.trim().toLowerCase(); remember(); draw(); }, 120);
  });
  $('kind').addEventListener('change', () => { ui.kind = $('kind').value; remember(); draw(); });
  document.addEventListener('keydown', (e) => { if (e.key === '/' && e.target.tagName !== 'INPUT') { e.preventDefault(); $('search').focus(); } });
}

recall();
startShell(() => { drawKinds(); draw(); });
drawKinds();
wire();
await load();
follow(['devices', 'stations', 'grid'], load);
setInterval(drawTime, 30e3);
document.body.dataset.ready = 'yes';
