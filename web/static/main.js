// Puts the parts together: loads, follows the server, and keeps what is picked.
import { actKey, startActs } from './acts.js';
import { ApiError, get, latest, live } from './api.js';
import { hideCard, showCard, showLoading, showMissing, startCard } from './card.js';
import { $, el } from './dom.js';
import { language, onLanguage, setLanguage, t, translatePage } from './i18n.js';
import { makeRoom, startLayers } from './layers.js';
import { draw, drawFilters, filterKind, neighbour, pick, setTargets, startList } from './list.js';
import { axesOf, boundsOf, closePopup, createMap, filterTargets, fit, map, setCrowd, setData, showPopup } from './map.js';
import { loadOverlays, refreshOverlays, showTraceMap } from './overlays.js';
import { describe } from './popup.js';
import { setCoverage, startTime } from './time.js';
import { toggleTheme } from './theme.js';
import { startWho } from './who.js';

const EMPTY = { type: 'FeatureCollection', features: [] };
const TRACES_OF_CARD = 5; // drawn whole; the card lists the others
const SETTLE_MS = 300; // gathers notices that come close together

const ui = { picked: null, known: null, fresh: new Set(), home: null, live: false, status: null, doc: null, air: '' };

// ---- what is on the page

const loaders = {
  async candidates() {
    const doc = await get('/api/candidates.geojson');
    const targets = doc.features.map((f) => f.properties);
    const ids = new Set(targets.map((p) => p.id));
    const added = ui.known ? [...ids].filter((id) => !ui.known.has(id)) : [];
    ui.known = ids;
    for (const id of added) ui.fresh.add(id);
    setData('targets', doc);
    setCrowd(targets.length);
    setTargets(targets, ui.fresh);
    ui.targets = doc;
    if (added.length) notify(t('notice.new', { n: added.length }), () => select(added[0]));
    if (ui.picked) await loadCard(ui.picked, false);
  },
  async detections() {
    let doc = await get('/api/detections');
    ui.boxed = doc.meta.total > doc.features.length;
    if (ui.boxed && map) doc = await get(`/api/detections?bbox=${viewBox()}`);
    setData('detections', doc);
    setData('axes', axesOf(doc));
  },
  async traces() { setData('traces', await get('/api/traces')); },
  async inspections() { if (map) await loadOverlays(); },
  async sites() { setData('sites', await get('/api/sites')); },
  async grid() {
    const levels = await Promise.all([1, 2, 3, 4].map((n) => get(`/api/grid?level=${n}`)));
    levels.forEach((doc, i) => setData(`grid-${i + 1}`, doc));
    setData('labels', { type: 'FeatureCollection', features: levels.slice(1).flatMap((doc) => doc.features.map((f) => ({ type: 'Feature', properties: { name: f.properties.name, level: f.properties.level }, geometry: { type: 'Point', coordinates: f.properties.center } }))) });
    ui.home = map && levels.map(boundsOf).find(Boolean);
  },
  async observations() { ui.air = ''; }, // the hours are in the status, which every notice reloads
  async status() {
    ui.status = await get('/api/status');
    const air = JSON.stringify(ui.status.air);
    if (air !== ui.air) setCoverage(ui.status.air);
    ui.air = air;
    drawStatus();
  },
};

// viewBox is the view, widened to whole hundredths so that small moves ask the same question.
function viewBox() {
  const b = map.getBounds();
  const clamp = (v, lim) => Math.max(-lim, Math.min(lim, v));
  return [Math.floor(clamp(b.getWest(), 180) * 100) / 100, Math.floor(clamp(b.getSouth(), 90) * 100) / 100,
    Math.ceil(clamp(b.getEast(), 180) * 100) / 100, Math.ceil(clamp(b.getNorth(), 90) * 100) / 100].map((v, i) => clamp(v, i % 2 ? 90 : 180)).join(',');
}

async function load(names) {
  const results = await Promise.allSettled(names.map((n) => loaders[n]()));
  for (const r of results) if (r.status === 'rejected') failed(r.reason);
}

function failed(err) {
  if (err instanceof ApiError) notify(t('notice.failed', { text: err.message }));
  else if (!(err instanceof TypeError)) console.error(err); // a TypeError of fetch is a lost connection, which the status line shows
}

// ---- what is picked

const loadDoc = latest((signal, id) => get(`/api/candidates/${encodeURIComponent(id)}`, signal));

async function loadCard(id, moves) {
  let doc;
  try {
    doc = await loadDoc(id);
  } catch (err) {
    if (err.status === 404) showMissing(); else failed(err);
    return;
  }
  if (!doc || ui.picked !== id) return;
  ui.doc = doc;
  showCard(doc);
  const drawings = await Promise.all(doc.traces.slice(0, TRACES_OF_CARD).map((tr) => get(`/api/traces/${encodeURIComponent(tr.id)}?format=geojson`).catch(() => EMPTY)));
  if (ui.picked !== id) return;
  const traces = { type: 'FeatureCollection', features: drawings.flatMap((d) => d.features) };
  setData('picked-traces', traces);
  showTraceMap(drawings.map((d) => d.meta?.map).find(Boolean));
  if (moves && map) {
    const shape = { features: [{ geometry: { type: 'Point', coordinates: [doc.candidate.lon, doc.candidate.lat] } }, { geometry: doc.candidate.geometry }, ...traces.features.filter((f) => f.properties.part !== 'cone')] };
    fit(boundsOf(shape), 14);
  }
}

