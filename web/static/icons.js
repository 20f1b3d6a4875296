// Small pictures of the map, painted here so that nothing has to be fetched.
import { kinds, themes } from './palette.js';

const RATIO = 2;

function paint(size, draw) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size * RATIO;
  const g = canvas.getContext('2d');
  g.scale(RATIO, RATIO);
  g.lineCap = g.lineJoin = 'round';
  draw(g, size);
  return g.getImageData(0, 0, canvas.width, canvas.height);
}

const stroke = (g, color, width, ...pts) => {
  g.strokeStyle = color;
  g.lineWidth = width;
  g.beginPath();
  pts.forEach(([x, y], i) => (i ? g.lineTo(x, y) : g.moveTo(x, y)));
  g.stroke();
};

const arrow = (c) => paint(32, (g) => {
  for (const [color, width] of [[c.halo, 4.5], [c.wind, 1.8]]) {
    stroke(g, color, width, [16, 29], [16, 4]);
    stroke(g, color, width, [10.5, 10.5], [16, 4], [21.5, 10.5]);
  }
});

const head = (c) => paint(20, (g) => {
  g.fillStyle = kinds.emission;
  g.beginPath();
  g.moveTo(10, 2); g.lineTo(17, 17); g.lineTo(10, 13.5); g.lineTo(3, 17); g.closePath();
  g.fill();
  g.strokeStyle = c.ring;
  g.stroke();
});

const site = (c) => paint(14, (g) => {
  g.fillStyle = c.halo;
  g.strokeStyle = c.site;
  g.lineWidth = 1.8;
  g.beginPath();
  g.rect(2.5, 2.5, 9, 9);
  g.fill();
  g.stroke();
});

// station is a rounded square as a signed distance field, so that the style can colour it by its reading. 0.75 is
// MapLibre's edge and 8 px its reach.
const STATION = 20;
function station() {
  const side = STATION * RATIO, half = side / 2, box = half * 0.52, round = 4;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const dx = Math.max(0, Math.abs(x + 0.5 - half) - box + round), dy = Math.max(0, Math.abs(y + 0.5 - half) - box + round);
      data[4 * (y * side + x) + 3] = 255 * (0.75 - (Math.hypot(dx, dy) - round) / 8);
    }
  }
  return new ImageData(data, side, side);
}

export function addIcons(map, theme) {
  const c = themes[theme];
  if (!map.hasImage('station')) map.addImage('station', station(), { pixelRatio: RATIO, sdf: true });
  for (const [name, image] of Object.entries({ wind: arrow(c), 'axis-head': head(c), site: site(c) })) {
    if (map.hasImage(name)) map.updateImage(name, image);
    else map.addImage(name, image, { pixelRatio: RATIO });
  }
}
