import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CERTIFICATE, KEY } from '../msrp/test-certificate.ts';
import { readCertificate } from './core-certificate.ts';
import { parseListen } from './listen-addresses.ts';

describe('--listen', () => {
  it.each([
    ['127.0.0.1:5060', ['tcp', 'udp'], '127.0.0.1', 5060],
    ['tcp:localhost:0', ['tcp'], 'localhost', 0],
    ['udp:[::1]:5060', ['udp'], '::1', 5060],
    ['tls:core.push.test:5061', ['tls'], 'core.push.test', 5061],
    ['ws:127.0.0.1:80', ['ws'], '127.0.0.1', 80],
    ['wss:127.0.0.1:65535', ['wss'], '127.0.0.1', 65_535],
    ['tcp:5060', ['tcp', 'udp'], 'tcp', 5060],
  ])('%s', (value, transports, host, port) => {
    expect(parseListen([value])).toEqual(transports.map((transport) => ({ transport, host, port })));
  });

  it.each([
    '',
    'localhost',
    ':5060',
    '127.0.0.1:65536',
    'sctp:127.0.0.1:1',
    '::1:5060',
    '[1:2]:3',
    'tcp::5060',
    'a b:1',
  ])('refuses %j', (value) => {
    expect(() => parseListen(['127.0.0.1:0', value])).toThrow(`--listen ${value}: wants HOST:PORT`);
  });
});

describe('--cert and --key', () => {
  let folder: string;
  const tls = parseListen(['tls:127.0.0.1:0']);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'certificate-'));
    await writeFile(join(folder, 'cert.pem'), CERTIFICATE);
    await writeFile(join(folder, 'key.pem'), KEY);
    await writeFile(join(folder, 'noise.pem'), 'noise');
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  const files = (cert: string, key: string) => ({ cert: join(folder, cert), key: join(folder, key) });

  it('are read where they are wanted', async () => {
    expect(await readCertificate({}, parseListen(['ws:127.0.0.1:0']))).toBeNull();
    expect(await readCertificate(files('cert.pem', 'key.pem'), tls)).toEqual({ cert: CERTIFICATE, key: KEY });
  });

  it('are refused in words', async () => {
    await expect(readCertificate({}, tls)).rejects.toThrow('--listen tls:… needs --cert FILE');
    await expect(readCertificate({ key: 'x' }, [])).rejects.toThrow('TLS needs --cert FILE');
    await expect(readCertificate(files('cert.pem', 'none.pem'), tls)).rejects.toThrow(
      /none\.pem cannot be read/,
    );
    await expect(readCertificate(files('noise.pem', 'key.pem'), tls)).rejects.toThrow(
      /no certificate and its key/,
    );
  });
});
