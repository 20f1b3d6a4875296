// The index of areas: the city's own figure, how the areas spread over the classes, and the areas themselves, worst first.
import { $, el } from './dom.js';
import { count, dateTime } from './format.js';
import { language, t } from './i18n.js';
import { SIX, classOf, colourOf, decimals, inkOf, pollutant } from './species.js';

const list = (names) => names.map(pollutant).join(language() === 'en' ? ', ' : '、');

function badge(a, cls = '') {
  if (a.aqi === null) return el('span', { class: `aqi none ${cls}` }, 'NA');
  return el('span', { class: `aqi num ${cls}`, '--mark': colourOf(a.class), '--ink': inkOf(a.class) }, String(a.aqi));
}

// why says in words what stands behind a figure, or why there is none.
function why(a) {
  if (a.aqi !== null) return a.primary?.length ? t('air.primaryIs', { names: list(a.primary) }) : t('air.noPrimary');
  const short = (a.missing ?? []).filter((m) => m.of > 0), absent = (a.missing ?? []).filter((m) => m.of === 0);
  const valid = new Map();
  for (const m of short) valid.set(`${m.valid}/${m.of}`, [...(valid.get(`${m.valid}/${m.of}`) ?? []), m.pollutant]);
  const parts = [...valid].map(([of, names]) => (a.level === 'station' ? t('air.noHour', { names: list(names) }) : t('air.tooFew', { names: list(names), of })));
  if (absent.length) parts.push(t('air.notMeasured', { names: list(absent.map((m) => m.pollutant)) }));
  if (a.missing?.length === SIX.length && short.length === SIX.length && valid.size === 1) return a.level === 'station' ? t('air.nothing') : t('air.nothingOf', { of: [...valid.keys()][0] });
  return parts.join(language() === 'en' ? '; ' : '；');
}

export function drawCity(a, doc) {
  if (!doc.at || !doc.areas.length) {
    $('city').replaceChildren(el('p', { class: 'empty' }, t(doc.at ? 'air.noStations' : 'air.noAir')));
    return;
  }
  const time = dateTime(doc.at), span = doc.mean === 'day' ? time.slice(0, 10) : `${time}–${String(Number(time.slice(11, 13)) + 1).padStart(2, '0')}:00`;
  const title = el('p', { class: 'note num' }, `${span} · ${t('time.zone')}`);
  if (!a) { $('city').replaceChildren(el('div', { class: 'figure' }, title)); return; }
  $('city').replaceChildren(badge(a, 'big'),
    el('div', { class: 'figure' }, el('b', {}, `${a.name} ${a.aqi === null ? t('air.na') : t(`class.aqi${a.class}`)}`), el('p', {}, why(a), a.basis === 'micro' ? ` · ${t('air.micro')}` : ''), title),
    el('ul', { class: 'six' }, SIX.map((p) => el('li', {}, el('small', {}, pollutant(p)), value(a, p)))));
}

export function drawSpread(areas) {
  const n = [1, 2, 3, 4, 5, 6].map((c) => areas.filter((a) => a.class === c && a.aqi !== null).length), none = areas.filter((a) => a.aqi === null).length;
  const bits = [...n.map((many, i) => [many, t(`class.aqi${i + 1}`), colourOf(i + 1)]), [none, t('air.na'), null]].filter(([many]) => many);
  $('spread').replaceChildren(
    el('div', { class: 'stack', 'aria-hidden': 'true' }, bits.map(([many, , c]) => el('i', { class: c ? '' : 'none', style: { flexGrow: String(many), background: c ?? '' } }))),
    el('ul', {}, bits.map(([many, label, c]) => el('li', {}, el('i', { class: `dot${c ? '' : ' hollow'}`, '--mark': c ?? 'transparent' }), `${label} `, el('b', { class: 'num' }, count(many))))));
}

function value(a, p) {
  const v = a.values?.[p], index = a.individual?.[p];
  if (v === undefined) return el('span', { class: 'v none', role: 'cell' }, '—');
  return el('span', { class: 'v num', role: 'cell', '--mark': index === undefined ? 'transparent' : colourOf(classOf(index)), title: index === undefined ? '' : `IAQI ${index}` }, v.toFixed(decimals(p)));
}

function row(a) {
  return el('div', { class: 'area', role: 'row' },
    el('span', { class: 'name', role: 'rowheader' }, a.name, el('small', {}, [a.place?.filter((x) => x !== a.name).at(-1), a.basis === 'micro' ? t('air.micro') : '', a.level === 'station' ? '' : t(a.stations === 1 ? 'air.oneStation' : 'air.stations', { n: a.stations })].filter(Boolean).join(' · '))),
    el('span', { role: 'cell' }, badge(a)),
    el('span', { class: 'why', role: 'cell' }, el('b', {}, a.aqi === null ? t('air.na') : t(`class.aqi${a.class}`)), el('small', {}, why(a))),
    SIX.map((p) => value(a, p)));
}

export function drawAreas(areas, doc) {
  if (!doc.areas.length || !areas.length) {
    $('areas').replaceChildren(el('p', { class: 'empty' }, t(doc.areas.length ? 'air.noMatch' : 'air.noAreas')));
    return;
  }
  const worst = [...areas].sort((a, b) => (b.aqi ?? -1) - (a.aqi ?? -1) || a.name.localeCompare(b.name, language()));
  $('areas').replaceChildren(
    el('div', { class: 'area top', role: 'row' }, ['name', 'index', 'class'].map((k) => el('span', { role: 'columnheader' }, t(`air.${k}`))), SIX.map((p) => el('span', { class: 'v', role: 'columnheader' }, pollutant(p)))),
    el('div', { role: 'rowgroup' }, worst.map(row)));
}
