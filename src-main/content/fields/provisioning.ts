import { childElements, type MarkupElement } from '../markup.ts';
import type { ContentType } from '../mime.ts';
import { bounded, type ContentField, type ContentFields, field } from './field.ts';
import { PROVISIONING_VOCABULARY } from './provisioning-tokens.ts';
import { type MarkupForm, readForm } from './read-markup.ts';

const FORM: MarkupForm = {
  xml: 'text/vnd.wap.connectivity-xml',
  wbxml: 'application/vnd.wap.connectivity-wbxml',
  root: 'wap-provisioningdoc',
  vocabulary: PROVISIONING_VOCABULARY,
};
/** Parameters whose value gives access, such as AAUTHSECRET and PXAUTH-PW; AAUTHDATA is its nonce. */
const SECRET = /SECRET$|-PW$|PASSW|^AAUTHDATA$|(?:^|-)PIN$/i;
const MASK = '••••••';

/**
 * Reads a connectivity document as a flat list: each parameter under the characteristics around it, as in
 * `APPLICATION / APPAUTH / AAUTHNAME`. Secrets are masked (OMA-WAP-ProvCont-V1_1). Null when it is none.
 */
export function provisioningFields(bytes: Buffer, contentType: ContentType): ContentFields | null {
  const document = readForm(bytes, contentType, FORM);
  if (document === null) return null;
  const version = document.root.attributes.get('version');
  const parameters = parametersIn(document.root, []);
  const hasSecrets = parameters.some(({ value }) => value === MASK);
  const warnings = hasSecrets ? ['Secrets are masked here, but stand in the source.'] : [];
  const security = contentType.parameters.get('sec');
  return bounded({
    title: 'Connectivity provisioning',
    fields: [
      ...(version === undefined ? [] : [field('version', version)]),
      ...(security === undefined ? [] : [field('security', securityMethod(security))]),
      ...parameters,
    ],
    warnings: [...document.warnings, ...warnings],
  });
}

function parametersIn(element: MarkupElement, path: readonly string[]): readonly ContentField[] {
  return childElements(element).flatMap((child) => {
    if (child.name !== 'parm')
      return parametersIn(child, [...path, child.attributes.get('type') ?? child.name]);
    const name = child.attributes.get('name') ?? '?';
    const value = child.attributes.get('value') ?? '';
    const isUri = /^[a-z][a-z0-9+.-]*:\/\//i.test(value);
    const shown = SECRET.test(name) && value !== '' ? MASK : value;
    return [field([...path, name].join(' / '), shown, isUri && shown !== MASK ? 'uri' : 'text')];
  });
}

/** The SEC parameter: which secret the MAC was made with (OMA-WAP-ProvBoot-V1_1 §6.2). */
function securityMethod(code: string): string {
  const methods = ['NETWPIN', 'USERPIN', 'USERNETWPIN', 'USERPINMAC'];
  return methods[Number(code)] ?? code;
}
