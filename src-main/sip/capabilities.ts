/** Methods this stack answers with something better than 405 (RFC 3261 §20.5). */
export const ALLOWED_METHODS = [
  'INVITE',
  'ACK',
  'CANCEL',
  'BYE',
  'MESSAGE',
  'NOTIFY',
  'OPTIONS',
  'PRACK',
  'REFER',
  'SUBSCRIBE',
  'UPDATE',
] as const;

/**
 * Methods of SIP's registry that this stack knows of and does not serve: they get 405, any other method 501
 * (RFC 3261 §8.2.1, §21.5.2).
 */
export const KNOWN_METHODS = [...ALLOWED_METHODS, 'INFO', 'PUBLISH', 'REGISTER'] as const;

/** Extensions named in Supported and accepted in Require (RFC 3261 §8.2.2.3). */
export const SUPPORTED_EXTENSIONS = ['100rel', 'gruu', 'norefersub', 'path', 'pref', 'timer'] as const;

/** Value of User-Agent and Server. */
export const USER_AGENT = 'Push-Terminal';
