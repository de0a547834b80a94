// Stacked bars, one for each of the last 120 seconds.
import { count } from './format.js';

const width = 600;
const height = 120;
const seconds = 120;
const parts = ['writes', 'misses', 'hits'];
const total = (point) => point.hits + point.misses + point.writes;

export function draw(svg, points) {
  const peak = Math.max(1, ...points.map(total));
  const step = width / seconds;
  const bars = [];
  points.forEach((point, index) => {
    let y = height;
    for (const part of parts) {
      const size = point[part] / peak * (height - 4);
      if (size === 0) continue;
      y -= size;
      bars.push(bar(part, width - (points.length - index) * step, y, step - 1, size));
    }
  });
  svg.replaceChildren(...bars);
  return peak;
}

export function describe(points) {
  const sum = (part) => points.reduce((all, point) => all + point[part], 0);
  return `In the last ${points.length} seconds: ${count(sum('hits'))} hits, ${count(sum('misses'))} misses, ${count(sum('writes'))} writes, `
    + `at most ${count(Math.max(0, ...points.map(total)))} operations in a second.`;
}

function bar(part, x, y, barWidth, barHeight) {
  const rect = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  Object.entries({ class: part, x, y, width: barWidth, height: barHeight }).forEach(([name, value]) => rect.setAttribute(name, value));
  return rect;
}
