import { expect, it } from 'vitest';
import { Fifo } from '../../src/model/fifo.ts';
import { Lane } from '../../src/scheduler/lane.ts';
import { Slots } from '../../src/scheduler/slots.ts';
import { Waits } from '../../src/scheduler/waits.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { requestTo } from './desk.ts';

const lane = (key: string) => new Lane(key, new Fifo(), new Slots(1), () => {});

function waiting() {
  const clock = new VirtualClock(0);
  const told: string[] = [];
  const waits = new Waits(
    clock,
    (nowMs) => {
      for (let one = waits.dueLane(nowMs); one !== undefined; one = waits.dueLane(nowMs)) {
        told.push(`${nowMs} ${one.key}`);
      }
      for (let one = waits.dueRequest(nowMs); one !== undefined; one = waits.dueRequest(nowMs)) {
        told.push(`${nowMs} request ${one.index}`);
      }
    },
    () => told.push('on'),
  );
  return { clock, told, waits };
}

it('calls at the earliest time of all, then at the next, with one alarm', () => {
  const { clock, told, waits } = waiting();
  const [a, b] = [lane('a'), lane('b')];
  waits.putOff(a, 50);
  waits.add(requestTo(1, 1), 30);
  waits.putOff(b, 40);
  expect([clock.pending, waits.size]).toEqual([1, 1]);
  clock.advance(45);
  expect(told).toEqual(['30 request 1', 'on', '40 b', 'on']);
  expect([a.later === undefined, b.later === undefined, waits.size]).toEqual([false, true, 0]);
  clock.advance(100);
  expect(told.slice(4)).toEqual(['50 a', 'on']);
  expect(clock.pending).toBe(0);
});

it('calls for what is due elsewhere too, though nothing waits here', () => {
  const { clock, told, waits } = waiting();
  waits.callAt(20);
  waits.callAt(60);
  clock.advance(100);
  expect(told).toEqual(['on']);
});

it('lets go of lanes, one by one and all', () => {
  const { clock, told, waits } = waiting();
  const [a, b, c] = [lane('a'), lane('b'), lane('c')];
  for (const one of [a, b, c]) waits.putOff(one, 10);
  waits.recall(b);
  waits.recall(b);
  expect(waits.clearLanes()).toEqual(expect.arrayContaining([a, c]));
  expect([a.later, b.later, c.later]).toEqual([undefined, undefined, undefined]);
  waits.add(requestTo(4, 1), 5);
  expect(String(waits)).toBe('1 requests and 0 lanes wait for their time');
  expect(waits.clear().map(({ index }) => index)).toEqual([4]);
  clock.advance(20);
  expect(told).toEqual(['on']);
  waits.add(requestTo(5, 1), 5);
  waits.close();
  expect(clock.pending).toBe(0);
});
