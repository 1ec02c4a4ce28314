import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { CoreList } from './core-list.tsx';
import { Check, Field, ListInput, NumberInput, PathInput, Select, TextInput } from './fields.tsx';
import { FileRules } from './file-rules.tsx';
import { useForm } from './form-context.ts';
import { SignInFields } from './sign-in.tsx';
import { SubscriptionList } from './subscription-list.tsx';
import { type FieldName, SIZE_UNITS, type SizeUnit } from './values.ts';

export type Section = {
  readonly title: string;
  /** Beginnings of the names of its fields. */
  readonly fields: readonly string[];
  readonly content: (target: { readonly isNew: boolean }) => ReactNode;
};

/** Every setting of a profile, what a new terminal needs first. */
export const SECTIONS: readonly Section[] = [
  {
    title: 'Identity',
    fields: ['name', 'aor', 'displayName', 'instanceId'],
    content: ({ isNew }) => <Identity isNew={isNew} />,
  },
  {
    title: 'Core',
    fields: ['core.', 'expires', 'keepAlive', 'outbound', 'regEvent'],
    content: () => <Core />,
  },
  { title: 'Sign-in', fields: ['auth.'], content: () => <SignInFields /> },
  {
    title: 'Applications',
    fields: ['applications'],
    content: () => <Applications />,
  },
  { title: 'TLS', fields: ['tls.'], content: () => <Tls /> },
  { title: 'Trust', fields: ['trust.'], content: () => <Trust /> },
  { title: 'Content', fields: ['content.'], content: () => <Content /> },
  { title: 'Files', fields: ['files.'], content: () => <Files /> },
  { title: 'MSRP', fields: ['msrp.'], content: () => <Msrp /> },
  { title: 'IMS', fields: ['ims.'], content: () => <Ims /> },
  {
    title: 'Subscriptions',
    fields: ['subscriptions', 'subscriptions.'],
    content: () => <SubscriptionList />,
  },
  { title: 'Device', fields: ['device.'], content: () => <Device /> },
  { title: 'Capabilities', fields: ['capabilities.'], content: () => <Capabilities /> },
  { title: 'REFER', fields: ['refer.'], content: () => <Refer /> },
];

/** Whether a field is one of a section's. */
export function isFieldOf(section: Section, field: FieldName): boolean {
  return section.fields.some((own) => (own.endsWith('.') ? field.startsWith(own) : field === own));
}

function Identity({ isNew }: { readonly isNew: boolean }) {
  return (
    <div className="grid grid-cols-2 gap-3">
      <TextInput
        field="name"
        label="Name"
        hint={isNew ? 'how this terminal is called here, e.g. bob-desk' : 'stays; pushes and folders bear it'}
        readOnly={!isNew}
      />
      <TextInput field="aor" label="Address of record" hint="e.g. sip:bob@ims.example.com" mono />
      <TextInput field="displayName" label="Display name" hint="for people; sent in From" />
      <TextInput
        field="instanceId"
        label="Instance id"
        hint="urn:uuid:…, for the public GRUU; empty: made once"
        mono
      />
    </div>
  );
}

function Core() {
  return (
    <>
      <CoreList />
      <div className="grid grid-cols-2 gap-3">
        <NumberInput field="expires" label="Expires" hint="seconds asked of the registrar" />
        <NumberInput field="keepAlive" label="Keep-alive" hint="seconds; the core may ask for less" />
      </div>
      <div className="grid grid-cols-2 gap-3">
        <Check
          field="outbound"
          label="Outbound"
          hint="registers with reg-id (RFC 5626), so that the core keeps the connection"
        />
        <Check
          field="regEvent"
          label="Registration events"
          hint="subscribes to reg (RFC 3680), to see the user’s other terminals"
        />
      </div>
    </>
  );
}

function Applications() {
  const { handlers } = useForm().values;
  const starters = handlers.filter(({ action }) => action.kind === 'command' || action.kind === 'webhook');
  return (
    <>
      <TextInput
        field="applications"
        label="Applications"
        hint="Application Resource Identifiers, with commas; a push for any other is refused"
        mono
      />
      {handlers.length > 0 && (
        <p className="text-muted">
          Names, icons and handlers of {handlers.map(({ application }) => application).join(', ')} are kept;
          the Applications tab shows and changes them.
        </p>
      )}
      {starters.length > 0 && (
        <p role="status" className="flex items-start gap-2 rounded-lg bg-warn-soft p-2.5 text-warn">
          <TriangleAlert aria-hidden size={16} className="mt-0.5 shrink-0" />
          <span>
            Pushes for {starters.map(({ application }) => application).join(', ')} run a command or call a
            webhook, if the Applications tab allows that. Look at them there if this profile is not your own.
          </span>
        </p>
      )}
    </>
  );
}