export function select(id) {
  if (!id) return;
  ui.picked = id;
  ui.fresh.delete(id);
  history.replaceState(null, '', `#${encodeURIComponent(id)}`);
  closePopup();
  showLoading();
  makeRoom(true);
  pick(id);
  filterTargets(filterKind(), id);
  setData('picked-traces', EMPTY);
  showTraceMap(null);
  loadCard(id, true);
}

function unselect() {
  closePopup();
  if (!ui.picked) return;
  ui.picked = ui.doc = null;
  history.replaceState(null, '', location.pathname);
  hideCard();
  makeRoom(false);
  pick(null);
  filterTargets(filterKind(), null);
  setData('picked-traces', EMPTY);
  showTraceMap(null);
  $('list').focus({ preventScroll: true });
}

// ---- notices and status

let noticeTimer = 0;
function notify(text, action) {
  const open = () => { $('notice').replaceChildren(); action(); };
  $('notice').replaceChildren(el('div', {}, el('span', {}, text), action ? el('button', { type: 'button', onclick: open }, t('notice.show')) : null));
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => $('notice').replaceChildren(), 8000);
}

function drawStatus() {
  const s = ui.status;
  const bits = [el('span', { class: ui.live ? 'on' : 'off' }, t(ui.live ? 'status.live' : 'status.lost'))];
  if (s) {
    bits.push(el('span', {}, !s.ready ? t('status.replaying') : s.outstanding ? t('status.queue', { n: s.outstanding }) : t('status.idle')));
    if (s.dead_letters) bits.push(el('span', { class: 'bad', title: s.dead.map((d) => d.reason).join('\n') }, t('status.dead', { n: s.dead_letters })));
    if (s.counts.held) bits.push(el('span', { title: s.held.map((h) => `${h.name}: ${h.reason}`).join('\n') }, t('status.held', { n: s.counts.held })));
    bits.push(el('span', { class: 'right faint' }, s.program_version));
  }
  $('status').replaceChildren(...bits);
}

// ---- following the server

// queue gathers what to read again. A large state takes long to read, so the pause grows with it: while thousands of
// changes stream in, the page spends at most a fifth of its time on them.
const waiting = new Set();
const PAUSE_FACTOR = 4;
let settleTimer = 0;
let lastLoadMS = 0;
function queue(names) {
  for (const n of names) if (n in loaders) waiting.add(n);
  settleTimer ||= setTimeout(async () => {
    const now = [...waiting];
    waiting.clear();
    const began = performance.now();
    await load(now);
    lastLoadMS = performance.now() - began;
    settleTimer = 0;
    if (waiting.size) queue([]);
  }, Math.max(SETTLE_MS, PAUSE_FACTOR * lastLoadMS));
}

const everything = () => Object.keys(loaders);

function follow() {
  live({
    onState: (on) => { ui.live = on; drawStatus(); },
    onResync: () => queue(everything()),
    onChange: (kinds) => queue(kinds.has('all') ? everything() : [...kinds, 'status']),
  });
  setInterval(() => queue(['status']), 15000); // the queue empties without a notice
}

// ---- keys and buttons

function keys(e) {
  if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
  const onMap = e.target.tagName === 'CANVAS';
  const move = { j: 1, k: -1, ...(onMap ? {} : { ArrowDown: 1, ArrowUp: -1 }) }[e.key];
  if (move) {
    e.preventDefault();
    select(neighbour(move));
  } else if (e.key === 'Escape') unselect();
  else if (actKey(e.key)) e.preventDefault();
}

function wire() {
  document.addEventListener('keydown', keys);
  $('theme-button').addEventListener('click', toggleTheme);
  $('lang-button').addEventListener('click', () => setLanguage(language() === 'en' ? 'zh-CN' : 'en'));
  $('home-button').addEventListener('click', home);
  startList({ onSelect: select, onFilter: (kind) => filterTargets(kind, ui.picked) });
  startCard({ onClose: unselect, onStep: (n) => select(neighbour(n)) });
  startActs((trouble) => { if (trouble) notify(trouble); queue(['candidates']); });
  startTime(failed);
  startWho($('lang-button'));
  onLanguage(() => { drawFilters(); draw(); drawStatus(); $('count').textContent = t('list.count', { n: $('list').querySelector('.row')?.getAttribute('aria-setsize') ?? 0 }); if (ui.doc) showCard(ui.doc); });
}

function home() {
  const box = ui.home ?? (map && ui.targets && boundsOf(ui.targets));
  if (box) fit(box, 13);
}

function onMapPick(f, lngLat) {
  if (f.layer.id === 'targets' || f.layer.id === 'target-picked') select(f.properties.id);
  else {
    const node = describe(f);
    if (node) showPopup(lngLat, node);
  }
}

async function start() {
  translatePage();
  wire();
  const drawn = await createMap({ onPick: onMapPick });
  if (!drawn) notify(t('notice.noWebGL'));
  else {
    startLayers();
    map.on('moveend', () => { refreshOverlays(); if (ui.boxed) queue(['detections']); });
  }
  await load(everything());
  const box = ui.home ?? (map && boundsOf(ui.targets ?? EMPTY));
  if (box) fit(box, 13, false);
  follow();
  const asked = decodeURIComponent(location.hash.slice(1));
  if (ui.known?.has(asked)) select(asked);
  document.body.dataset.ready = 'yes';
}

start();
