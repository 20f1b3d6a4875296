// The hour of stations and wind.
import { get, latest } from './api.js';
import { $, el } from './dom.js';
import { dateTime } from './format.js';
import { onLanguage, t } from './i18n.js';
import { setAir } from './layers.js';
import { setData, setStationBounds } from './map.js';
import { boundsOf } from './palette.js';

const HOUR = 3600e3;
const WAIT_MS = 80; // while the slider moves

let from = 0;
let following = true; // stay at the newest hour until someone moves the slider
let timer = 0;
let failed = () => {};

const load = latest(async (signal, at, species) => {
  const q = `at=${encodeURIComponent(at)}`;
  return Promise.all([get(`/api/stations?species=${encodeURIComponent(species)}&${q}`, signal), get(`/api/wind?${q}`, signal)]);
});

const chosen = () => new Date(from + Number($('hour').value) * HOUR).toISOString().replace('.000', '');

async function show() {
  if ($('time').hidden) return;
  label();
  try {
    const answer = await load(chosen(), $('species').value);
    if (!answer) return;
    const [stations, wind] = answer;
    const limits = boundsOf(stations.meta.species, stations.features.map((f) => f.properties.value));
    setStationBounds(limits);
    setData('stations', stations);
    setData('wind', wind);
    setAir({ species: stations.meta.species, unit: stations.features[0]?.properties.unit, limits });
  } catch (err) {
    failed(err);
  }
}

function label() {
  const text = dateTime(chosen());
  $('hour-text').replaceChildren(el('b', {}, text.slice(11)), el('small', {}, `${text.slice(0, 10)} · ${t('time.zone')}`));
  $('hour').setAttribute('aria-valuetext', `${text} ${t('time.zone')}`);
}

function soon() {
  following = $('hour').value === $('hour').max;
  label();
  clearTimeout(timer);
  timer = setTimeout(show, WAIT_MS);
}

const step = (n) => {
  $('hour').value = Number($('hour').value) + n;
  soon();
};

export function startTime(onFail) {
  failed = onFail;
  $('hour').addEventListener('input', soon);
  $('hour-back').addEventListener('click', () => step(-1));
  $('hour-next').addEventListener('click', () => step(1));
  $('species').addEventListener('change', show);
  onLanguage(() => { if (!$('time').hidden) label(); });
}

// setCoverage takes what air there is; it keeps the chosen hour unless the page follows the newest.
export function setCoverage(air) {
  $('time').hidden = !air.from;
  if (!air.from) return;
  const keep = from + Number($('hour').value) * HOUR;
  from = Math.floor(Date.parse(air.from) / HOUR) * HOUR;
  const last = Math.max(0, Math.ceil(Date.parse(air.to) / HOUR) - 1 - from / HOUR);
  $('hour').max = last;
  $('hour').value = following ? last : Math.round((keep - from) / HOUR);
  const before = $('species').value;
  const list = air.species.length ? air.species : ['PM10'];
  $('species').replaceChildren(...list.map((s) => el('option', { value: s }, s)));
  $('species').value = list.includes(before) ? before : list.includes('PM10') ? 'PM10' : list[0];
  show();
}
