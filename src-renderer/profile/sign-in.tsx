import { SecretInput, TextInput } from './fields.tsx';
import { useForm } from './form-context.ts';
import type { SignIn } from './values.ts';

const WAYS: Readonly<Record<SignIn, string>> = {
  none: 'None',
  password: 'Password (digest)',
  aka: 'SIM key (AKA)',
};

/** How the terminal proves who it is: not at all, by a password, or by the key of a SIM. */
export function SignInFields() {
  const { values, change } = useForm();
  const { signIn, operatorKey } = values;
  return (
    <>
      <Radios
        legend="Sign in with"
        options={WAYS}
        chosen={signIn}
        choose={(way) => change({ signIn: way })}
      />
      {signIn !== 'none' && (
        <div className="grid grid-cols-2 gap-3">
          <TextInput
            field="auth.username"
            label="User name"
            hint={
              signIn === 'aka'
                ? 'the private identity (IMPI), e.g. 001010000000001@ims.test'
                : 'empty, with an empty password: the core asks for none'
            }
          />
          <TextInput field="auth.realm" label="Realm" hint="empty: whichever the core names" />
        </div>
      )}
      {signIn === 'password' && <SecretInput field="auth.password" label="Password" />}
      {signIn === 'aka' && (
        <>
          <SecretInput field="auth.aka.k" label="K" hint="key of the SIM, 32 hexadecimal digits" />
          <Radios
            legend="Operator key"
            options={{ opc: 'OPc, of this SIM', op: 'OP, of the operator' }}
            chosen={operatorKey}
            choose={(kind) => change({ operatorKey: kind })}
          />
          {operatorKey === 'opc' ? (
            <SecretInput field="auth.aka.opc" label="OPc" hint="32 hexadecimal digits" />
          ) : (
            <SecretInput field="auth.aka.op" label="OP" hint="32 hexadecimal digits" />
          )}
          <div className="grid grid-cols-2 gap-3">
            <TextInput field="auth.aka.amf" label="AMF" hint="4 hexadecimal digits" mono />
            <TextInput
              field="auth.aka.sqn"
              label="SQN"
              hint="highest sequence number seen, 12 hexadecimal digits"
              mono
            />
          </div>
        </>
      )}
    </>
  );
}

type RadiosProps<T extends string> = {
  readonly legend: string;
  readonly options: Readonly<Record<T, string>>;
  readonly chosen: T;
  readonly choose: (value: T) => void;
};

function Radios<T extends string>({ legend, options, chosen, choose }: RadiosProps<T>) {
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 font-medium">{legend}</legend>
      <div className="flex flex-wrap gap-4">
        {(Object.entries(options) as [T, string][]).map(([value, words]) => (
          <label key={value} className="flex items-center gap-1.5">
            <input
              type="radio"
              name={legend}
              value={value}
              checked={chosen === value}
              onChange={() => choose(value)}
            />
            {words}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
