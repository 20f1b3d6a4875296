// Layer switches that are the legend at the same time.
import { $, el } from './dom.js';
import { unit } from './format.js';
import { onLanguage, remember, remembered, t, word } from './i18n.js';
import { setVisible } from './map.js';
import { setOverlaysVisible, setTraceMapVisible } from './overlays.js';
import { classes, kinds } from './palette.js';
import { groups } from './style.js';

const names = Object.keys(groups);
const off = new Set((remembered('upwind.off') ?? '').split(',').filter((n) => names.includes(n)));
let air = { species: 'PM10', unit: '', limits: [] };

const mark = (cls, color) => el('i', { class: `mark ${cls}`, '--mark': color, 'aria-hidden': 'true' });
const entry = (m, label) => el('li', {}, m, label);

function legend(name) {
  const kindRows = (list, cls) => list.map((k) => entry(mark(cls, kinds[k]), word('kind', k)));
  switch (name) {
    case 'targets': return kindRows(['bare-soil', 'sand-pile', 'emission'], 'disc');
    case 'traces': return [entry(mark('area', 'var(--trace)'), t('legend.cone')), entry(mark('stroke', 'var(--trace)'), t('legend.path')), entry(mark('ring', 'var(--trace)'), t('legend.source')), entry(mark('area', 'var(--place)'), t('legend.place'))];
    case 'stations': return air.limits.length ? [scale()] : [];
    default: return [];
  }
}

function scale() {
  const digits = (v) => (v >= 10 ? Math.round(v) : Number(v.toPrecision(2)));
  return el('li', { class: 'scale' }, el('span', { class: 'cap' }, t('legend.unit', { species: air.species }), air.unit ? ` (${unit(air.unit)})` : ''),
    el('span', { class: 'steps' }, classes.map((c, i) => el('span', {}, el('i', { style: { background: c } }), el('small', { class: 'num' }, i < air.limits.length ? `≤${digits(air.limits[i])}` : t('legend.above', { n: digits(air.limits.at(-1)) }))))));
}

export function drawLayers() {
  $('layers').replaceChildren(el('h2', {}, t('layers.title')), ...names.map((name) => el('div', { class: 'layer' },
    el('label', {}, el('input', { type: 'checkbox', name, checked: !off.has(name), onchange: (e) => toggle(name, e.target.checked) }), el('span', {}, t(`layers.${name}`))),
    el('ul', {}, legend(name)))));
}

function toggle(name, on) {
  if (on) off.delete(name); else off.add(name);
  remember('upwind.off', [...off].join(','));
  show(name);
}

function show(name) {
  if (name === 'previews') setOverlaysVisible(!off.has(name));
  else setVisible(name, !off.has(name));
  if (name === 'traces') setTraceMapVisible(!off.has(name));
}

const ROOMY = 1280; // px of window beside an open card in which the legend does not crowd the map
let wished = true;

function open(on) {
  $('layers').hidden = !on;
  $('layers-button').setAttribute('aria-expanded', String(on));
}

// makeRoom closes the legend while a card is open, and brings it back after.
export function makeRoom(card) {
  open(wished && window.innerWidth - (card ? $('card').offsetWidth : 0) >= ROOMY);
}

export function startLayers() {
  for (const name of off) show(name);
  $('layers-button').addEventListener('click', () => {
    wished = $('layers').hidden;
    open(wished);
  });
  makeRoom(false);
  onLanguage(drawLayers);
  drawLayers();
}

export function setAir(next) {
  air = next;
  drawLayers();
}
