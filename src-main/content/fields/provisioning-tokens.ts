import type { WbxmlVocabulary } from '../wbxml.ts';
import { page, start } from './wap-tokens.ts';

/** Tokens in a row from text: words, with `-` for one that is not assigned. */
function words(text: string): readonly (string | null)[] {
  return text.split(' ').map((word) => (word === '-' ? null : word));
}

function starts(attribute: string, text: string) {
  return words(text).map((word) => (word === null ? null : start(`${attribute}=${word}`)));
}

/** Tokens of the connectivity document, two code pages (OMA-WAP-ProvCont-V1_1 §7). */
export const PROVISIONING_VOCABULARY: WbxmlVocabulary = {
  tags: [
    page(0x05, ['wap-provisioningdoc', 'characteristic', 'parm']),
    page(0x06, ['characteristic', 'parm']),
  ],
  attributeStarts: [
    new Map([
      ...page(0x05, ['name', 'value'].map(start)),
      ...page(
        0x07,
        starts(
          'name',
          'NAME NAP-ADDRESS NAP-ADDRTYPE CALLTYPE VALIDUNTIL AUTHTYPE AUTHNAME AUTHSECRET LINGER BEARER NAPID ' +
            'COUNTRY NETWORK INTERNET PROXY-ID PROXY-PROVIDER-ID DOMAIN PROVURL PXAUTH-TYPE PXAUTH-ID PXAUTH-PW ' +
            'STARTPAGE BASAUTH-ID BASAUTH-PW PUSHENABLED PXADDR PXADDRTYPE TO-NAPID PORTNBR SERVICE LINKSPEED ' +
            'DNLINKSPEED LOCAL-ADDR LOCAL-ADDRTYPE CONTEXT-ALLOW TRUST MASTER SID SOC WSP-VERSION ' +
            'PHYSICAL-PROXY-ID CLIENT-ID DELIVERY-ERR-SDU DELIVERY-ORDER TRAFFIC-CLASS MAX-SDU-SIZE ' +
            'MAX-BITRATE-UPLINK MAX-BITRATE-DNLINK RESIDUAL-BER SDU-ERROR-RATIO TRAFFIC-HANDL-PRIO ' +
            'TRANSFER-DELAY GUARANTEED-BITRATE-UPLINK GUARANTEED-BITRATE-DNLINK PXADDR-FQDN PROXY-PW PPGAUTH-TYPE',
        ),
      ),
      ...page(0x45, [start('version'), start('version=1.0')]),
      ...page(
        0x47,
        starts(
          'name',
          'PULLENABLED DNS-ADDR MAX-NUM-RETRY FIRST-RETRY-TIMEOUT REREG-THRESHOLD T-BIT - AUTH-ENTITY SPI',
        ),
      ),
      ...page(0x50, [start('type')]),
      ...page(
        0x51,
        starts(
          'type',
          'PXLOGICAL PXPHYSICAL PORT VALIDITY NAPDEF BOOTSTRAP VENDORCONFIG CLIENTIDENTITY PXAUTHINFO ' +
            'NAPAUTHINFO ACCESS',
        ),
      ),
    ]),
    new Map([
      ...page(0x05, ['name', 'value'].map(start)),
      ...page(0x07, starts('name', 'NAME')),
      ...page(0x14, starts('name', 'INTERNET')),
      ...page(0x1c, starts('name', 'STARTPAGE')),
      ...page(0x22, starts('name', 'TO-NAPID PORTNBR SERVICE')),
      ...page(
        0x2e,
        starts(
          'name',
          'AACCEPT AAUTHDATA AAUTHLEVEL AAUTHNAME AAUTHSECRET AAUTHTYPE ADDR ADDRTYPE APPID APROTOCOL ' +
            'PROVIDER-ID TO-PROXY URI RULE',
        ),
      ),
      ...page(0x50, [start('type')]),
      ...page(0x53, starts('type', 'PORT - APPLICATION APPADDR APPAUTH CLIENTIDENTITY RESOURCE')),
    ]),
  ],
  attributeValues: [
    new Map([
      ...page(0x85, words('IPV4 IPV6 E164 ALPHA APN SCODE TETRA-ITSI MAN')),
      ...page(0x90, words('ANALOG-MODEM V.120 V.110 X.31 BIT-TRANSPARENT DIRECT-ASYNCHRONOUS-DATA-SERVICE')),
      ...page(0x9a, words('PAP CHAP HTTP-BASIC HTTP-DIGEST WTLS-SS MD5')),
      ...page(
        0xa2,
        words(
          'GSM-USSD GSM-SMS ANSI-136-GUTS IS-95-CDMA-SMS IS-95-CDMA-CSD IS-95-CDMA-PACKET ANSI-136-CSD ' +
            'ANSI-136-GPRS GSM-CSD GSM-GPRS AMPS-CDPD PDC-CSD PDC-PACKET IDEN-SMS IDEN-CSD IDEN-PACKET ' +
            'FLEX/REFLEX PHS-SMS PHS-CSD TETRA-SDS TETRA-PACKET ANSI-136-GHOST MOBITEX-MPAK ' +
            'CDMA2000-1X-SIMPLE-IP CDMA2000-1X-MOBILE-IP',
        ),
      ),
      ...page(0xc5, words('AUTOBAUDING')),
      ...page(
        0xca,
        words(
          'CL-WSP CO-WSP CL-SEC-WSP CO-SEC-WSP CL-SEC-WTA CO-SEC-WTA OTA-HTTP-TO OTA-HTTP-TLS-TO OTA-HTTP-PO ' +
            'OTA-HTTP-TLS-PO',
        ),
      ),
      ...page(0xe0, words('AAA HA')),
    ]),
    new Map([
      ...page(0x86, words('IPV6 E164 ALPHA')),
      ...page(0x8d, words('APPSRV OBEX')),
      ...page(0x90, words(', HTTP- BASIC DIGEST')),
    ]),
  ],
  dates: [],
};
