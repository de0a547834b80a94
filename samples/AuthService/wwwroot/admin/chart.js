// Stacked bars, one for each of the last 120 seconds.
import { count } from './format.js';

const width = 600;
const height = 120;
const seconds = 120;
const parts = ['writes', 'misses', 'hits'];
const total = (point) => point.hits + point.misses + point.writes;

// Returns the value at the top of the chart.
export function draw(svg, points) {
  const top = ceiling(Math.max(...points.map(total)));
  const step = width / seconds;
  const bars = [];
  points.forEach((point, index) => {
    let y = height;
    for (const part of parts) {
      const size = point[part] / top * height;
      if (size === 0) continue;
      y -= size;
      bars.push(bar(part, width - (points.length - index) * step, y, step - 1, size));
    }
  });
  svg.replaceChildren(...bars);
  return top;
}

// A round number that is not below the peak, and even, so that its half is a whole number too.
function ceiling(peak) {
  const unit = 10 ** Math.floor(Math.log10(Math.max(peak, 1)));
  return [1, 2, 4, 6, 8, 10].map((step) => step * unit).find((top) => top >= peak && top % 2 === 0);
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
