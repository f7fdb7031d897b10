import { GoodputLaw } from '../../src/scheduler/control/goodput-law.ts';
import { play } from './judge.ts';
import { PER_HOST_MAX, SCENARIOS } from './scenarios.ts';
const [ids, seedsText, trace] = process.argv.slice(2);
const seeds = (seedsText ?? '10').includes('-') ? (() => { const [a,b]=seedsText!.split('-').map(Number); return Array.from({length:b!-a!+1},(_, i)=>a!+i); })() : Array.from({ length: Number(seedsText ?? 10) }, (_, i) => i+1);
const q = (a: number[], p: number) => a.slice().sort((x, y) => x - y)[Math.min(a.length - 1, Math.floor(p * a.length))]!;
for (const s of SCENARIOS) {
  if (ids && ids !== 'all' && !ids.split(',').includes(s.id)) continue;
  const t0 = performance.now();
  const fixed = s.fixed.map((f) => [1,2,3].map((seed) => play(s, seed, f.laws)));
  const best = s.phases.map((_, i) => Math.max(...fixed.map((r) => r.reduce((a, x) => a + x.goodput[i]!, 0) / 3)));
  const bestWhole = Math.max(...fixed.map((r) => r.reduce((a, x) => a + x.whole, 0) / 3));
  const t1 = performance.now();
  const rel: number[] = [], whole: number[] = [], infl: number[] = [], m: number[] = [], rec: number[] = [], hosts: number[] = []; let over = 0;
  for (const seed of seeds) {
    let laws: GoodputLaw[] = [];
    const f = play(s, seed, (w) => (laws = w.targets.map(() => new GoodputLaw({ initial: 8, max: PER_HOST_MAX }))),
      trace ? (now, run) => { const b = Math.floor(now/100)-1; console.log((now/1000).toFixed(2), laws[0]!.toString(), 'good', b<0?0:run.successes[b]!*10, 'max', run.inFlightMax[b], '429', run.metered[b]); } : undefined);
    if (s.id === 'S8') best[0] = Math.max(...s.fixed.slice(3,7).map((x) => play(s, seed, x.laws).goodput[0]!));
    rel.push(Math.min(...f.goodput.map((g, i) => g / best[i]!)));
    whole.push(f.whole / bestWhole);
    infl.push(Math.max(...f.inFlightMax.map((n, i) => n / s.phases[i]!.knee)));
    hosts.push(f.hostInFlight); over += f.over;
    m.push(f.metered); rec.push(...f.recovery(best));
  }
  const worst = rel.indexOf(Math.min(...rel));
  console.log(s.id.padEnd(4), 'best', best.map((b) => b.toFixed(0)).join('/'), `steady med ${(100*q(rel,.5)).toFixed(1)} worst ${(100*Math.min(...rel)).toFixed(1)} (seed ${seeds[worst]}) whole med ${(100*q(whole,.5)).toFixed(1)} worst ${(100*Math.min(...whole)).toFixed(1)} inflight/knee med ${q(infl,.5).toFixed(2)} max ${Math.max(...infl).toFixed(2)} (seed ${seeds[infl.indexOf(Math.max(...infl))]})`, s.id==='S8' ? `host ${Math.max(...hosts).toFixed(2)} over 1.5: ${(over/seeds.length).toFixed(1)} of 100`:'', s.id.startsWith('S3') ? `429 ${(100*Math.max(...m)).toFixed(2)}%` : '', rec.length ? `rec med ${q(rec,.5)} max ${Math.max(...rec)}` : '', `${(performance.now()-t1).toFixed(0)} ms`);
}
