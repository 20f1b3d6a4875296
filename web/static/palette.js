// Colours of the map in both themes. The page's own colours are in app.css.
export const kinds = { 'bare-soil': '#c0792a', 'sand-pile': '#7a5fa8', emission: '#c2423c', 'smoke-plume': '#c2423c', 'lidar-plume': '#c2423c', water: '#2b7a9b', 'river-exceedance': '#2b7a9b', 'stack-exceedance': '#c2423c', 'silent-stack': '#c2423c' };
export const trace = '#1d7f95';

export const themes = {
  light: {
    sea: '#e6eaec', land: '#f6f7f4', cell: '#d5dad9', town: '#b9c2c3', county: '#7f8d91', city: '#53646a',
    text: '#4a5a60', halo: '#f6f7f4', ring: '#ffffff', picked: '#10242b', wind: '#3b5560', site: '#4b5b61', trace, place: '#b03a6e',
  },
  dark: {
    sea: '#0d1316', land: '#151d21', cell: '#222d32', town: '#314047', county: '#54686f', city: '#7c939b',
    text: '#a9bac0', halo: '#12191d', ring: '#10181c', picked: '#ffffff', wind: '#9fb8c2', site: '#a5b4b9', trace: '#3fb3cc', place: '#e07fa9',
  },
};

// Upper bounds of the classes excellent, good, light, moderate and heavy of HJ 633-2012, table 1 (1 h limits for
// gases, and the 24 h limits of particles, which have no 1 h limits); above the last one is severe.
export const bounds = {
  PM10: [50, 150, 250, 350, 420], 'PM2.5': [35, 75, 115, 150, 250], SO2: [150, 500, 650, 800, 1600],
  NO2: [100, 200, 700, 1200, 2340], O3: [160, 200, 300, 400, 800], CO: [5, 10, 35, 60, 90],
};
export const classes = ['#5aa469', '#d9bf3d', '#e08e3c', '#cc4b42', '#8a4c93', '#6b2432'];

// boundsOf gives the class bounds of a species; for one without a standard, fifths of what is on the map.
export function boundsOf(species, values) {
  if (bounds[species]) return bounds[species];
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (!sorted.length) return [1, 2, 3, 4, 5];
  const out = [];
  for (let k = 1; k <= 5; k++) {
    const v = sorted[Math.min(sorted.length - 1, Math.floor(k * sorted.length / 6))];
    out.push(out.length && v <= out.at(-1) ? out.at(-1) + 1e-9 : v);
  }
  return out;
}
