// What is wrong with a device, in the page's language. The doctor writes English; in Chinese a sentence is made of the ailment,
// its factor and its value, and the doctor's own text is the tooltip.
import { count, number, percent, span } from './format.js';
import { language, t, word } from './i18n.js';

const UTC_S = -8 * 3600, UTC_SLACK_S = 1800; // as the doctor tells a clock on UTC from one that is wrong

// ailing names an ailment; a registered number that is refused has the wrong password.
export const ailing = (a, registered = true) => word('ailing', a === 'unknown-device' && registered ? 'wrong-password' : a);

// clock says how far a clock is off; below a second that is the network's delay and no fault.
export function clock(s) {
  if (Math.abs(s) < 1) return '0 s';
  const whole = Math.round(Math.abs(s)), sign = s < 0 ? '−' : '+';
  const h = Math.floor(whole / 3600), m = Math.floor(whole % 3600 / 60);
  return sign + [h ? `${h} h` : '', m ? `${m} min` : '', !h && (whole % 60 || !m) ? `${whole % 60} s` : ''].filter(Boolean).join(' ');
}

function key(f, registered) {
  if (f.ailment === 'unknown-device' && registered) return 'wrong-password';
  if (f.ailment !== 'clock-skew') return f.ailment;
  return Math.abs(f.value - UTC_S) < UTC_SLACK_S ? 'clock-utc' : f.value < 0 ? 'clock-slow' : 'clock-fast';
}

const capital = (s) => s.charAt(0).toUpperCase() + s.slice(1);

// sentence is one finding in words; at is when the listener spoke, from which a silence is counted.
export function sentence(f, at, registered) {
  if (language() === 'en' && f.text) return capital(f.text);
  const name = key(f, registered), known = word('ailment', name) !== name;
  if (!known) return capital(f.text);
  const silence = f.since_utc && at ? (Date.parse(at) - Date.parse(f.since_utc)) / 1000 : f.value;
  return t(`ailment.${name}`, {
    factor: f.species || f.name_zh || f.factor || '',
    value: number(f.value), n: count(f.value), share: f.value < 0.01 ? '<1%' : percent(f.value),
    span: f.ailment === 'clock-skew' ? clock(Math.abs(f.value)).replace('+', '') : span(silence),
  });
}
