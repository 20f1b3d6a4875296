// What the person who looks may do with a target, and what was done with it so far.
import { get, post } from './api.js';
import { el } from './dom.js';
import { dateTime } from './format.js';
import { language, t, word } from './i18n.js';

const REASONS = {
  rejected: ['misread', 'permitted', 'covered', 'duplicate', 'other'],
  unfounded: ['not-there', 'permitted', 'covered', 'other'],
  'handed-over': ['other-bureau', 'police', 'other'],
  reopened: ['seen-again', 'misread', 'other'],
};
const KEYS = { a: 'confirmed', r: 'rejected' };
const DAYS = 7; // until the deadline, unless said otherwise

let now = null; // { id, standing, events, box, officer of the place, form }
let changed = () => {};
export const startActs = (onChanged) => { changed = onChanged; };

// actsSection is filled as soon as the ledger has answered.
export function actsSection(c) {
  // The card is drawn anew with every change of the city: what somebody is writing stays where it is.
  const box = now?.id === c.id ? now.box : el('section', { id: 'acts' }, el('h3', {}, t('act.title')));
  const focus = box.contains(document.activeElement) ? document.activeElement : null;
  if (focus) queueMicrotask(() => focus.focus({ preventScroll: true }));
  load(c.id, box, c.officer_id ?? '');
  return box;
}

async function load(id, box, officer = now.officer) {
  const path = `/api/candidates/${encodeURIComponent(id)}`, known = now;
  let standing, events;
  try {
    ({ standing } = await get(`${path}/standing`));
    const same = known?.id === id && known.standing.events === standing.events; // then the history is the same too
    events = same ? known.events : (await get(`${path}/history`)).events;
  } catch {
    return; // the card itself says what is wrong
  }
  const shown = JSON.stringify([language(), standing, events]);
  if (now?.box === box && now.shown === shown) return;
  const kept = now?.id === id && now.standing.events === standing.events ? now.form : null;
  now = { id, standing, events, box, officer, shown, form: kept };
  draw();
}

function draw() {
  const { standing: s, box, form } = now;
  const moves = s.next.map((to) => el('button', { type: 'button', class: 'move', 'data-to': to, 'aria-pressed': String(form?.dataset.to === to), onclick: () => begin(to) }, word('move', to)));
  box.replaceChildren(...[el('h3', {}, t('act.title'), s.overdue ? el('i', { class: 'overdue' }, t('act.overdue')) : null),
    moves.length ? el('div', { class: 'moves' }, moves) : el('p', { class: 'faint' }, t('act.none')), form, history()].filter(Boolean));
}

// A step without anything to say is taken at once.
const silent = new Set(['confirmed', 'accepted', 'inspected', 'verified', 'closed']);

function begin(to) {
  if (silent.has(to)) {
    move({ to });
    return;
  }
  const field = (name, node) => el('label', {}, el('span', {}, t(name)), node);
  const parts = [];
  if (REASONS[to]) parts.push(field('act.reason', el('select', { name: 'reason', class: 'field' }, REASONS[to].map((r) => el('option', { value: r }, word('reason', r))))));
  if (to === 'dispatched') {
    const day = new Date(Date.now() + DAYS * 86400e3).toISOString().slice(0, 10);
    parts.push(field('act.officer', el('input', { name: 'officer_id', class: 'field', maxlength: 80, value: now.standing.officer_id ?? now.officer })));
    parts.push(field('act.measure', el('input', { name: 'measure', class: 'field', maxlength: 26 })));
    parts.push(field('act.deadline', el('input', { name: 'deadline', class: 'field', type: 'date', value: day })));
  }
  parts.push(field('act.note', el('textarea', { name: 'note', class: 'field', rows: 2, maxlength: 2000 })));
  now.form = el('form', { class: 'act', 'data-to': to, onsubmit: send }, parts, el('div', { class: 'moves' },
    el('button', { type: 'submit', class: 'move first' }, t('act.do')), el('button', { type: 'button', class: 'move', onclick: () => { now.form = null; draw(); } }, t('act.cancel'))));
  draw();
  now.form.querySelector('.field').focus();
}

function send(e) {
  e.preventDefault();
  const doc = { to: now.form.dataset.to, ...Object.fromEntries(new FormData(now.form)) };
  // The end of the day in Beijing, which has no summer time.
  if (doc.deadline) doc.deadline = `${doc.deadline}T23:59:59+08:00`;
  else delete doc.deadline;
  move(doc);
}

async function move(doc) {
  const { id, standing, box } = now;
  try {
    await post(`/api/candidates/${encodeURIComponent(id)}/state`, { events: standing.events, ...doc });
    now.form = null;
    await load(id, box);
    changed(null);
  } catch (err) {
    await load(id, box);
    changed(err.status === 409 ? t('act.changed') : err.message);
  }
}

function history() {
  const lines = now.events.map((ev) => el('li', {},
    el('b', {}, ev.to ? word('state', ev.to) : word('event', ev.type.replace('candidate.', ''))),
    ev.reason ? ` · ${word('reason', ev.reason)}` : '', ev.measure ? ` · ${ev.measure}` : '', ev.officer_id ? ` · ${ev.officer_id}` : '', ev.deadline ? ` · ${t('act.deadline')} ${dateTime(ev.deadline)}` : '',
    ev.note ? el('p', {}, ev.note) : null,
    el('small', { class: 'faint num' }, t('act.by', { name: ev.name || (ev.actor === 'upwind' ? t('act.program') : ev.actor), when: dateTime(ev.at) }))));
  return el('details', {}, el('summary', {}, t('act.history', { n: lines.length })), el('ol', { class: 'history' }, lines));
}

// actKey takes the step of a key, if it is one's to take.
export function actKey(key) {
  const to = KEYS[key.toLowerCase()];
  if (!to || !now?.box.isConnected || !now.standing.next.includes(to)) return false;
  begin(to);
  return true;
}
