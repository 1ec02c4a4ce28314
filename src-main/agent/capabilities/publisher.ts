import { Publication } from '../../sip/publication.ts';
import type { PublicationState } from '../../sip/publication-state.ts';
import type { SipUserAgent } from '../../sip/user-agent.ts';
import type { Emit, PublicationView } from '../events.ts';
import type { Profile } from '../profile.ts';
import { PIDF_TYPE, pidfOf } from './pidf.ts';

export type PublisherOptions = {
  /** The profile of the moment. */
  readonly profile: () => Profile;
  readonly instanceId: string;
  /** GRUU, or null while the core gave none. */
  readonly gruu: () => string | null;
  /** Feature tag parameters of our Contact, none while push is withdrawn. */
  readonly tags: () => readonly string[];
  readonly uaProfile: () => string | null;
  /** Further header lines of each PUBLISH. */
  readonly headers: readonly string[];
  readonly emit: Emit;
  /** The state changed: windows are to be told. */
  readonly changed: () => void;
};

/** Publishes the push capabilities of one terminal as presence, where the profile says so (PRA-CAP-01, -02, X-48). */
export class CapabilityPublisher {
  readonly #options: PublisherOptions;
  readonly #publication: Publication;
  #lastFailure: PublicationView['lastFailure'] = null;

  constructor(ua: SipUserAgent, options: PublisherOptions) {
    this.#options = options;
    const { aor, capabilities } = options.profile();
    this.#publication = new Publication(ua, {
      target: aor,
      event: 'presence',
      contentType: PIDF_TYPE,
      document: () => this.#document(),
      expires: capabilities.expires,
      headers: options.headers,
      changed: (state) => this.#changed(state),
    });
  }

  /** How the publication stands; null where the profile wants none. */
  get view(): PublicationView | null {
    if (!this.#options.profile().capabilities.publish) return null;
    return { state: this.#publication.state, lastFailure: this.#lastFailure };
  }

  /** The terminal is registered, or what it can do has changed. */
  publish(): void {
    if (this.#options.profile().capabilities.publish) this.#publication.publish();
  }

  /** The flow to the core is lost. */
  suspend(): void {
    this.#publication.suspend();
  }

  /** Takes the publication back, bounded in time; never rejects. */
  remove(): Promise<void> {
    return this.#publication.remove();
  }

  #document(): string {
    const { profile, instanceId, gruu, tags, uaProfile } = this.#options;
    const { aor, content, files } = profile();
    return pidfOf({
      aor,
      instanceId,
      contact: gruu() ?? aor,
      tags: tags(),
      types: [...content.accept, ...files.accept],
      uaProfile: uaProfile(),
    });
  }

  #changed(state: PublicationState): void {
    const { emit, changed } = this.#options;
    if (state.kind === 'failed') {
      const { code, reason, retryAt } = state;
      this.#lastFailure = { at: new Date().toISOString(), code, reason };
      emit({ event: 'publication-failed', code, reason, retryAt });
    }
    if (state.kind === 'published') {
      const expires = Math.round((Date.parse(state.expiresAt) - Date.now()) / 1000);
      emit({ event: 'published', etag: state.etag, expires });
    }
    changed();
  }
}
