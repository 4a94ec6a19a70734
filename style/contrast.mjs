// node style/contrast.mjs: reads tokens.css and checks WCAG 2.2 AA for every pair of colours that
// meet, in both themes. Exits 1 when one falls short.
import { readFileSync } from 'node:fs';
const css = readFileSync(new URL('tokens.css', import.meta.url), 'utf8');
const tok = {};
for (const m of css.matchAll(/--([\w-]+):\s*(light-dark\((oklch\([^)]*\)),\s*(oklch\([^)]*\))\)|oklch\([^)]*\))\s*;/g))
  tok[m[1]] ??= m[3] ? [m[3], m[4]] : [m[2], m[2]];
const lin = s => {
  const [L, C, H] = s.match(/oklch\(([^)]*)\)/)[1].split('/')[0].trim().split(/\s+/).map(Number);
  const h = H * Math.PI / 180, a = C * Math.cos(h), b = C * Math.sin(h);
  const l = (L + .3963377774 * a + .2158037573 * b) ** 3, m = (L - .1055613458 * a - .0638541728 * b) ** 3, q = (L - .0894841775 * a - 1.291485548 * b) ** 3;
  return [4.0767416621 * l - 3.3077115913 * m + .2309699292 * q, -1.2684380046 * l + 2.6097574011 * m - .3413193965 * q, -.0041960863 * l - .7034186147 * m + 1.707614701 * q];
};
let clipped = 0;
const lum = s => { const c = lin(s); if (c.some(v => v < -.002 || v > 1.002)) clipped++; const [r, g, b] = c.map(v => Math.min(1, Math.max(0, v))); return .2126 * r + .7152 * g + .0722 * b; };
const ratio = (x, y) => { const a = lum(x), b = lum(y); return (Math.max(a, b) + .05) / (Math.min(a, b) + .05); };
const T = 4.5, U = 3;
const surf = ['paper', 'paper-hover', 'paper-active', 'sheet', 'sheet-hover', 'sunken', 'raised', 'raised-hover', 'brand-softer'];
const pairs = [];
for (const f of ['ink', 'ink-2', 'ink-3']) for (const b of [...surf, 'signal-soft']) pairs.push([f, b, T]);
for (const b of ['brand-soft']) for (const f of ['ink', 'ink-2', 'brand-ink']) pairs.push([f, b, T]);
for (const b of ['paper', 'sheet', 'sheet-hover', 'raised', 'sunken', 'brand-softer', 'signal-soft']) pairs.push(['brand-ink', b, T]);
pairs.push(['on-brand', 'brand', T], ['on-brand', 'brand-hover', T], ['on-signal', 'signal', T], ['on-danger', 'danger', T], ['on-danger', 'danger-hover', T]);
for (const s of ['ok', 'warn', 'danger', 'info', 'signal']) for (const b of [s + '-soft', 'sheet', 'raised', 'paper']) pairs.push([s + '-ink', b, T]);
for (const k of ['kw', 'str', 'fn', 'num', 'com']) pairs.push(['code-' + k, 'sunken', T]);
for (const b of ['sheet', 'raised', 'sunken', 'paper']) { pairs.push(['line-control', b, U], ['focus', b, U], ['brand', b, U]); }
for (const b of ['sheet', 'paper']) pairs.push(['ok', b, U], ['danger', b, U]);
let bad = 0, n = 0; const rows = [];
for (const [f, b, min] of pairs) for (const i of [0, 1]) {
  if (!tok[f] || !tok[b]) { console.log('MISSING', f, b); bad++; continue; }
  const r = ratio(tok[f][i], tok[b][i]); n++; rows.push([i ? 'dark' : 'light', f, b, r, min]);
  if (r < min) { bad++; console.log('FAIL', i ? 'dark ' : 'light', `${f} on ${b}`, r.toFixed(2), '<', min); }
}
// Voices: an avatar's letters on its ground, 24 hues, both themes.
for (let h = 0; h < 360; h += 15) for (const [bg, fg] of [[`oklch(0.895 0.05 ${h})`, `oklch(0.360 0.07 ${h})`], [`oklch(0.375 0.052 ${h})`, `oklch(0.920 0.05 ${h})`]]) {
  const r = ratio(bg, fg); n++; if (r < T) { bad++; console.log('FAIL voice', h, r.toFixed(2)); }
}
rows.sort((a, b) => a[3] / a[4] - b[3] / b[4]);
console.log(`${n} pairs checked, ${bad} failures, ${clipped} out-of-sRGB lookups. Tightest:`);
for (const r of rows.slice(0, 8)) console.log(' ', r[0], r[1], 'on', r[2], r[3].toFixed(2), 'min', r[4]);
process.exit(bad ? 1 : 0);
