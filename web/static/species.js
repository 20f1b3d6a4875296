// How the six pollutants of the index are written, and the class of an index.
import { classes } from './palette.js';

export const SIX = ['PM2.5', 'PM10', 'O3', 'NO2', 'SO2', 'CO'];

const NAMES = { O3: 'O₃', NO2: 'NO₂', SO2: 'SO₂' };
export const pollutant = (p) => NAMES[p] ?? p;
export const decimals = (p) => (p === 'CO' ? 1 : 0);

// Upper ends of the classes of HJ 633, from excellent to heavy.
const ENDS = [50, 100, 150, 200, 300];
export const classOf = (index) => 1 + ENDS.filter((e) => index > e).length;
export const colourOf = (cls) => classes[cls - 1] ?? 'transparent';
// Yellow and orange carry dark figures, the others white ones.
export const inkOf = (cls) => (cls === 2 || cls === 3 ? '#2a2106' : '#ffffff');
