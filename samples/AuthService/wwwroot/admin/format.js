// Figures and times as people read them.
const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];

export const count = (value) => whole.format(value);

export const percent = (ratio) => ratio === null ? '–' : `${short.format(ratio * 100)} %`;

export function bytes(value) {
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${short.format(value)} ${units[unit]}`;
}

export function duration(seconds) {
  if (seconds === null) return 'for ever';
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  if (minutes > 0) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${short.format(seconds)} s`;
}

export const milliseconds = (value) => value >= 1000 ? duration(value / 1000) : `${short.format(value)} ms`;

export const time = (text) => new Date(text).toLocaleTimeString('en', { hour12: false });
