// Which addresses of this machine connections go out from.

import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/model/option-kinds.ts';
import { LocalAddresses } from '../../src/transport/local-addresses.ts';
import { kindOf, wireMessage } from '../../src/transport/wire-errors.ts';
import { systemError } from '../fake/wire.ts';
import { LOCALHOST } from '../server/certificate.ts';
import { IP4, IP6, wires } from './wire-log.ts';

const { serve, connector, connect } = wires();

describe('local addresses', () => {
  it.each([
    ['plain', undefined],
    ['TLS', LOCALHOST],
  ])('are used in turn (%s)', async (_, tls) => {
    const from: unknown[] = [];
    const server = await serve(() => {}, {
      onConnection: (peer) => from.push(peer.tcp.remoteAddress),
      ...(tls === undefined ? {} : { tls }),
    });
    const settings = { ca: LOCALHOST.cert, localAddresses: ['127.0.0.1, 127.0.0.5', '127.0.0.9'] };
    const several = connector(settings);
    for (let i = 0; i < 4; i++) await connect(several, server.url()).log.open(tls !== undefined);
    expect(from).toEqual(['127.0.0.1', '127.0.0.5', '127.0.0.9', '127.0.0.1']);
  });

  it('of the other family are left aside', async () => {
    const server = await serve(() => {}, { host: '::1' });
    const { log } = connect(connector({ localAddresses: ['127.0.0.5'] }), server.url(), { addresses: [IP6] });
    await log.open();
    expect(log.events).toEqual(['connect']);
  });

  it('have a turn of their own in each family, so that a race skips none', () => {
    const local = new LocalAddresses(['127.0.0.1', '::1', '127.0.0.2', '::2']);
    const turns = ([6, 4, 6, 4, 6, 4] as const).map((family) => local.next(family));
    expect(turns).toEqual(['::1', '127.0.0.1', '::2', '127.0.0.2', '::1', '127.0.0.1']);
  });

  it('that this machine does not have are told from ports that ran out', async () => {
    const server = await serve(() => {});
    const { log } = connect(connector({ localAddresses: ['192.0.2.77'] }), server.url());
    await log.until(() => log.closed);
    expect(kindOf(log.error)).toBe('unreachable');
    expect(wireMessage('connect', 'unreachable', 'host:80', log.error)).toBe(
      'this machine has no address 192.0.2.77 to connect from (--interface)',
    );
    const raced = connect(connector({ localAddresses: ['192.0.2.77'] }), server.url(), {
      addresses: [IP4, { address: '127.0.0.2', family: 4 }],
    });
    await raced.log.until(() => raced.log.closed);
    expect(kindOf(raced.log.error)).toBe('unreachable');
    expect(wireMessage('connect', 'unreachable', 'host:80', raced.log.error)).toMatch(/--interface/);
  });

  it('without a port left say so', () => {
    // Bound to an address first, the system misses a free port earlier and says it in another way.
    for (const code of ['EADDRINUSE', 'EADDRNOTAVAIL']) {
      const error = systemError(code);
      expect(wireMessage('connect', kindOf(error), 'host:80', error)).toMatch(/^no local port left/);
    }
  });

  it('that are none are said at once, and an interface is told its own', () => {
    const make = (text: string) => () => connector({ localAddresses: [text] });
    expect(make('127.0.0.1,nonsense')).toThrow(OptionError);
    expect(make('127.0.0.1,nonsense')).toThrow(/--interface\) takes IP addresses.*not "nonsense"/);
    const [name, its] = Object.entries(networkInterfaces())[0]!;
    expect(make(name)).toThrow(`${name} has ${its!.map(({ address }) => address).join(', ')}`);
  });
});
