import { GoodputLaw } from '../../src/scheduler/control/goodput-law.ts';
import { SCENARIOS } from './scenarios.ts';
import { Simulation } from './simulate.ts';
const s = SCENARIOS.find((x) => x.id === 'S8')!;
const w = s.world(Number(process.argv[2]??5));
const laws = w.targets.map(() => new GoodputLaw({ initial: 8, max: 256 }));
const TRH = process.argv[3]; if (TRH) { const l = laws[Number(TRH)]!; const r = l.record.bind(l); l.record = (x) => { process.env['TR'] = '1'; r(x); delete process.env['TR']; }; }
const marks = [1,3,5,10,20,30,39.5]; let i = 0; const hist: number[][] = w.knees.map(()=>[]);
const run = new Simulation(s.plan, w.targets, laws, w.random).go((now) => { if (now/1000 >= marks[i]!) { i++; laws.forEach((l, h) => hist[h]!.push(l.limit)); } });
w.knees.forEach((k, h) => console.log(h, 'knee', k, hist[h]!.join(' '), 'mean', (run.hostInFlight[h]!/30000).toFixed(1), laws[h]!.toString(), (run.hostInFlight[h]!/30000/k).toFixed(2)));
