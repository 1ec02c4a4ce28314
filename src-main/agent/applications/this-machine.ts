/** In the spelling that URL gives an address, whatever it was written like. */
const LOOPBACK_ADDRESS = /^(?:127(?:\.\d{1,3}){3}|\[::1\])$/;
const LOCAL_NAME = /^(?:.+\.)?localhost\.?$/i;

/**
 * Whether a URL names this machine: by a loopback address, or by `localhost`, whose addresses are still to be looked at
 * before anything is sent there.
 */
export function namesThisMachine({ hostname }: URL): boolean {
  return LOOPBACK_ADDRESS.test(hostname) || LOCAL_NAME.test(hostname);
}