function Tls() {
  const { values } = useForm();
  return (
    <>
      <PathInput
        field="tls.ca"
        label="CA file for TLS"
        hint="PEM file of the authority that signed the core’s certificate; empty: the system’s"
        what="file"
      />
      <PathInput
        field="tls.cert"
        label="Client certificate"
        hint="PEM file, where the core asks for one"
        what="file"
      />
      <PathInput field="tls.key" label="Client key" hint="PEM file of its private key" what="file" />
      <TextInput
        field="tls.serverName"
        label="Server name"
        hint="name asked for and checked; empty: the host of the core"
        mono
      />
      <Check field="tls.verify" label="Check the core’s certificate" />
      {!values['tls.verify'] && (
        <p role="status" className="flex items-start gap-2 rounded-lg bg-warn-soft p-2.5 text-warn">
          <TriangleAlert aria-hidden size={16} className="mt-0.5 shrink-0" />
          <span>
            Any certificate is taken, so whoever sits between this terminal and the core can read and change
            everything. Use this only in a lab that you know.
          </span>
        </p>
      )}
    </>
  );
}

function Trust() {
  const { values, change } = useForm();
  return (
    <>
      <ListInput
        field="trust.senders"
        label="Trusted senders"
        hint="who may push: addresses or patterns such as *@push.test; empty: everyone of your own domain"
        disabled={values.trustNobody}
      />
      <label className="flex items-center gap-2 font-medium">
        <input
          type="checkbox"
          checked={values.trustNobody}
          onChange={(event) => change({ trustNobody: event.target.checked })}
        />
        Trust nobody: refuse every push with 403
      </label>
      <Check
        field="trust.requireAssertedIdentity"
        label="Require an asserted identity"
        hint="a push without P-Asserted-Identity gets 403"
      />
      {values['trust.rules'].length > 0 && (
        <p className="text-muted">
          {values['trust.rules'].length === 1
            ? 'One rule comes'
            : `${values['trust.rules'].length} rules come`}{' '}
          before the senders; the Applications tab shows and changes them.
        </p>
      )}
    </>
  );
}

function Content() {
  return (
    <>
      <ListInput
        field="content.accept"
        label="Content types"
        hint="taken in MESSAGE and NOTIFY, one a line; others get 415. */*: all; empty: none"
      />
      <Select
        field="content.indirection"
        label="Content by reference"
        hint="what is not in the push but fetched from an address in it"
        options={{ ask: 'Ask me', allow: 'Fetch it', deny: 'Never fetch it' }}
      />
      <Check
        field="content.allowPrivateAddresses"
        label="Fetch from private addresses"
        hint="10.0.0.0/8, 192.168.0.0/16, this machine, and the like"
      />
      <Check
        field="content.allowHttp"
        label="Allow http"
        hint="fetches over plain http too, which anybody on the way can read and change"
      />
      <SizeInput
        field="content.maxBytes"
        unit="contentSizeUnit"
        label="Largest content"
        hint="larger content is not fetched"
      />
      <SizeInput
        field="content.maxTotalBytes"
        unit="totalSizeUnit"
        label="Fetched content kept"
        hint="altogether for this terminal; beyond it nothing is fetched until pushes are removed"
      />
    </>
  );
}

function Files() {
  return (
    <>
      <Select
        field="files.decide"
        label="Offered files"
        hint="where no rule below fits"
        options={{ ask: 'Ask me', accept: 'Accept all', decline: 'Decline all' }}
      />
      <FileRules />
      <PathInput
        field="files.folder"
        label="Folder for files"
        hint="empty: in the data folder"
        what="folder"
      />
      <div className="grid grid-cols-2 gap-3">
        <NumberInput
          field="files.answerWithin"
          label="Answer within"
          hint="seconds; then what a rule accepts is taken, or the offer gets 480"
        />
        <SizeInput
          field="files.maxBytes"
          unit="sizeUnit"
          label="Largest file"
          hint="larger ones are shown, but cannot be accepted"
        />
      </div>
      <ListInput
        field="files.accept"
        label="File types"
        hint="media types taken, one a line; an offer of others gets 488. */*: all; empty: none"
      />
      <div className="grid grid-cols-2 gap-3">
        <NumberInput
          field="files.maxOffers"
          label="Offers at once"
          hint="1 to 64, sessions that run included"
        />
        <Select
          field="files.busyCode"
          label="One offer too many gets"
          hint="503 lets the core try elsewhere"
          options={{ 486: '486 Busy Here', 503: '503 Service Unavailable' }}
        />
      </div>
    </>
  );
}

