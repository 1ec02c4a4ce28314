import { escapeXml } from '../../sip/xml-document.ts';
import { ENCODINGS, MAX_BODY_BYTES } from '../judge-content.ts';
import type { Profile } from '../profile.ts';

/** Media type of a UAProf document. */
export const UAPROF_TYPE = 'application/vnd.wap.uaprof';
const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
/** Vocabulary of OMA UAProf 2.0. */
const UAPROF = 'http://www.openmobilealliance.org/tech/profiles/UAPROF/ccppschema-20021212#';
const CHARSETS = ['UTF-8', 'ISO-8859-1', 'US-ASCII'];

/**
 * The UAProf document of a terminal (CC/PP in RDF/XML, PRA-CAP-03): what it is, and in PushCharacteristics what it takes
 * by push: types, applications, encodings and the largest message in bytes.
 */
export function uaProfOf(profile: Pick<Profile, 'applications' | 'content'>): string {
  const types = profile.content.accept;
  const encodings = ENCODINGS.filter((one) => one !== 'identity');
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<rdf:RDF xmlns:rdf="${RDF}" xmlns:prf="${UAPROF}">`,
    ' <rdf:Description rdf:ID="PushTerminal">',
    ...component('HardwarePlatform', [element('Vendor', 'Push Terminal'), element('Model', 'Push Terminal')]),
    ...component('SoftwarePlatform', [
      element('AcceptDownloadableSoftware', 'No'),
      bag('CcppAccept', types),
      bag('CcppAccept-Charset', CHARSETS),
      bag('CcppAccept-Encoding', encodings),
    ]),
    ...component('PushCharacteristics', [
      bag('Push-Accept', types),
      bag('Push-Accept-Charset', CHARSETS),
      bag('Push-Accept-Encoding', encodings),
      bag('Push-Accept-AppID', profile.applications.map(absolute)),
      element('Push-MsgSize', String(MAX_BODY_BYTES)),
    ]),
    ' </rdf:Description>',
    '</rdf:RDF>',
  ].join('\n')}\n`;
}

function component(name: string, properties: readonly string[]): readonly string[] {
  return [
    '  <prf:component>',
    `   <rdf:Description rdf:ID="${name}">`,
    `    <rdf:type rdf:resource="${UAPROF}${name}"/>`,
    ...properties.map((property) => `    ${property}`),
    '   </rdf:Description>',
    '  </prf:component>',
  ];
}

function element(name: string, value: string): string {
  return `<prf:${name}>${escapeXml(value)}</prf:${name}>`;
}

function bag(name: string, values: readonly string[]): string {
  const items = values.map((value) => `<rdf:li>${escapeXml(value)}</rdf:li>`).join('');
  return `<prf:${name}><rdf:Bag>${items}</rdf:Bag></prf:${name}>`;
}

/** UAProf wants application ids in full: `mms.ua` is `x-wap-application:mms.ua` (X-43). */
function absolute(application: string): string {
  return application.includes(':') ? application : `x-wap-application:${application}`;
}
