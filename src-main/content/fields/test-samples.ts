import { type ContentType, parseContentType } from '../mime.ts';

/** Bytes from pieces: hex for an even run of digits in angle brackets, else text. */
export function bytesOf(...pieces: readonly string[]): Buffer {
  return Buffer.concat(
    pieces.map((piece) => {
      const hex = /^<([0-9a-fA-F ]*)>$/.exec(piece)?.[1];
      return hex === undefined ? Buffer.from(piece) : Buffer.from(hex.replaceAll(' ', ''), 'hex');
    }),
  );
}

export function typeOf(text: string): ContentType {
  const type = parseContentType(text);
  if (type === null) throw new Error(`no content type: ${text}`);
  return type;
}

/** WAP-167 §9.4: the example of a tokenised SI. */
export const SI_WBXML = bytesOf(
  '<02 05 6a 00 45 c6 0d 03>',
  'xyz',
  '<00 85 03>',
  'email/123/abc.wml',
  '<00 0a c3 07 19 99 06 25 15 23 15 10 c3 04 19 99 06 30 01 03>',
  'You have 4 new emails',
  '<00 01 01>',
);

/** WAP-168 §9.4: the example of a tokenised SL. */
export const SL_WBXML = bytesOf(
  '<02 06 6a 00 85 0a 03>',
  'xyz',
  '<00 85 03>',
  'ppaid/123/abc.wml',
  '<00 01>',
);

export const SI_XML = Buffer.from(
  `<?xml version="1.0"?>
<!DOCTYPE si PUBLIC "-//WAPFORUM//DTD SI 1.0//EN" "http://www.wapforum.org/DTD/si.dtd">
<si>
  <indication href="http://www.example.com/a?b=1&amp;c=2" si-id="42" action="signal-high"
      created="2026-11-21T12:00:00Z" si-expires="2026-11-30T00:00:00Z">Four new <![CDATA[<mails>]]></indication>
  <info><item class="subject">Hello</item><item class="from">Bob</item></info>
</si>`,
);

export const SL_XML = Buffer.from('<?xml version="1.0"?><sl href="https://example.com/" action="cache"/>');

/** M-Notification.ind (OMA-TS-MMS_ENC-V1_3 §6.2). */
export const MMS_NOTIFICATION = bytesOf(
  '<8c 82 98>',
  'T12345',
  '<00 8d 92 89 19 80>',
  '+491701234567/TYPE=PLMN',
  '<00 96 09 ea>',
  'Grüße',
  '<00 8a 80 8e 03 01 86 a0 88 05 81 03 03 f4 80 83>',
  'http://mmsc.example.com/m?id=1',
  '<00>',
);

/** M-Delivery.ind (OMA-TS-MMS_ENC-V1_3 §6.6). */
export const MMS_DELIVERY = bytesOf(
  '<8c 86 8d 90 8b>',
  'id@mmsc',
  '<00 97>',
  '+4917/TYPE=PLMN',
  '<00 85 04 69 20 00 00 95 81>',
);

/** Package #0 of OMA DM 1.2: a digest of ones, version 1.2, user interaction, by the server, session 0x1234. */
export const DM_NOTIFICATION = bytesOf(
  '<11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11>',
  '<03 38 00 00 00 12 34 0f>',
  'com.example.dms',
);

export const EMN_WBXML = bytesOf(
  '<03 0d 6a 00 85 07 03>',
  'bob@example',
  '<00 85 05 c3 06 20 26 11 21 12 30 01>',
);

export const EMN_XML = Buffer.from(
  '<emn mailbox="imap://bob@mail.example.com/" timestamp="2026-11-21T12:30:00Z"/>',
);

/** A connectivity document with both code pages (OMA-WAP-ProvCont-V1_1 §7): NAPDEF, then APPLICATION with APPAUTH. */
export const PROVISIONING_WBXML = bytesOf(
  '<03 0b 6a 05>',
  'NAP1',
  '<00 45 c6 55 01 87 11 06 83 00 01 87 08 06 03>',
  'internet',
  '<00 01 87 09 06 89 01 87 0e 06 03>',
  'geheim',
  '<00 01 01>',
  '<c6 00 01 55 01 87 36 00 00 06 03>',
  'w4',
  '<00 01 87 00 01 34 00 00 06 03>',
  'http://mmsc.example.com',
  '<00 01 c6 00 01 57 01 87 32 00 00 06 03>',
  'secret',
  '<00 01 01 01 01>',
);

export const PROVISIONING_XML = Buffer.from(
  `<wap-provisioningdoc version="1.1"><characteristic type="PXLOGICAL"><parm name="PROXY-ID" value="p"/>
  <characteristic type="PXAUTHINFO"><parm name="PXAUTH-PW" value="secret"/><parm name="PXAUTH-ID" value="me"/>
  </characteristic></characteristic></wap-provisioningdoc>`,
);

export const VCARD_4 = Buffer.from(
  [
    'BEGIN:VCARD',
    'VERSION:4.0',
    'FN:Jörg Müller',
    'N:Müller;Jörg;;Dr.;',
    'item1.TEL;TYPE="work,voice";VALUE=uri:tel:+49-30-1234',
    'EMAIL;TYPE=home:joerg@example.com',
    'ORG:Example\\, Inc.;Sales',
    'URL:https://example.com/',
    'ADR;TYPE=work:;;Straße 1;Berlin;;10115;Germany',
    'NOTE:a long no',
    ' te\\nwith lines',
    'PHOTO:data:image/png;base64,AAAA',
    'END:VCARD',
    '',
  ].join('\r\n'),
);

export const VCARD_21 = Buffer.from(
  [
    'BEGIN:VCARD',
    'VERSION:2.1',
    'N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg',
    'TEL;CELL;PREF:+4917',
    'NOTE;ENCODING=QUOTED-PRINTABLE:one =',
    ' two',
    'END:VCARD',
  ].join('\r\n'),
);