type SizeProps = {
  readonly field: 'files.maxBytes' | 'content.maxBytes' | 'content.maxTotalBytes';
  readonly unit: 'sizeUnit' | 'contentSizeUnit' | 'totalSizeUnit';
  readonly label: string;
  readonly hint: string;
};

function SizeInput({ field, unit, label, hint }: SizeProps) {
  const { values, change } = useForm();
  return (
    <Field field={field} label={label} hint={hint}>
      {(attributes) => (
        <div className="flex gap-2">
          <input
            {...attributes}
            className="field min-w-0"
            inputMode="decimal"
            autoComplete="off"
            value={values[field]}
            onChange={(event) => change({ [field]: event.target.value })}
          />
          <select
            aria-label={`Unit of the ${label.toLowerCase()}`}
            className="field w-24! shrink-0"
            value={values[unit]}
            onChange={(event) => change({ [unit]: event.target.value as SizeUnit })}
          >
            {Object.keys(SIZE_UNITS).map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </div>
      )}
    </Field>
  );
}

function Msrp() {
  return (
    <>
      <div className="grid grid-cols-2 gap-3">
        <TextInput
          field="msrp.host"
          label="MSRP address"
          hint="listened on and advertised; 0.0.0.0: that of the SIP connection"
          mono
        />
        <TextInput
          field="msrp.port"
          label="MSRP port"
          hint="0: any free port; or a range: 30000-30100"
          mono
        />
      </div>
      <TextInput
        field="msrp.advertise"
        label="MSRP address for others"
        hint="told to senders instead, behind a NAT; empty: the same"
        mono
      />
      <Select
        field="msrp.setup"
        label="Who connects"
        hint="where the sender lets us choose (a=setup:actpass)"
        options={{
          auto: 'By the addresses',
          active: 'This terminal: it cannot be reached',
          passive: 'The sender',
        }}
      />
      <TextInput field="msrp.relay" label="MSRP relay" hint="msrps: URI of a relay; empty: none" mono />
      <Check field="msrp.tls" label="MSRP over TLS" />
    </>
  );
}

function Ims() {
  return (
    <>
      <ListInput
        field="ims.icsi"
        label="ICSI"
        hint="communication services beside the push tag, e.g. urn:urn-7:3gpp-service.ims.icsi.mmtel, one a line"
      />
      <ListInput
        field="ims.iari"
        label="IARI"
        hint="applications beside the push tag, e.g. urn:urn-7:3gpp-application.ims.iari.rcs.ftthumb, one a line"
      />
      <TextInput
        field="ims.preferredIdentity"
        label="Preferred identity"
        hint="sent as P-Preferred-Identity, e.g. sip:bob@ims.example.com; empty: not sent"
        mono
      />
      <TextInput
        field="ims.accessNetworkInfo"
        label="Access network info"
        hint="sent as P-Access-Network-Info, e.g. IEEE-802.11; i-wlan-node-id=00000000abcd; empty: not sent"
        mono
      />
    </>
  );
}

function Device() {
  return (
    <>
      <div className="grid grid-cols-3 gap-3">
        <TextInput field="device.vendor" label="Vendor" hint="a domain name" />
        <TextInput field="device.model" label="Model" />
        <TextInput field="device.version" label="Version" />
      </div>
      <TextInput
        field="device.uaProf"
        label="UAProf link"
        hint="http: or https: address of a document about this terminal, told as dev-cap; empty: none"
        mono
      />
      <p className="text-muted">SUBSCRIBE to ua-profile tells all of this; what is empty has its default.</p>
    </>
  );
}

function Capabilities() {
  return (
    <>
      <Check
        field="capabilities.publish"
        label="Publish capabilities"
        hint="as presence (PUBLISH, RFC 3903): applications, methods and types; the core needs a presence server"
      />
      <div className="grid grid-cols-2 gap-3">
        <NumberInput field="capabilities.expires" label="Published for" hint="seconds asked of the core" />
        <TextInput
          field="capabilities.serve"
          label="Serve UAProf at"
          hint="HOST:PORT of a small web server, e.g. 127.0.0.1:8080; empty: none"
          mono
        />
      </div>
    </>
  );
}

function Refer() {
  return (
    <div className="grid grid-cols-2 gap-3">
      <Select
        field="refer.decide"
        label="Asked to subscribe"
        hint="by a REFER of a trusted sender"
        options={{ ask: 'Ask me', allow: 'Subscribe', deny: 'Decline all' }}
      />
      <NumberInput
        field="refer.answerWithin"
        label="Answer REFER within"
        hint="seconds until a REFER declines itself"
      />
    </div>
  );
}
