import { play } from './judge.ts';
import { SCENARIOS } from './scenarios.ts';
for (const s of SCENARIOS) {
  const t = performance.now();
  let req = 0;
  const row = s.fixed.map((f) => {
    const r = play(s, 1, f.laws);
    req += r.run.requests;
    return `${f.name} ${r.goodput.map((g) => g.toFixed(0)).join('/')} max ${r.inFlightMax} 429 ${(100*r.metered).toFixed(1)}%`;
  });
  const ms = performance.now() - t;
  console.log(s.id, `${ms.toFixed(0)} ms, ${(ms*1e6/req).toFixed(0)} ns/request`);
  console.log('  ' + row.join('\n  '));
}
