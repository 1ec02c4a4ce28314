import { BlockList, isIP } from 'node:net';
import { embeddedIpv4 } from './embedded-ipv4.ts';

/**
 * Why an address is not fetched from. `private` is whatever belongs to this machine, its networks or tests of the
 * Internet: a profile may allow it. `never` holds nothing that a push could rightly point at.
 */
export type AddressVerdict = 'allowed' | 'private' | 'never';

type Range = readonly [network: string, prefix: number];

/** Special-purpose IPv4 (RFC 6890 and the IANA registry) that belongs to machine, site or tests. */
const PRIVATE_IPV4: readonly Range[] = [
  ['10.0.0.0', 8], // private (RFC 1918)
  ['100.64.0.0', 10], // carrier-grade NAT (RFC 6598)
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // IETF protocol assignments
  ['192.0.2.0', 24], // documentation (RFC 5737)
  ['192.88.99.0', 24], // 6to4 relays (RFC 7526)
  ['192.168.0.0', 16], // private
  ['198.18.0.0', 15], // benchmarking (RFC 2544)
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
];
/** No host, many hosts, or the keys of a cloud's machines. */
const NEVER_IPV4: readonly Range[] = [
  ['0.0.0.0', 8], // unspecified
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and the broadcast address
  ['169.254.169.254', 32], // metadata of most clouds
  ['169.254.170.2', 32], // credentials of AWS containers
  ['100.100.100.200', 32], // metadata of Alibaba
  ['192.0.0.192', 32], // metadata of Oracle
  ['168.63.129.16', 32], // Azure's host, though the range is public
];
const PRIVATE_IPV6: readonly Range[] = [
  ['::1', 128], // loopback
  ['fc00::', 7], // unique local (RFC 4193)
  ['fe80::', 10], // link-local
  ['fec0::', 10], // site-local (RFC 3879)
  ['64:ff9b:1::', 48], // NAT64 of a site (RFC 8215)
  ['2001:2::', 48], // benchmarking (RFC 5180)
  ['2001:db8::', 32], // documentation (RFC 3849)
  ['3fff::', 20], // documentation (RFC 9637)
];
const NEVER_IPV6: readonly Range[] = [
  ['fd00:ec2::254', 128], // metadata of AWS
  ['fd20:ce::254', 128], // metadata of Google
];
/** All unicast the Internet routes; what is neither here nor private is unassigned, multicast or no host. */
const GLOBAL_IPV6: readonly Range[] = [['2000::', 3]];

const privateIpv4 = listOf('ipv4', PRIVATE_IPV4);
const neverIpv4 = listOf('ipv4', NEVER_IPV4);
const privateIpv6 = listOf('ipv6', PRIVATE_IPV6);
const neverIpv6 = listOf('ipv6', NEVER_IPV6);
const globalIpv6 = listOf('ipv6', GLOBAL_IPV6);

/**
 * Judges an IP address that content may lie at (RFC 4483 §7: screening of URLs). An IPv6 address that stands for an
 * IPv4 address is judged as that one. Text that is no address is `never`.
 */
export function judgeAddress(address: string): AddressVerdict {
  const [bare = ''] = address.split('%');
  if (isIP(bare) === 4) return judgeIpv4(bare);
  if (isIP(bare) === 6) return judgeIpv6(bare);
  return 'never';
}

/** Whether content may be fetched from an IP address under a profile's `allowPrivateAddresses`. */
export function mayFetchFrom(address: string, allowPrivateAddresses: boolean): boolean {
  const verdict = judgeAddress(address);
  return verdict === 'allowed' || (verdict === 'private' && allowPrivateAddresses);
}

function judgeIpv4(address: string): AddressVerdict {
  if (neverIpv4.check(address, 'ipv4')) return 'never';
  return privateIpv4.check(address, 'ipv4') ? 'private' : 'allowed';
}

function judgeIpv6(address: string): AddressVerdict {
  const embedded = embeddedIpv4(address);
  if (embedded.length > 0) return worstOf(embedded.map(judgeIpv4));
  if (neverIpv6.check(address, 'ipv6')) return 'never';
  if (privateIpv6.check(address, 'ipv6')) return 'private';
  return globalIpv6.check(address, 'ipv6') ? 'allowed' : 'never';
}

function worstOf(verdicts: readonly AddressVerdict[]): AddressVerdict {
  if (verdicts.includes('never')) return 'never';
  return verdicts.includes('private') ? 'private' : 'allowed';
}

function listOf(family: 'ipv4' | 'ipv6', ranges: readonly Range[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, family);
  return list;
}
