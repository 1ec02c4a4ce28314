import { acceptsType } from '../../sdp/accept-types.ts';
import { buildCapabilities } from '../../sdp/build-capabilities.ts';
import { ALLOWED_METHODS } from '../../sip/capabilities.ts';
import { pushApplications } from '../../sip/feature-tags.ts';
import { RateLimit } from '../../sip/rate-limit.ts';
import type { Reply } from '../../sip/reply.ts';
import type { IncomingRequest } from '../../sip/user-agent.ts';
import { BUSY_REASON, busyAnswer } from '../busy.ts';
import { checkPush } from '../checks.ts';
import { ENCODINGS } from '../judge-content.ts';
import type { Profile } from '../profile.ts';
import { warning } from '../refusals.ts';

export type OptionsContext = {
  readonly profile: Profile;
  /** Contact header line with GRUU and tags. */
  readonly contactLine: () => string;
  readonly media: { readonly host: string; readonly secure: boolean };
  /** One more INVITE would be refused as busy. */
  readonly busy: () => boolean;
  /** Where our UAProf document is, or null. */
  readonly uaProfile: () => string | null;
};

/** OPTIONS answered in one second; one more gets 503. Cores ask every few seconds, test tools far more often. */
const MAX_OPTIONS_A_SECOND = 100;
const SECOND_MS = 1_000;
const TOO_MANY: Reply = { code: 503, headers: ['Retry-After: 1'] };
/** Event packages whose subscriptions this terminal serves (RFC 6665 §8.2.2). */
const SERVED_PACKAGES = ['refer'];

/**
 * Answers OPTIONS as an INVITE would be (PRA-CAP-04, RFC 3261 §11.2): busy where that is, forbidden where it names an
 * application or a sender that gets 403, else what this terminal can do.
 */
export class OptionsAnswers {
  readonly #context: OptionsContext;
  readonly #limit = new RateLimit(MAX_OPTIONS_A_SECOND, SECOND_MS);

  constructor(context: OptionsContext) {
    this.#context = context;
  }

  /** To OPTIONS outside any dialog. */
  answer(request: IncomingRequest): Reply {
    const { profile, busy } = this.#context;
    if (!this.#limit.take()) return TOO_MANY;
    // A core that only looks whether we are there names no application.
    if (pushApplications(request.getHeaders('accept-contact')).length > 0) {
      const verdict = checkPush(request, profile, []);
      if (verdict.kind === 'refuse') return { code: 403, headers: [warning(verdict.reason)] };
    }
    if (busy()) {
      const { code, headers } = busyAnswer(profile);
      return { code, headers: [...headers, warning(BUSY_REASON)] };
    }
    return this.#capabilities(request);
  }

  /** To OPTIONS in a session, where a re-INVITE would be taken. */
  inDialog(request: IncomingRequest): Reply {
    return this.#limit.take() ? this.#capabilities(request) : TOO_MANY;
  }

  #capabilities(request: IncomingRequest): Reply {
    const { profile, contactLine, media, uaProfile } = this.#context;
    const link = uaProfile();
    const accepted = request.getHeaders('accept');
    const wantsSdp = accepted.length === 0 || acceptsType(accepted, 'application/sdp');
    const sdp = { host: media.host, secure: media.secure, accept: profile.files.accept };
    return {
      code: 200,
      headers: [
        contactLine(),
        `Allow: ${ALLOWED_METHODS.join(', ')}`,
        `Accept: ${[...new Set(['application/sdp', 'message/external-body', ...profile.content.accept])].join(', ')}`,
        `Accept-Encoding: ${ENCODINGS.join(', ')}`,
        'Accept-Language: *',
        `Allow-Events: ${SERVED_PACKAGES.join(', ')}`,
        ...(link === null ? [] : [`x-wap-profile: "${link}"`]),
      ],
      ...(wantsSdp ? { body: { type: 'application/sdp', content: buildCapabilities(sdp) } } : {}),
    };
  }
}
